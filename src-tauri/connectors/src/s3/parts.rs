//! In what parts a large object is sent.

const MIB: u64 = 1 << 20;

/// Bytes of parts that a writer holds, sent and not yet confirmed ones included.
const HELD: u64 = 80 * MIB;

/// Parts on their way at once.
const SIDE_BY_SIDE: usize = 4;

/// Bytes of a file from which on a part of the smallest size is little of it.
const LARGE: u64 = 1 << 30;

/// Parts of an object, at most: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>.
pub const PARTS: u64 = 10_000;

/// Bytes of a part for a file of so many. What is on its way when a line breaks is sent again: a share of the file, as small as the
/// protocol lets it be (5 MiB), and no more than 16 MiB before the limit of 10,000 parts asks for more.
pub(super) fn part_size(chosen: Option<u64>, size: u64) -> u64 {
    let share = (size / 400 / MIB * MIB).clamp(5 * MIB, 16 * MIB);
    chosen.unwrap_or(share).max(size.div_ceil(PARTS)).next_multiple_of(MIB)
}

/// Parts of a file of so many bytes that are on their way at once. When the line breaks they are lost: of a large file no more than a
/// two-hundredth, if that leaves two.
pub(super) fn side_by_side(part: u64, size: u64) -> usize {
    let few = if size < LARGE { SIDE_BY_SIDE as u64 } else { (size / 200 / part).max(2) };
    let most = few.min((HELD / part).saturating_sub(1));
    usize::try_from(most).unwrap_or(SIDE_BY_SIDE).clamp(1, SIDE_BY_SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_small_and_never_too_many() {
        assert_eq!(part_size(None, 0), 5 * MIB);
        assert_eq!(part_size(None, 2 << 30), 5 * MIB);
        assert_eq!(part_size(None, 100 << 30), 16 * MIB);
        assert_eq!(part_size(Some(8 * MIB), 2 << 30), 8 * MIB);
        for size in [1 << 40, 5 << 40, (48 << 40) + 1] {
            let part = part_size(Some(5 * MIB), size);
            assert!(size.div_ceil(part) <= PARTS && part.is_multiple_of(MIB));
        }
    }

    #[test]
    fn little_of_a_large_file_is_on_its_way() {
        for size in [2 << 30, 4 << 30, 100 << 30, 1 << 40] {
            let part = part_size(None, size);
            let flights = side_by_side(part, size);
            assert!((1..=SIDE_BY_SIDE).contains(&flights) && part * flights as u64 <= size / 200, "{size}");
        }
        assert_eq!(side_by_side(5 * MIB, 100 * MIB), SIDE_BY_SIDE);
        assert_eq!(side_by_side(5 << 30, 50 << 40), 1);
    }
}
