//! What the examples that measure speed share: files to send, work side by side, times.
#![allow(dead_code)] // each example uses a part of it

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Bytes that are read at a time.
pub(crate) const PIECE: usize = 1 << 20;

/// So many files of one size.
#[derive(Clone, Copy)]
pub(crate) struct Cell {
    pub(crate) name: &'static str,
    pub(crate) files: usize,
    pub(crate) size: usize,
}

pub(crate) const LARGE: Cell = Cell { name: "1x2G", files: 1, size: 2 << 30 };
pub(crate) const SMALL: Cell = Cell { name: "2000x64K", files: 2000, size: 64 << 10 };

pub(crate) fn name(at: usize) -> String {
    format!("f{at:05}")
}

/// Files whose bytes do not repeat.
pub(crate) fn fill(folder: &Path, cell: &Cell) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let mut state = 1u64;
    for at in 0..cell.files {
        let path = folder.join(name(at));
        if path.metadata().is_ok_and(|meta| meta.len() == cell.size as u64) {
            continue;
        }
        let mut file = std::io::BufWriter::new(File::create(path)?);
        for _ in 0..cell.size / 8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            file.write_all(&state.rotate_left(23).to_le_bytes())?;
        }
    }
    Ok(())
}

/// Does every number below `count` in so many threads.
pub(crate) fn side_by_side(count: usize, threads: usize, work: impl Fn(usize) -> Outcome<()> + Sync) -> Outcome<()> {
    let next = AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    std::thread::scope(|scope| {
        let run = move || {
            loop {
                match next.fetch_add(1, Ordering::Relaxed) {
                    at if at < count => work(at)?,
                    _ => return Ok(()),
                }
            }
        };
        let threads: Vec<_> = (0..threads.min(count)).map(|_| scope.spawn(run)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| Err("a thread broke".into())))
    })
}

pub(crate) fn timed(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let began = Instant::now();
    work()?;
    Ok(began.elapsed().as_secs_f64())
}

pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}
