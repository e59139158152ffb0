//! Datasets, their entries and their history.

use std::sync::Arc;

use longshore_catalogue::{Catalogue as _, PathBytes};
use longshore_engine::Fault;
use longshore_flows::faults::of_catalogue;
use longshore_store::{DatasetFilter, RunFilter};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use super::{limit, run_rows};
use crate::fault::of_store;
use crate::wire::{
    DatasetArgs, DatasetCounts, DatasetCountsArgs, DatasetDetail, DatasetEntries, DatasetHistory, DatasetList,
    DatasetListArgs, DatasetRow, DatasetShow, DatasetStateCount, EntriesArgs, EntryRow, FileFind, FindArgs, FoundRow,
    HistoryArgs, HistoryRow, Page,
};

/// Datablocks of a dataset's page.
const BLOCKS: u32 = 1000;
/// Runs of a dataset's page.
const RUNS: u32 = 50;

impl Answer<DatasetList> for Owner {
    async fn answer(self: &Arc<Self>, args: DatasetListArgs) -> Result<Page<DatasetRow>, Fault> {
        let filter = DatasetFilter {
            search: args.search,
            state: args.state.map(rows::dataset_state),
            by_touch: false,
            offset: args.offset,
            limit: limit(args.limit),
        };
        self.ask(move |owner| Ok(rows::page_of(owner.store.datasets(&filter)?, rows::dataset))).await
    }
}

impl Answer<DatasetCounts> for Owner {
    async fn answer(self: &Arc<Self>, args: DatasetCountsArgs) -> Result<Vec<DatasetStateCount>, Fault> {
        self.ask(move |owner| {
            let counts = owner.store.dataset_states(args.search.as_deref())?.into_iter();
            Ok(counts
                .map(|(state, count)| DatasetStateCount { state: rows::dataset_state_text(state), count })
                .collect())
        })
        .await
    }
}

impl Answer<DatasetShow> for Owner {
    async fn answer(self: &Arc<Self>, args: DatasetArgs) -> Result<DatasetDetail, Fault> {
        self.ask(move |owner| detail(owner, &args.dataset)).await
    }
}

fn detail(owner: &Owner, wanted: &str) -> Result<DatasetDetail, Fault> {
    let summary = owner.store.dataset_summary(wanted).map_err(of_store)?;
    let (totals, pid) = (summary.dataset.totals, summary.dataset.pid.clone());
    let sources = summary.dataset.sources.iter().map(PathBytes::to_text).collect();
    let places = owner.places.records();
    let root = |storage: &str| places.iter().find(|place| place.name == storage);
    let metadata = owner.store.metadata(summary.dataset.id).map_err(|error| of_catalogue(&error))?;
    let scicat = summary.dataset.described.as_ref().and_then(|described| described.pid.clone());
    let blocks = owner.store.dataset_blocks(&pid, BLOCKS).map_err(of_store)?;
    let runs = owner.store.run_rows(&RunFilter { dataset: Some(pid), limit: RUNS, ..RunFilter::default() })?;
    Ok(DatasetDetail {
        dataset: rows::dataset(summary),
        folders: totals.folders,
        links: totals.links,
        special: totals.special,
        sources,
        metadata,
        scicat,
        blocks: blocks.iter().map(|block| rows::block(block, root(&block.storage))).collect(),
        runs: run_rows(owner, runs)?,
    })
}

impl Answer<DatasetEntries> for Owner {
    async fn answer(self: &Arc<Self>, args: EntriesArgs) -> Result<Page<EntryRow>, Fault> {
        self.ask(move |owner| {
            let limit = limit(args.limit);
            let page = match &args.folder {
                Some(folder) => {
                    let folder = PathBytes::from_text(folder).map_err(|error| {
                        Fault::permanent("entry.text", format!("{folder} is not a path"), error.to_string())
                    })?;
                    owner.store.folder_page(&args.dataset, &folder, args.offset, limit)
                }
                None => owner.store.entry_page(&args.dataset, args.search.as_deref(), args.offset, limit),
            };
            Ok(rows::page_of(page.map_err(of_store)?, rows::entry))
        })
        .await
    }
}

impl Answer<DatasetHistory> for Owner {
    async fn answer(self: &Arc<Self>, args: HistoryArgs) -> Result<Page<HistoryRow>, Fault> {
        self.ask(move |owner| {
            let page = owner.store.history(&args.dataset, args.offset, limit(args.limit)).map_err(of_store)?;
            Ok(rows::page_of(page, rows::history))
        })
        .await
    }
}

impl Answer<FileFind> for Owner {
    async fn answer(self: &Arc<Self>, args: FindArgs) -> Result<Vec<FoundRow>, Fault> {
        self.ask(move |owner| {
            let found = owner.store.find_records(&args.text, limit(args.limit))?;
            Ok(found
                .into_iter()
                .map(|found| FoundRow { dataset: found.pid, entry: rows::entry(found.record) })
                .collect())
        })
        .await
    }
}
