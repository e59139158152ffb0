//! The kinds of task, one file a kind.

pub mod adopt;
pub mod approve;
pub mod archive_objects;
pub mod archive_store;
pub mod archiver;
pub mod bag;
mod block_item;
pub mod copy;
mod damage;
pub mod datablock_extract;
pub mod datablock_settle;
pub mod datablock_stage;
pub mod datablock_verify;
pub mod datablock_write;
pub mod datacat;
pub mod dataset_blocks;
pub mod dataset_find;
pub mod dataset_list;
pub mod dataset_manifest;
pub mod dataset_report;
mod defaults;
pub mod delete;
pub mod file_claim;
mod first_read;
pub mod flow_run;
pub mod flow_start;
pub mod folder_clean_up;
pub mod gitlab;
pub mod http_request;
pub mod landing_copy;
pub mod landing_release;
mod left_out;
pub mod mlflow;
pub mod noop;
pub mod notify;
pub mod object_restore;
pub mod options_read;
mod packing;
mod program_lines;
mod program_says;
pub mod queue;
pub mod records;
pub mod retrieval;
pub mod retrieve_finish;
pub mod retrieve_plan;
pub mod scicat;
pub mod sensor_http;
pub mod shell;
pub mod ssh_command;
mod standing;
pub mod tidy;
pub mod wait_file;
pub mod wait_until;
pub mod work_step;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kind::Kind;

pub use block_item::{BlockItem, Blocks};
pub use copy::{Measured, With as CopyWith, measure as measure_copy};

/// Kinds of task by name.
#[derive(Clone, Default)]
pub struct KindSet {
    kinds: BTreeMap<&'static str, Arc<dyn Kind>>,
}

impl KindSet {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more; it takes the place of one with the same name.
    #[must_use]
    pub fn with(mut self, kind: impl Kind + 'static) -> Self {
        self.kinds.insert(kind.name(), Arc::new(kind));
        self
    }

    /// The kind of a name.
    pub fn get(&self, name: &str) -> Option<Arc<dyn Kind>> {
        self.kinds.get(name).cloned()
    }

    /// All, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Kind>> {
        self.kinds.values()
    }
}

/// Every kind of task that is built in.
pub fn kinds() -> KindSet {
    of_repositories(of_libraries(KindSet::new()))
        .with(adopt::DatasetAdopt)
        .with(adopt::read::DatablockAdopt)
        .with(approve::Approve)
        .with(archiver::finish::ArchiverFinish)
        .with(archiver::finish::ArchiverGiveUp)
        .with(archiver::request::ArchiverRequest)
        .with(archiver::send::ArchiverSend)
        .with(copy::Copy)
        .with(copy::CopyMeasure)
        .with(datablock_extract::DatablockExtract)
        .with(datablock_settle::DatablockSettle)
        .with(datablock_stage::DatablockStage)
        .with(datablock_stage::DatablockUnstage)
        .with(datablock_verify::DatablockVerify)
        .with(datablock_write::DatablockWrite)
        .with(dataset_blocks::DatasetBlocks)
        .with(dataset_find::DatasetFind)
        .with(dataset_list::DatasetList)
        .with(dataset_manifest::DatasetManifest)
        .with(dataset_report::DatasetReport)
        .with(delete::Delete)
        .with(flow_run::FlowRun)
        .with(flow_start::FlowStart)
        .with(http_request::HttpRequest)
        .with(landing_copy::LandingCopy)
        .with(landing_release::LandingRelease)
        .with(noop::Noop)
        .with(notify::Notify)
        .with(object_restore::ObjectRestore)
        .with(retrieval::fetch::RetrievalFetch)
        .with(retrieval::finish::RetrievalFinish)
        .with(retrieval::plan::RetrievalPlan)
        .with(retrieval::report::RetrievalReport)
        .with(retrieval::tidy::RetrievalTidy)
        .with(retrieve_finish::RetrieveFinish)
        .with(retrieve_plan::RetrievePlan)
        .with(scicat::archive_job::ScicatArchiveJob)
        .with(scicat::job::ScicatJob)
        .with(scicat::job_status::ScicatJobStatus)
        .with(scicat::lifecycle::ScicatLifecycle)
        .with(scicat::origdatablocks::ScicatOrigdatablocks)
        .with(scicat::register_datablocks::ScicatRegisterDatablocks)
        .with(scicat::register_dataset::ScicatRegisterDataset)
        .with(scicat::register_files::ScicatRegisterFiles)
        .with(sensor_http::SensorHttp)
        .with(shell::Shell)
        .with(ssh_command::SshCommand)
        .with(tidy::DatasetTidy)
        .with(tidy::RetrieveTidy)
        .with(wait_file::WaitFile)
        .with(wait_until::WaitUntil)
}

/// Those that speak to repositories, catalogues and trackers of models.
fn of_repositories(kinds: KindSet) -> KindSet {
    kinds
        .with(datacat::entry::DatacatEntry)
        .with(datacat::register::DatacatRegister)
        .with(gitlab::GitlabCommit)
        .with(mlflow::find::MlflowFind)
        .with(mlflow::finish::MlflowFinish)
        .with(mlflow::results::MlflowResults)
        .with(mlflow::run::MlflowRun)
        .with(records::draft::RecordDraft)
        .with(records::find::RecordFind)
        .with(records::publish::RecordPublish)
}

/// Those that bring a library's works from an archive to where they are read.
fn of_libraries(kinds: KindSet) -> KindSet {
    kinds
        .with(archive_objects::ArchiveObjects)
        .with(archive_store::ArchiveStore)
        .with(bag::debag::Debag)
        .with(bag::unzip::ArchiveInspect)
        .with(bag::unzip::Unzip)
        .with(bag::make::BagMake)
        .with(bag::validate::BagValidate)
        .with(queue::finish::SqsFinish)
        .with(queue::give_back::SqsGiveBack)
        .with(queue::hold::SqsHold)
        .with(queue::receive::SqsReceive)
        .with(file_claim::FileClaim)
        .with(file_claim::FolderFeed)
        .with(folder_clean_up::FolderCleanUp)
        .with(options_read::OptionsRead)
        .with(work_step::WorkStep)
}
