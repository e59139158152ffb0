//! The catalogue against a model in memory: random sequences of calls must end alike, in results and in what is held.
#![allow(clippy::unwrap_used)]

mod common;
mod model;

use common::Place;
use longshore_catalogue::{
    BlockState, Catalogue, Copied, Damage, DatasetState, Digests, EntryKind, Error, LandingState, NewBlock, PathBytes,
    Proof, ProofMethod, Released,
};
use model::{Kind, Model};
use proptest::prelude::*;

/// A call, with entries and datablocks by their place in the listing.
#[derive(Debug, Clone)]
enum Call {
    Land(Vec<usize>, u8),
    Plan(bool),
    Copy(usize, Vec<usize>, u64),
    CopyAll(usize, u64),
    Written(usize, u8),
    Prove(usize, Vec<usize>, i64),
    ProveAll(usize, i64),
    Verified(usize, bool, Vec<usize>),
    Release(Vec<usize>),
    ReleaseAll,
    LandAll,
}

fn call() -> impl Strategy<Value = Call> {
    let entries = || proptest::collection::vec(0..model::ENTRIES, 0..4);
    let block = || 0..2_usize;
    prop_oneof![
        2 => (entries(), 0..2_u8).prop_map(|(at, sum)| Call::Land(at, sum)),
        3 => Just(Call::LandAll),
        2 => any::<bool>().prop_map(Call::Plan),
        1 => (block(), entries(), 0..2_u64).prop_map(|(block, at, shift)| Call::Copy(block, at, shift)),
        4 => (block(), 0..2_u64).prop_map(|(block, shift)| Call::CopyAll(block, shift)),
        5 => (block(), 0..2_u8).prop_map(|(block, sum)| Call::Written(block, sum)),
        2 => (block(), entries(), 0..3_i64).prop_map(|(block, at, time)| Call::Prove(block, at, time)),
        5 => (block(), 0..3_i64).prop_map(|(block, time)| Call::ProveAll(block, time)),
        5 => (block(), any::<bool>(), entries()).prop_map(|(block, good, at)| Call::Verified(block, good, at)),
        2 => entries().prop_map(Call::Release),
        2 => Just(Call::ReleaseAll),
    ]
}

fn kind_of<T>(result: &Result<T, Error>) -> Kind {
    match result {
        Ok(_) => Kind::Done,
        Err(Error::Refused(_)) => Kind::Refused,
        Err(Error::NotFound { .. }) => Kind::NotFound,
        Err(other) => panic!("{other}"),
    }
}

/// The store, with the keys that belong to the model's places.
struct Bench {
    place: Place,
    dataset: i64,
    first: i64,
}

impl Bench {
    fn new() -> Self {
        let place = Place::new();
        let dataset = common::dataset(&place.store, "model").id;
        place.store.add_entries(dataset, &model::listing()).unwrap();
        place.store.finish_listing(dataset, 1).unwrap();
        let first = place.store.entries_after(dataset, 0, 1).unwrap()[0].id;
        Self { place, dataset, first }
    }

    fn key(&self, at: usize) -> i64 {
        self.first + i64::try_from(at).unwrap()
    }

    fn plan(&self, model: &Model, other: bool) -> Vec<NewBlock> {
        let ends = if other { [model::CUT - 1, model::ENTRIES] } else { [model::CUT, model::ENTRIES] };
        let starts = [0, ends[0]];
        (0..2_u32)
            .zip(starts.into_iter().zip(ends))
            .map(|(number, (from, to))| self.planned(model, number, from, to))
            .collect()
    }

    fn planned(&self, model: &Model, number: u32, from: usize, to: usize) -> NewBlock {
        let files = model.entries[from..to].iter().filter(|entry| entry.kind == EntryKind::File);
        NewBlock {
            number,
            name: format!("model_{number}.tar"),
            first: self.key(from),
            last: self.key(to - 1),
            files: files.clone().count() as u64,
            bytes: files.map(|entry| entry.size).sum(),
            size: 10_240,
        }
    }

    /// The key of a datablock; one that does not exist, before the plan.
    fn block(&self, number: usize) -> i64 {
        self.place.store.blocks(self.dataset).unwrap().get(number).map_or(-1, |block| block.id)
    }

    fn apply(&self, call: &Call, model: &Model) -> Kind {
        let store = &self.place.store;
        let copies = |block: usize, at: &[usize], shift: u64| {
            let block = self.block(block);
            let copy = |at: &usize| {
                (
                    self.key(*at),
                    Copied { block, header: *at as u64 * 1_024 + shift, data: *at as u64 * 1_024 + shift + 512 },
                )
            };
            at.iter().map(copy).collect::<Vec<_>>()
        };
        let proofs =
            |at: &[usize], time: i64| at.iter().map(|at| Proof { entry: self.key(*at), at: time }).collect::<Vec<_>>();
        match call {
            Call::Land(at, sum) => kind_of(&store.record_landed(self.dataset, &self.landed(at, *sum))),
            Call::LandAll => kind_of(&store.record_landed(self.dataset, &self.landed(&model.files(), 0))),
            Call::Plan(other) => kind_of(&store.plan_blocks(self.dataset, "lts", &self.plan(model, *other))),
            Call::Copy(block, at, shift) => kind_of(&store.record_copies(&copies(*block, at, *shift))),
            Call::CopyAll(block, shift) => {
                kind_of(&store.record_copies(&copies(*block, &model.of_block(*block), *shift)))
            }
            Call::Written(block, sum) => {
                kind_of(&store.block_written(self.block(*block), &PathBytes::from("model/block"), &[*sum; 32]))
            }
            Call::Prove(block, at, time) => kind_of(&store.record_proofs(self.block(*block), &proofs(at, *time))),
            Call::ProveAll(block, time) => {
                kind_of(&store.record_proofs(self.block(*block), &proofs(&model.of_block(*block), *time)))
            }
            Call::Verified(block, good, at) => {
                let state = if *good { BlockState::Proved } else { BlockState::Damaged };
                let damage: Vec<_> =
                    at.iter().map(|at| Damage { entry: self.key(*at), found: "zeros".into() }).collect();
                kind_of(&store.block_verified(self.block(*block), state, &damage, 9, ProofMethod::Medium))
            }
            Call::Release(at) => kind_of(&store.record_released(self.dataset, &self.released(at))),
            Call::ReleaseAll => kind_of(&store.record_released(self.dataset, &self.released(&model.releasable()))),
        }
    }

    fn landed(&self, at: &[usize], sum: u8) -> Vec<(i64, Digests)> {
        at.iter().map(|at| (self.key(*at), Digests { sha256: [sum; 32], md5: [sum; 16] })).collect()
    }

    fn released(&self, at: &[usize]) -> Vec<Released> {
        at.iter().map(|at| Released { entry: self.key(*at), at: 10 }).collect()
    }

    /// What the store holds, in the model's form.
    fn held(&self) -> Model {
        let store = &self.place.store;
        let blocks = store.blocks(self.dataset).unwrap();
        let mut held = Model::new();
        for (entry, slot) in store.entries_after(self.dataset, 0, 100).unwrap().iter().zip(&mut held.entries) {
            slot.sum = entry.digests.map(|digests| digests.sha256[0]);
            slot.released = entry.landing == LandingState::Released;
            slot.place = entry.copy.map(|copy| {
                let number = blocks.iter().position(|block| block.id == copy.block);
                (number.unwrap_or(usize::MAX), copy.header)
            });
            slot.proved = entry.proved_at;
        }
        held.cut = blocks.first().map(|block| usize::try_from(block.plan.last - self.first).unwrap() + 1);
        held.blocks = blocks.iter().map(|block| (block.state, block.sha256.map(|sum| sum[0]))).collect();
        held
    }
}

fn run(calls: &[Call]) -> Result<(), TestCaseError> {
    let bench = Bench::new();
    let mut model = Model::new();
    for call in calls {
        let expected = match call {
            Call::Land(at, sum) => model.land(at, *sum),
            Call::LandAll => model.land(&model.files(), 0),
            Call::Plan(other) => model.plan(if *other { model::CUT - 1 } else { model::CUT }),
            Call::Copy(block, at, shift) => model.copy(*block, at, *shift),
            Call::CopyAll(block, shift) => model.copy(*block, &model.of_block(*block), *shift),
            Call::Written(block, sum) => model.written(*block, *sum),
            Call::Prove(block, at, time) => model.prove(*block, at, *time),
            Call::ProveAll(block, time) => model.prove(*block, &model.of_block(*block), *time),
            Call::Verified(block, good, at) => model.verified(*block, *good, at),
            Call::Release(at) => model.release(at),
            Call::ReleaseAll => model.release(&model.releasable()),
        };
        let done = bench.apply(call, &bench.held());
        prop_assert_eq!(done, expected, "{:?}", call);
        prop_assert_eq!(bench.held(), model.clone(), "after {:?}", call);
        let summary = bench.place.store.dataset_summary("model").unwrap();
        prop_assert_eq!(summary.dataset.state, model.state());
        prop_assert_eq!(summary.landing_files, model.in_landing());
        let releasable = bench.place.store.releasable_after(bench.dataset, 0, 100).unwrap();
        let keys: Vec<_> = model.releasable().into_iter().map(|at| bench.key(at)).collect();
        prop_assert_eq!(releasable.iter().map(|entry| entry.id).collect::<Vec<_>>(), keys);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_calls_ends_as_in_the_model(calls in proptest::collection::vec(call(), 1..40)) {
        run(&calls)?;
    }
}

/// The way that every archive takes, each call twice: the second changes nothing.
#[test]
fn every_call_may_be_repeated() {
    let mut calls = vec![Call::LandAll, Call::Plan(false)];
    for block in 0..2 {
        calls.extend([Call::CopyAll(block, 0), Call::Written(block, 1)]);
        calls.extend([Call::ProveAll(block, 5), Call::Verified(block, true, Vec::new())]);
    }
    calls.push(Call::ReleaseAll);
    let (bench, mut after) = (Bench::new(), Model::new());
    for call in &calls {
        let whole = Model::full();
        assert_eq!(bench.apply(call, &whole), Kind::Done, "{call:?}");
        after = bench.held();
        assert_eq!(bench.apply(call, &whole), Kind::Done, "{call:?} again");
        assert_eq!(bench.held(), after, "{call:?} again");
    }
    assert_eq!(after.state(), DatasetState::Archived);
    assert_eq!(after.in_landing(), 0);
}
