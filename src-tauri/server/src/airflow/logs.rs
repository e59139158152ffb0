//! Logs of attempts, a piece at a time.

use std::fmt::Write as _;

use axum::extract::Path;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use longshore_api::wire::{LogRow, RunLogs, RunLogsArgs, TaskRunDetail};
use serde_json::{Value, json};

use super::answer::{Answered, Refusal};
use super::asked::Asked;
use super::instances::{detail, index_of};
use super::runs::run_of;
use super::words::time;
use super::{Api, Ask};

/// Lines that are read at once.
const READ: u32 = 1_000;
/// Bytes of a whole log at most; the rest is there with a token.
const WHOLE: usize = 64 << 20;

pub(super) fn routes() -> Router {
    let path = "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}";
    Router::new().route(path, get(show))
}

type Place = (String, String, String, String);

async fn show(Path((dag_id, name, task, attempt)): Path<Place>, headers: HeaderMap, asked: Asked) -> Answered {
    let ask = &asked.ask;
    let attempt: u32 = attempt
        .parse()
        .ok()
        .filter(|attempt| *attempt > 0)
        .ok_or_else(|| Refusal::unfit(ask, "path", "try_number", "a whole number from 1 on is wanted"))?;
    let index = index_of(ask, "query", asked.text("map_index").unwrap_or("-1"))?;
    let whole = asked.truth("full_content")?.unwrap_or(false);
    let after = asked.text("token").map(|token| place(ask, token)).transpose()?.unwrap_or(0);
    let run = run_of(ask, &dag_id, &name).await?;
    let found = detail(ask, &run, &task, index).await?;
    let missing = || Refusal::missing("log of task instance", &format!("{task}, try {attempt}"));
    let found = found.filter(|found| found.row.attempts >= attempt).ok_or_else(missing)?;
    let of = RunLogsArgs {
        run: run.id,
        task: Some(task),
        index,
        attempt: Some(attempt),
        after,
        limit: READ,
        ..RunLogsArgs::default()
    };
    let lines = read(ask, of, whole).await?;
    let last = lines.last().map_or(after, |line| line.seq);
    let more = lines.len() >= READ as usize || works(&found, attempt);
    Ok(told(ask, &headers, &lines, last, more))
}

/// Whether an attempt may still log something.
fn works(found: &TaskRunDetail, attempt: u32) -> bool {
    found.attempts.iter().any(|one| one.number == attempt && one.ended_at.is_none())
}

/// The place that a token stands for.
fn place(ask: &Ask, token: &str) -> Result<i64, Refusal> {
    let found = token.strip_prefix("line-").and_then(|place| place.parse().ok()).filter(|place| *place >= 0);
    found.ok_or_else(|| Refusal::unfit(ask, "query", "token", "it is not one that was given out"))
}

async fn read(ask: &Ask, mut of: RunLogsArgs, whole: bool) -> Result<Vec<LogRow>, Refusal> {
    let mut lines: Vec<LogRow> = Vec::new();
    let mut bytes = 0;
    loop {
        let page = ask.session.call::<RunLogs>(of.clone()).await?;
        let full = page.len() >= READ as usize;
        of.after = page.last().map_or(of.after, |line| line.seq);
        bytes += page.iter().map(|line| line.text.len()).sum::<usize>();
        lines.extend(page);
        if !whole || !full || bytes > WHOLE {
            return Ok(lines);
        }
    }
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.starts_with(kind))
}

fn told(ask: &Ask, headers: &HeaderMap, lines: &[LogRow], last: i64, more: bool) -> axum::response::Response {
    let token = format!("line-{last}");
    match ask.api {
        Api::V1 if accepts(headers, "application/json") => {
            let content = format!("[('longshore', {})]", python(&plain(lines)));
            Json(json!({"content": content, "continuation_token": token})).into_response()
        }
        Api::V1 => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], plain(lines)).into_response(),
        Api::V2 if accepts(headers, "application/x-ndjson") => {
            let text = lines.iter().map(|line| structured(line).to_string() + "\n").collect::<String>();
            let kind = [(header::CONTENT_TYPE.as_str(), "application/x-ndjson")];
            let mut response = (kind, text).into_response();
            if let (true, Ok(token)) = (more, token.parse()) {
                response.headers_mut().insert("airflow-continuation-token", token);
            }
            response
        }
        Api::V2 => {
            let content: Vec<Value> = lines.iter().map(structured).collect();
            Json(json!({"content": content, "continuation_token": more.then_some(token)})).into_response()
        }
    }
}

/// Lines as Airflow writes them: time, level, text.
fn plain(lines: &[LogRow]) -> String {
    let mut text = String::new();
    for line in lines {
        let at = time(Api::V1, Some(line.at));
        let (at, level) = (at.as_str().unwrap_or_default(), line.level.to_uppercase());
        // Writing to a text does not fail.
        let _ = writeln!(text, "[{at}] {{{}}} {level} - {}", line.task, line.text);
    }
    text
}

fn structured(line: &LogRow) -> Value {
    json!({"timestamp": time(Api::V2, Some(line.at)), "event": line.text, "level": line.level, "logger": line.task})
}

/// A text as Python shows one: what v1 tells as JSON is such a list.
fn python(text: &str) -> String {
    let mut shown = String::from("'");
    for c in text.chars() {
        match c {
            '\\' => shown.push_str("\\\\"),
            '\'' => shown.push_str("\\'"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(shown, "\\x{:02x}", u32::from(c));
            }
            c => shown.push(c),
        }
    }
    shown.push('\'');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_shown_as_python_shows_it() {
        assert_eq!(python("it's\n\\\u{1b}é"), r"'it\'s\n\\\x1bé'");
    }
}
