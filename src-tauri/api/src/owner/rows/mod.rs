//! From what the store and the runner hold to what the wire shows.

mod datasets;
mod runs;

pub(super) use datasets::{
    block, block_word, dataset, dataset_state, dataset_state_text, entry, history, kind_word, method_word,
};
pub(super) use runs::{attempt, graph, journal, log, log_in_words, page_of, shown_state, task_run};
