//! Circles among tasks.

use std::collections::BTreeSet;

/// A circle, each member needed by the one before it; none if there is none.
pub(super) fn cycle(needs: &[BTreeSet<usize>]) -> Option<Vec<usize>> {
    let mut left: BTreeSet<usize> = (0..needs.len()).collect();
    loop {
        let free: Vec<usize> = left.iter().copied().filter(|i| needs[*i].is_disjoint(&left)).collect();
        if free.is_empty() {
            break;
        }
        for i in free {
            left.remove(&i);
        }
    }
    // Everything left needs something left: walking on must come back somewhere.
    let mut walk = vec![*left.first()?];
    loop {
        let next = needs[*walk.last()?].intersection(&left).next().copied()?;
        if let Some(start) = walk.iter().position(|seen| *seen == next) {
            let mut ring = walk.split_off(start);
            ring.reverse();
            return Some(ring);
        }
        walk.push(next);
    }
}
