//! The workspace's numbers in the text form of Prometheus.

use std::fmt::Write as _;

use longshore_api::wire::{Histogram, LimitList, LimitRow, Measured, MetricsShow, Nothing, StorageList, StorageRow};
use longshore_api::{Fault, Session};

/// The page.
pub(crate) async fn page(session: &Session) -> Result<String, Fault> {
    let measured = session.call::<MetricsShow>(Nothing {}).await?;
    let storages = session.call::<StorageList>(Nothing {}).await?;
    let limits = session.call::<LimitList>(Nothing {}).await?;
    Ok(render(&measured, &storages, &limits))
}

/// Text that is made line by line. Writing to a `String` cannot fail.
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP longshore_{name} {help}\n# TYPE longshore_{name} {kind}");
    }

    fn value(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<String> = labels.iter().map(|(label, of)| format!("{label}=\"{}\"", escaped(of))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.0, "longshore_{name}{labels} {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn render(measured: &Measured, storages: &[StorageRow], limits: &[LimitRow]) -> String {
    let mut text = Text(String::new());
    text.head("runs", "gauge", "Runs by flow and state.");
    for one in &measured.runs {
        let state = serde_json::to_value(one.state).unwrap_or_default();
        text.value("runs", &[("flow", &one.flow), ("state", state.as_str().unwrap_or_default())], one.count as f64);
    }
    text.head("task_run_seconds", "histogram", "How long attempts took, by how they ended, since this process began.");
    for histogram in &measured.attempts {
        attempts(&mut text, histogram);
    }
    text.head("moved_bytes_total", "counter", "Bytes that attempts moved since this process began.");
    text.value("moved_bytes_total", &[], measured.moved_bytes as f64);
    text.head(
        "journal_lag_seconds",
        "gauge",
        "From the last decision to the moment when it was in the journal and told.",
    );
    text.value("journal_lag_seconds", &[], measured.lag_seconds);
    text.head("journal_events_total", "counter", "Events journalled since this process began.");
    text.value("journal_events_total", &[], measured.events as f64);
    text.head("log_bytes", "gauge", "Bytes of task logs that are kept.");
    text.value("log_bytes", &[], measured.log_bytes as f64);
    storage(&mut text, storages);
    slots(&mut text, limits);
    text.0
}

fn attempts(text: &mut Text, histogram: &Histogram) {
    let ended = histogram.ended.as_str();
    for (bound, count) in &histogram.buckets {
        text.value("task_run_seconds_bucket", &[("ended", ended), ("le", &bound.to_string())], *count as f64);
    }
    text.value("task_run_seconds_bucket", &[("ended", ended), ("le", "+Inf")], histogram.count as f64);
    text.value("task_run_seconds_sum", &[("ended", ended)], histogram.seconds);
    text.value("task_run_seconds_count", &[("ended", ended)], histogram.count as f64);
}

fn storage(text: &mut Text, storages: &[StorageRow]) {
    text.head("storage_free_bytes", "gauge", "Bytes free on a storage.");
    for row in storages {
        if let Some(free) = row.free {
            text.value("storage_free_bytes", &[("storage", &row.name)], free as f64);
        }
    }
    text.head("storage_size_bytes", "gauge", "Bytes of a storage in all.");
    for row in storages {
        if let Some(total) = row.total {
            text.value("storage_size_bytes", &[("storage", &row.name)], total as f64);
        }
    }
    text.head("storage_reserved_bytes", "gauge", "Bytes that task runs have reserved on a storage and not written.");
    for row in storages {
        text.value("storage_reserved_bytes", &[("storage", &row.name)], row.reserved as f64);
    }
}

fn slots(text: &mut Text, limits: &[LimitRow]) {
    text.head("limit_slots", "gauge", "Slots of a limit.");
    for row in limits {
        text.value("limit_slots", &[("limit", &row.name)], row.slots.into());
    }
    text.head("limit_slots_held", "gauge", "Slots of a limit that are held.");
    for row in limits {
        text.value("limit_slots_held", &[("limit", &row.name)], row.held.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use longshore_api::RunState;
    use longshore_api::wire::RunCount;

    #[test]
    fn the_page_is_as_prometheus_reads_it() {
        let attempts =
            Histogram { ended: "success".into(), buckets: vec![(0.1, 2), (1.0, 3)], count: 4, seconds: 12.5 };
        let measured = Measured {
            runs: vec![RunCount { flow: "a \"b\"\\".into(), state: RunState::Failed, count: 7 }],
            attempts: vec![attempts],
            moved_bytes: 42,
            events: 9,
            lag_seconds: 0.25,
            log_bytes: 0,
        };
        let limits = [LimitRow { name: "lts".into(), slots: 2, held: 1, holders: Vec::new() }];
        let page = render(&measured, &[], &limits);
        for line in [
            "longshore_runs{flow=\"a \\\"b\\\"\\\\\",state=\"failed\"} 7",
            "longshore_task_run_seconds_bucket{ended=\"success\",le=\"0.1\"} 2",
            "longshore_task_run_seconds_bucket{ended=\"success\",le=\"+Inf\"} 4",
            "longshore_task_run_seconds_sum{ended=\"success\"} 12.5",
            "longshore_moved_bytes_total 42",
            "longshore_limit_slots_held{limit=\"lts\"} 1",
        ] {
            assert!(page.lines().any(|one| one == line), "{line}\n{page}");
        }
    }
}
