//! The audit log.

use std::sync::Arc;

use longshore_engine::Fault;
use longshore_store::{AuditFilter, AuditRecord, Ending};

use super::super::Owner;
use super::super::dispatch::Answer;
use super::super::rows;
use super::limit;
use crate::wire::{ActState, AuditList, AuditListArgs, AuditRow, Page};

impl Answer<AuditList> for Owner {
    async fn answer(self: &Arc<Self>, args: AuditListArgs) -> Result<Page<AuditRow>, Fault> {
        let AuditListArgs { op, object, by, since, until, offset, limit: asked } = args;
        let filter = AuditFilter { op, object, by, since, until, offset, limit: limit(asked) };
        self.ask(move |owner| Ok(rows::page_of(owner.store.audit(&filter)?, row))).await
    }
}

fn row(record: AuditRecord) -> AuditRow {
    let AuditRecord { seq, act, ending } = record;
    let (state, fault) = match ending {
        Ending::Unknown => (ActState::Unknown, None),
        Ending::Done => (ActState::Done, None),
        Ending::Fault(code) => (ActState::Failed, Some(code)),
    };
    AuditRow {
        seq,
        at: act.at,
        by: act.by,
        program: act.program,
        op: act.op,
        object: act.object,
        why: act.why,
        state,
        fault,
        detail: act.detail,
        part_of: act.part_of,
    }
}
