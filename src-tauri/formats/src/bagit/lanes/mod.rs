//! Checksums of several files at once. A processor that does eight words in one instruction takes in eight files in little more time than
//! one, where one file alone leaves most of it idle: each step of MD5 or SHA-2 needs the one before it.

mod constants;
mod kernels;

use std::array::from_fn;

use fearless_simd::{Level, dispatch};
use sha2::digest::DynDigest;

use super::Algorithm;
use constants::{MD5_BEGIN, SHA224_BEGIN, SHA256_BEGIN, SHA384_BEGIN, SHA512_BEGIN};
use kernels::Inputs;
pub(super) use kernels::LANES;

/// Bytes that are taken in at a time: a multiple of every algorithm's block.
pub(super) const GROUP: usize = 128;

/// The checksums of the files in all lanes.
pub(super) struct Sums {
    level: Level,
    sums: Vec<(Algorithm, Sum)>,
}

/// One checksum of each: states by word and then by lane, as the kernels take them.
#[allow(clippy::large_enum_variant)] // there are as many as a bag has algorithms
enum Sum {
    Md5([[u32; LANES]; 4]),
    Sha256([[u32; LANES]; 8]),
    Sha512([[u64; LANES]; 8]),
    /// Taken one by one.
    Single([Box<dyn DynDigest + Send>; LANES]),
}

impl Sums {
    /// Of these algorithms; `None` where this machine is not faster at several files than at one.
    pub(super) fn new(algorithms: &[Algorithm]) -> Option<Self> {
        let level = Level::new();
        let sums: Vec<_> = algorithms.iter().map(|algorithm| (*algorithm, Sum::new(*algorithm))).collect();
        let worth = sums.iter().any(|(_, sum)| sum.worth(level) <= LANES);
        worth.then_some(Self { level, sums })
    }

    /// Another file begins in a lane.
    pub(super) fn begin(&mut self, lane: usize) {
        for (algorithm, sum) in &mut self.sums {
            sum.begin(*algorithm, lane);
        }
    }

    /// Takes in as many bytes of each file that is there, whole groups.
    pub(super) fn update(&mut self, files: &[Option<&[u8]>; LANES]) {
        let Some(any) = files.iter().find_map(|file| *file) else { return };
        // A lane without bytes is given those of another, and has its state back afterwards.
        let inputs = files.map(|file| file.unwrap_or(any));
        let count = files.iter().flatten().count();
        for (_, sum) in &mut self.sums {
            if count >= sum.worth(self.level) {
                sum.together(self.level, &inputs, files.map(|file| file.is_some()));
            } else {
                for (lane, file) in files.iter().enumerate() {
                    if let Some(file) = file {
                        sum.alone(lane, file);
                    }
                }
            }
        }
    }

    /// Ends the file in a lane, with bytes that are less than a group; it had so many in all.
    pub(super) fn finish(&mut self, lane: usize, rest: &[u8], bytes: u64) -> Vec<(Algorithm, Vec<u8>)> {
        let ended = |(algorithm, sum): &mut (Algorithm, Sum)| {
            let mut digest = sum.finish(lane, rest, bytes);
            digest.truncate(algorithm.width());
            (*algorithm, digest)
        };
        self.sums.iter_mut().map(ended).collect()
    }
}

impl Sum {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Md5 => Self::Md5(MD5_BEGIN.map(|word| [word; LANES])),
            Algorithm::Sha224 => Self::Sha256(SHA224_BEGIN.map(|word| [word; LANES])),
            Algorithm::Sha256 => Self::Sha256(SHA256_BEGIN.map(|word| [word; LANES])),
            Algorithm::Sha384 => Self::Sha512(SHA384_BEGIN.map(|word| [word; LANES])),
            Algorithm::Sha512 => Self::Sha512(SHA512_BEGIN.map(|word| [word; LANES])),
            Algorithm::Sha1 => Self::Single(from_fn(|_| algorithm.start())),
        }
    }

    /// Files from which on it is faster to take them together; more than there are lanes where it never is.
    fn worth(&self, level: Level) -> usize {
        const NEVER: usize = LANES + 1;
        let (wide, widest) = widths(level);
        match self {
            Self::Md5(_) if wide => 2,
            Self::Sha512(_) if widest => 3,
            Self::Sha512(_) if wide => 4,
            Self::Sha256(_) if widest && has_sha256() => 7,
            Self::Sha256(_) if wide && !has_sha256() => 3,
            _ => NEVER,
        }
    }

    fn begin(&mut self, algorithm: Algorithm, lane: usize) {
        match (self, Self::new(algorithm)) {
            (Self::Md5(states), Self::Md5(new)) => set(states, lane, new.map(|word| word[0])),
            (Self::Sha256(states), Self::Sha256(new)) => set(states, lane, new.map(|word| word[0])),
            (Self::Sha512(states), Self::Sha512(new)) => set(states, lane, new.map(|word| word[0])),
            (Self::Single(states), _) => states[lane].reset(),
            _ => {}
        }
    }

    fn together(&mut self, level: Level, inputs: &Inputs<'_>, there: [bool; LANES]) {
        match self {
            Self::Md5(states) => {
                let before = *states;
                dispatch!(level, simd => kernels::md5(simd, states, inputs));
                restore(states, &before, there);
            }
            Self::Sha256(states) => {
                let before = *states;
                dispatch!(level, simd => kernels::sha256(simd, states, inputs));
                restore(states, &before, there);
            }
            Self::Sha512(states) => {
                let before = *states;
                dispatch!(level, simd => kernels::sha512(simd, states, inputs));
                restore(states, &before, there);
            }
            // Never worth it.
            Self::Single(_) => {}
        }
    }

    /// Takes in bytes of one file, whole blocks.
    fn alone(&mut self, lane: usize, bytes: &[u8]) {
        match self {
            Self::Md5(states) => {
                let mut state = get(states, lane);
                md5::block_api::compress(&mut state, bytes.as_chunks().0);
                set(states, lane, state);
            }
            Self::Sha256(states) => {
                let mut state = get(states, lane);
                sha2::block_api::compress256(&mut state, bytes.as_chunks().0);
                set(states, lane, state);
            }
            Self::Sha512(states) => {
                let mut state = get(states, lane);
                sha2::block_api::compress512(&mut state, bytes.as_chunks().0);
                set(states, lane, state);
            }
            Self::Single(states) => states[lane].update(bytes),
        }
    }

    fn finish(&mut self, lane: usize, rest: &[u8], bytes: u64) -> Vec<u8> {
        let (block, length) = match self {
            Self::Single(states) => {
                states[lane].update(rest);
                return states[lane].finalize_reset().into_vec();
            }
            Self::Md5(_) => (64, (u128::from(bytes) << 3).to_le_bytes()[..8].to_vec()),
            Self::Sha256(_) => (64, (u128::from(bytes) << 3).to_be_bytes()[8..].to_vec()),
            Self::Sha512(_) => (128, (u128::from(bytes) << 3).to_be_bytes().to_vec()),
        };
        let mut last = [rest, &[0x80]].concat();
        last.resize((last.len() + length.len()).next_multiple_of(block) - length.len(), 0);
        last.extend(length);
        self.alone(lane, &last);
        match self {
            Self::Md5(states) => get(states, lane).iter().flat_map(|word| word.to_le_bytes()).collect(),
            Self::Sha256(states) => get(states, lane).iter().flat_map(|word| word.to_be_bytes()).collect(),
            Self::Sha512(states) => get(states, lane).iter().flat_map(|word| word.to_be_bytes()).collect(),
            Self::Single(_) => Vec::new(),
        }
    }
}

fn get<W: Copy, const N: usize>(states: &[[W; LANES]; N], lane: usize) -> [W; N] {
    from_fn(|word| states[word][lane])
}

fn set<W: Copy, const N: usize>(states: &mut [[W; LANES]; N], lane: usize, state: [W; N]) {
    for (word, value) in states.iter_mut().zip(state) {
        word[lane] = value;
    }
}

fn restore<W: Copy, const N: usize>(states: &mut [[W; LANES]; N], before: &[[W; LANES]; N], there: [bool; LANES]) {
    for lane in (0..LANES).filter(|lane| !there[*lane]) {
        set(states, lane, get(before, lane));
    }
}

/// Whether four words of 64 bits are one instruction's, and whether eight are.
#[cfg(target_arch = "x86_64")]
fn widths(level: Level) -> (bool, bool) {
    (level.as_avx2().is_some(), level.as_avx512().is_some())
}

#[cfg(not(target_arch = "x86_64"))]
fn widths(_: Level) -> (bool, bool) {
    (false, false)
}

/// Whether the processor has instructions for SHA-256, which take in one file as fast as vectors take in several.
#[cfg(target_arch = "x86_64")]
fn has_sha256() -> bool {
    std::is_x86_feature_detected!("sha")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_sha256() -> bool {
    true
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::Digester;
    use super::*;

    /// Files of these lengths in the lanes, taken in by pieces of these groups: all lanes go on together as far as the shortest allows.
    fn of(lengths: &[usize; LANES], piece: usize) {
        let bytes: Vec<Vec<u8>> = lengths
            .iter()
            .enumerate()
            .map(|(lane, length)| (0..*length).map(|at| (at * 7 + at / 251 + lane * 31).to_le_bytes()[0]).collect())
            .collect();
        let mut sums = Sums { level: Level::new(), sums: Algorithm::ALL.map(|one| (one, Sum::new(one))).into() };
        (0..LANES).for_each(|lane| sums.begin(lane));
        let mut done = [0; LANES];
        loop {
            let left = |lane: usize| (bytes[lane].len() - done[lane]) / GROUP * GROUP;
            let Some(least) = (0..LANES).map(left).filter(|left| *left > 0).min() else { break };
            let take = least.min(piece * GROUP);
            let files = from_fn(|lane| (left(lane) > 0).then(|| &bytes[lane][done[lane]..done[lane] + take]));
            sums.update(&files);
            let moved: [usize; LANES] = from_fn(|lane| if files[lane].is_some() { take } else { 0 });
            (0..LANES).for_each(|lane| done[lane] += moved[lane]);
        }
        for lane in 0..LANES {
            let found = sums.finish(lane, &bytes[lane][done[lane]..], bytes[lane].len() as u64);
            let mut wanted = Digester::new(Algorithm::ALL);
            wanted.update(&bytes[lane]);
            assert_eq!(found, wanted.finish(), "lane {lane} of {} bytes", lengths[lane]);
        }
    }

    #[test]
    fn files_side_by_side_have_the_checksums_that_they_have_alone() {
        for base in (0..300).step_by(7) {
            of(&from_fn(|lane| base + lane), 1);
        }
        of(&[10_000; LANES], 3);
        of(&[0, 1, 63, 64, 65, 127, 128, 129], 1);
        of(&[55, 56, 111, 112, 119, 120, 239, 240], 2);
        of(&[100_000, 5, 90_000, 0, 128, 50_000, 7, 99_999], 16);
        of(&[70_000, 0, 0, 0, 0, 0, 0, 0], 100);
    }

    #[test]
    fn a_lane_serves_one_file_after_another() {
        let mut sums = Sums::new(&[Algorithm::Md5, Algorithm::Sha512]).unwrap_or_else(|| Sums {
            level: Level::new(),
            sums: vec![(Algorithm::Md5, Sum::new(Algorithm::Md5)), (Algorithm::Sha512, Sum::new(Algorithm::Sha512))],
        });
        for round in 0..3_u8 {
            let bytes = vec![round; GROUP * 2 + 5];
            sums.begin(3);
            sums.update(&from_fn(|lane| (lane == 3).then_some(&bytes[..GROUP * 2])));
            let found = sums.finish(3, &bytes[GROUP * 2..], bytes.len() as u64);
            let mut wanted = Digester::new([Algorithm::Md5, Algorithm::Sha512]);
            wanted.update(&bytes);
            assert_eq!(found, wanted.finish());
        }
    }
}
