//! The built-in flows are good files, and the kinds of task tell what they take.
#![allow(clippy::unwrap_used)]

use longshore_engine::flow::{Flow, Kinds, Role};
use longshore_flows::{builtin, kinds};

fn known() -> Kinds {
    let mut known = Kinds::default();
    for kind in kinds().iter() {
        known.add(kind.name(), kind.with_schema().to_value());
    }
    known
}

#[test]
fn every_built_in_flow_is_a_good_file() {
    let known = known();
    for flow in builtin() {
        let read = Flow::parse(flow.file, flow.text, Some(&known)).unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!(read.id, flow.id);
        assert!(!read.title.is_empty() && !read.description.is_empty());
    }
}

#[test]
fn the_main_flows_have_the_tasks_that_the_window_shows() {
    let tasks = |id: &str| {
        let flow = builtin().iter().find(|flow| flow.id == id).unwrap();
        let flow = Flow::parse(flow.file, flow.text, Some(&known())).unwrap();
        let tasks = flow.tasks.iter().filter(|task| task.role == Role::Task);
        tasks.map(|task| task.id.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        tasks("upload_dataset"),
        "list register room send land register_files hand_over archive job archive_job"
    );
    assert_eq!(
        tasks("archive_dataset"),
        "find_dataset archival_started get_origdatablocks create_datablocks stage_datablock check_free_space_in_lts move_datablock_to_lts \
             wait_before_verify verify_datablock_in_lts clean_up_staging register_datablocks dataset_on_archivedisk release report"
    );
    assert_eq!(
        tasks("retrieve_dataset"),
        "take_in read_datablock survey started fetch ready retrieved plan extract finish"
    );
    assert_eq!(tasks("delete"), "delete");
    assert_eq!(tasks("make_bag"), "bring measure make tidy");
    assert_eq!(tasks("sync_debagged"), "options sync synced");
    assert_eq!(
        tasks("sqs_scheduled_dag"),
        "get_restored_object_messages hold download_from_messages downloaded debag_downloads debagged sync_debagged synced finish clean_up give_back"
    );
    assert_eq!(tasks("file_watcher"), "wait_for_file claim inspect debag unzip unpacked sync deep_archive clean_up");
    assert_eq!(tasks("glacier_restore"), "find_objects restore");
    assert_eq!(tasks("verify_dataset"), "take_in read_datablock blocks verify report");
}

#[test]
fn every_kind_refuses_parameters_that_it_does_not_know() {
    for kind in kinds().iter() {
        let schema = kind.with_schema().to_value();
        assert_eq!(schema["additionalProperties"], false, "{}", kind.name());
        assert!(!kind.title().is_empty());
        assert!(kind.output_schema().as_value().is_object() || kind.name() == "noop", "{}", kind.name());
    }
}
