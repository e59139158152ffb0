//! Death at every step, a stop at every checkpoint, and everything twice: the end is the same.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Tree, Workshop, leftovers, small, tree};
use longshore_catalogue::{Catalogue, DatasetState, PathBytes};
use longshore_engine::Fault;
use longshore_testkit::When;
use serde_json::json;

/// The whole job.
fn job(shop: &Workshop, dest: &PathBytes) -> Result<(), Fault> {
    shop.upload_and_archive("ds")?;
    shop.retrieve("ds", dest, None).map(drop)
}

fn start() -> (Workshop, PathBytes, Tree) {
    let shop = Workshop::in_memory();
    let source = small(&shop, "ds");
    let (_, storage) = shop.folder("source");
    let before = tree(storage.as_ref(), source.file_name());
    let (dest, _) = shop.folder("dest");
    (shop, dest, before)
}

fn expect_done(shop: &Workshop, dest: &PathBytes, before: &Tree, at: &str) {
    assert_eq!(shop.dataset("ds").state, DatasetState::Archived, "{at}");
    assert_eq!(shop.tree("landing", ""), Tree::new(), "{at}");
    let back = shop.places.faulty_folder(dest.as_bytes()).unwrap();
    assert_eq!(&tree(back.as_ref(), b"data"), before, "{at}");
    let names: Vec<_> = shop.tree("lts", "ds").into_keys().map(|path| path.to_text()).collect();
    assert_eq!(names, ["ds_0.tar", "ds_1.tar", "ds_2.tar", "ds_3.tar"], "{at}");
    assert_eq!(leftovers(shop), Vec::<PathBytes>::new(), "{at}");
    let events = shop.history("ds");
    for once in ["landed", "released", "archived", "retrieved"] {
        assert_eq!(events.iter().filter(|event| *event == once).count(), 1, "{once} {at}");
    }
}

/// Kills the job at each of its steps in turn; with `forget`, the checkpoints are lost too, as for a run that is started anew.
fn killed_everywhere(when: When, forget: bool) {
    let (shop, dest, before) = start();
    shop.fuse.set(None);
    job(&shop, &dest).unwrap();
    let steps = shop.fuse.steps();
    expect_done(&shop, &dest, &before, "without death");
    assert!(steps > 60, "{steps} steps");
    for step in 0..steps {
        let (shop, dest, before) = start();
        let at = format!("killed {when:?} step {step} of {steps}");
        shop.fuse.set(Some((step, when)));
        let died = job(&shop, &dest);
        let (blown, stopped) = (shop.fuse.blown(), shop.fuse.stopped());
        assert!(died.is_err() || !blown || when == When::After, "{at}");
        assert!(!stopped || died.as_ref().err().is_none_or(|fault| fault.code == "task.stopped"), "{at}: {died:?}");
        shop.fuse.set(None);
        if forget {
            shop.forget_checkpoints();
        }
        job(&shop, &dest).unwrap_or_else(|fault| panic!("{at}: {fault:?}"));
        expect_done(&shop, &dest, &before, &at);
    }
}

#[test]
fn killed_before_every_step_it_ends_right() {
    killed_everywhere(When::Before, false);
}

#[test]
fn stopped_at_every_step_it_ends_right() {
    killed_everywhere(When::Stop, false);
}

#[test]
fn killed_after_every_step_it_ends_right() {
    killed_everywhere(When::After, false);
}

#[test]
fn killed_after_every_step_and_started_as_another_run_it_ends_right() {
    killed_everywhere(When::After, true);
}

#[test]
fn every_kind_run_twice_gives_the_same() {
    let (shop, dest, before) = start();
    job(&shop, &dest).unwrap();
    let all = tree(shop.folder("").1.as_ref(), b"");
    let entries = |shop: &Workshop| shop.catalogue.entries_after(shop.dataset("ds").id, 0, 1000).unwrap();
    let ledger = entries(&shop);
    for (kind, with, output) in shop.ended_well() {
        assert_eq!(shop.attempt(&kind, &with).unwrap(), output, "{kind}");
    }
    assert_eq!(entries(&shop), ledger);
    assert_eq!(tree(shop.folder("").1.as_ref(), b""), all);
    expect_done(&shop, &dest, &before, "twice");
}

#[test]
fn every_kind_plans_without_writing() {
    let (shop, dest, _) = start();
    job(&shop, &dest).unwrap();
    shop.fuse.set(None);
    for (kind, with, _) in shop.ended_well() {
        let need = shop.plan(&kind, &with).unwrap();
        if kind == "datablock.write" {
            assert_eq!(need.space.get("lts"), with["block"]["size"].as_u64().as_ref());
        }
    }
    assert_eq!(shop.fuse.steps(), 0);
}

#[test]
fn what_was_stopped_is_tidied_up_when_it_is_cancelled() {
    let (shop, dest, _) = start();
    let landing = json!({"dataset": "ds"});
    shop.task("dataset.list", landing.clone()).unwrap();
    shop.host("landing.copy", &landing).cancel();
    let stopped = shop.task("landing.copy", landing.clone()).unwrap_err();
    assert_eq!(stopped.code, "task.stopped");
    shop.forget_checkpoints();
    shop.upload("ds").unwrap();
    let lts = shop.places.faulty("lts").unwrap();
    lts.leave_room(30_000);
    shop.pack("ds").unwrap_err();
    assert_eq!(leftovers(&shop).len(), 1, "kept for a retry");
    shop.task("dataset.tidy", json!({"dataset": "ds", "storages": ["landing", "lts"]})).unwrap();
    assert_eq!(leftovers(&shop), Vec::<PathBytes>::new());
    assert_eq!(shop.tree("lts", ""), Tree::new());
    lts.heal();
    shop.forget_checkpoints();
    shop.upload_and_archive("ds").unwrap();
    let there = shop.places.faulty_folder(dest.as_bytes()).unwrap();
    there.leave_room(50_000);
    shop.retrieve("ds", &dest, None).unwrap_err();
    shop.task("retrieve.tidy", json!({"dataset": "ds", "dest": dest})).unwrap();
    assert_eq!(leftovers(&shop), Vec::<PathBytes>::new());
}
