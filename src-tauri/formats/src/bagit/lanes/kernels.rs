//! Blocks of eight files taken in by one instruction each: what a core does with one word it does with eight. The algorithms are those of
//! RFC 1321 and FIPS 180-4, with a vector of lanes where they have a word.

#![allow(clippy::inline_always, clippy::many_single_char_names)] // a kernel is part of what calls it, or is not vectorised; the letters are those of the standards

use std::array::from_fn;

use fearless_simd::prelude::*;
use fearless_simd::{u32x8, u64x8};

use super::constants::{MD5, SHA256, SHA512};

/// Files that are taken side by side.
pub(in super::super) const LANES: usize = 8;

/// As many whole blocks of each file.
pub(super) type Inputs<'i> = [&'i [u8]; LANES];

macro_rules! words {
    ($simd:expr, $inputs:expr, $at:expr, $word:ty, $vector:ident, $from:ident) => {{
        let blocks: [&[u8; 16 * size_of::<$word>()]; LANES] = from_fn(|lane| &$inputs[lane].as_chunks().0[$at]);
        from_fn::<_, 16, _>(|word| {
            let lanes: [$word; LANES] = from_fn(|lane| <$word>::$from(blocks[lane].as_chunks().0[word]));
            $vector::from_slice($simd, &lanes)
        })
    }};
}

macro_rules! sha2 {
    ($name:ident, $word:ty, $vector:ident, $constants:ident, $big0:expr, $big1:expr, $small0:expr, $small1:expr) => {
        /// Takes blocks into the states, which are by word and then by lane.
        #[inline(always)]
        pub(super) fn $name<S: Simd>(simd: S, states: &mut [[$word; LANES]; 8], inputs: &Inputs<'_>) {
            const BITS: u32 = <$word>::BITS;
            type Vector<S> = $vector<S>;
            #[inline(always)]
            fn turn<S: Simd>(x: Vector<S>, by: u32) -> Vector<S> {
                (x >> by) | (x << (BITS - by))
            }
            #[inline(always)]
            fn big<S: Simd>(x: Vector<S>, by: [u32; 3]) -> Vector<S> {
                turn(x, by[0]) ^ turn(x, by[1]) ^ turn(x, by[2])
            }
            #[inline(always)]
            fn small<S: Simd>(x: Vector<S>, by: [u32; 3]) -> Vector<S> {
                turn(x, by[0]) ^ turn(x, by[1]) ^ (x >> by[2])
            }
            let mut state: [Vector<S>; 8] = from_fn(|at| $vector::from_slice(simd, &states[at]));
            for at in 0..inputs[0].len() / (16 * size_of::<$word>()) {
                let mut words: [Vector<S>; 16] = words!(simd, inputs, at, $word, $vector, from_be_bytes);
                let mut now = state;
                for (round, constants) in $constants.as_chunks::<16>().0.iter().enumerate() {
                    for step in 0..16 {
                        if round > 0 {
                            words[step] = words[step]
                                + small(words[(step + 14) % 16], $small1)
                                + words[(step + 9) % 16]
                                + small(words[(step + 1) % 16], $small0);
                        }
                        let [a, b, c, d, e, f, g, h] = now;
                        let chosen = g ^ (e & (f ^ g));
                        let most = (a & b) | (c & (a | b));
                        let constant = $vector::splat(simd, constants[step]);
                        let first = h + big(e, $big1) + chosen + (constant + words[step]);
                        now = [first + big(a, $big0) + most, a, b, c, d + first, e, f, g];
                    }
                }
                state = from_fn(|word| state[word] + now[word]);
            }
            for (state, vector) in states.iter_mut().zip(state) {
                vector.store_slice(state);
            }
        }
    };
}

sha2!(sha256, u32, u32x8, SHA256, [2, 13, 22], [6, 11, 25], [7, 18, 3], [17, 19, 10]);
sha2!(sha512, u64, u64x8, SHA512, [28, 34, 39], [14, 18, 41], [1, 8, 7], [19, 61, 6]);

/// By how much each step of a round turns.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// Takes blocks into the states, which are by word and then by lane.
#[inline(always)]
pub(super) fn md5<S: Simd>(simd: S, states: &mut [[u32; LANES]; 4], inputs: &Inputs<'_>) {
    let mut state: [u32x8<S>; 4] = from_fn(|at| u32x8::from_slice(simd, &states[at]));
    for at in 0..inputs[0].len() / 64 {
        let words: [u32x8<S>; 16] = words!(simd, inputs, at, u32, u32x8, from_le_bytes);
        let [mut a, mut b, mut c, mut d] = state;
        macro_rules! round {
            ($round:literal, $word:expr, $mix:expr) => {
                for step in 0..16 {
                    let word = words[$word(step) % 16] + u32x8::splat(simd, MD5[$round * 16 + step]);
                    let sum = a + word + $mix(b, c, d);
                    let by = TURNS[$round][step % 4];
                    (a, d, c, b) = (d, c, b, b + ((sum << by) | (sum >> (32 - by))));
                }
            };
        }
        round!(0, |step: usize| step, |b: u32x8<S>, c: u32x8<S>, d: u32x8<S>| d ^ (b & (c ^ d)));
        round!(1, |step: usize| 5 * step + 1, |b: u32x8<S>, c: u32x8<S>, d: u32x8<S>| c ^ (d & (b ^ c)));
        round!(2, |step: usize| 3 * step + 5, |b: u32x8<S>, c: u32x8<S>, d: u32x8<S>| b ^ c ^ d);
        round!(3, |step: usize| 7 * step, |b: u32x8<S>, c: u32x8<S>, d: u32x8<S>| c ^ (b | !d));
        state = [state[0] + a, state[1] + b, state[2] + c, state[3] + d];
    }
    for (state, vector) in states.iter_mut().zip(state) {
        vector.store_slice(state);
    }
}
