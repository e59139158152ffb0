//! A flow as a DAG file.

mod graph;

use std::fmt::Write as _;

use longshore_engine::Flow;
use longshore_engine::expression::Template;
use longshore_engine::flow::{Backoff, Param, Task, Trigger};
use longshore_engine::schedule::{Missed, Rule, Schedule};
use serde_json::Value;

use super::python::{is_name, literal, prose, seconds, string};
use super::shape::{Mapped, chains, started, starts};
use super::{Engine, Given, flow_file};
use graph::{ends, mapped, needs};

const HEAD_3: &str = "\
from airflow.providers.standard.operators.python import PythonOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, TaskGroup, task_group
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
";

const HEAD_2: &str = "\
from airflow import DAG
from airflow.decorators import task_group
from airflow.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from airflow.models.param import Param
from airflow.operators.python import PythonOperator
from airflow.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.timetables.interval import CronDataIntervalTimetable
from airflow.timetables.trigger import CronTriggerTimetable
from airflow.utils.task_group import TaskGroup
";

const BODY: &str = r#"

def longshore(verb, name, index=None, **context):
    """Runs `longshore task VERB`: its words go to the log, its exit code says how it ended."""
    run = context["dag_run"]
    command = [LONGSHORE, "task", verb, "--flow", FLOW, "--task", name, "--run-id", run.run_id, "--params-file", "-"]
    command += ["--state", STATE] if STATE else []
    command += ["--map-index", str(index)] if index is not None else []
    command += ["--attempt", str(context["ti"].try_number), "--with-parent"] if verb == "run" else []
    command += ["--scheduled-at", DUE.isoformat()] if run.run_type == "scheduled" else []
    with tempfile.TemporaryFile("w+") as printed:
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=printed, stderr=subprocess.PIPE, text=True)
        try:
            json.dump(dict(context["params"]), worker.stdin)
            worker.stdin.close()
            for line in worker.stderr:
                log.info(line.rstrip())
            code = worker.wait()
        finally:
            worker.terminate()
            worker.wait()
        if code == 99:
            raise AirflowSkipException(f"{name}: there was nothing to do")
        if code in (2, 65, 78):
            raise AirflowFailException(f"{name} failed, and another try would fail as well (exit code {code})")
        if code:
            raise AirflowException(f"{name} failed (exit code {code})")
        printed.seek(0)
        return json.loads(printed.read() or "null")


def carry(task, index=None, verb="run", task_id=None, **how):
    arguments = {"index": index} if index is not None else {}
    return PythonOperator(task_id=task_id or task, python_callable=longshore, op_args=[verb, task], op_kwargs=arguments, **how)


"#;

/// The file.
pub(super) fn dag(flow: &Flow, engine: Engine, given: &Given) -> String {
    let chains = chains(flow);
    let mut text = head(flow, given);
    let used = if engine == Engine::Airflow3 { HEAD_3 } else { HEAD_2 };
    let due = if engine == Engine::Airflow3 { "run.run_after" } else { "run.data_interval_end" };
    let body = BODY.replace("DUE", due);
    let rest = tasks(flow, &chains, engine);
    text += &imports(used, &(body.clone() + &rest));
    let _ = write!(
        text,
        "\nFLOW = os.path.join(os.path.dirname(os.path.abspath(__file__)), {})\n\
         LONGSHORE = os.environ.get(\"LONGSHORE\", \"longshore\")\n\
         STATE = {}  # where workers find what the others gave; empty: each one's environment says it (LONGSHORE_STATE)\n\
         log = logging.getLogger(__name__)\n",
        string(&flow_file(flow)),
        string(given.state.as_deref().unwrap_or_default()),
    );
    text + &body + &rest
}

fn head(flow: &Flow, given: &Given) -> String {
    let mut text = format!("\"\"\"{}\n\n", prose(&flow.title));
    let _ = write!(
        text,
        "Made by longshore {} from the flow {}, version {}. Each task is carried out by `longshore task run`\n\
         on whatever worker the engine picks.\n",
        crate::VERSION,
        flow.id,
        &flow.version[..flow.version.len().min(12)],
    );
    let mut pools: Vec<&str> =
        flow.tasks.iter().flat_map(|task| &task.limits).map(|claim| claim.limit.as_str()).collect();
    pools.sort_unstable();
    pools.dedup();
    if !pools.is_empty() {
        text += "\nIts limits are pools; make them before the first run:\n";
    }
    for pool in pools {
        let slots = given.limits.get(pool).copied().unwrap_or(1);
        let _ = writeln!(text, "  airflow pools set {pool} {slots} 'limit of Longshore'");
    }
    if flow.guard.is_some() {
        text += "\nOne run is active at a time: that keeps two of the same kind apart, as the flow's guard does.\n";
    }
    text + "\"\"\"\n\nimport json\nimport logging\nimport os\nimport subprocess\nimport tempfile\nfrom datetime import timedelta\n\nimport pendulum\n"
}

/// Only what the file uses.
fn imports(all: &str, rest: &str) -> String {
    let mut text = String::new();
    for line in all.lines() {
        let Some((from, names)) = line.split_once(" import ") else { continue };
        let used = |name: &&str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *name);
        let names: Vec<&str> = names.split(", ").filter(used).collect();
        if !names.is_empty() {
            let _ = writeln!(text, "{from} import {}", names.join(", "));
        }
    }
    text
}

fn tasks(flow: &Flow, chains: &[Mapped<'_>], engine: Engine) -> String {
    let mut text = format!("with DAG(\n    dag_id={},\n{}) as dag:\n", string(&flow.id), settings(flow, engine));
    let groups = groups(flow);
    for (name, id) in &groups {
        let _ = writeln!(text, "    {} = TaskGroup({}, prefix_group_id=False)", variable(id), string(name));
    }
    for task in flow.tasks.iter().filter(|task| !task.mapped()) {
        text += &one(task, &groups, "    ", false);
    }
    for chain in chains {
        text += &mapped(flow, chain, &groups);
    }
    text += &needs(flow, chains);
    text + &ends(flow)
}

fn settings(flow: &Flow, engine: Engine) -> String {
    let mut text = format!("    description={},\n", string(&flow.title));
    if !flow.description.is_empty() {
        let _ = writeln!(text, "    doc_md={},", string(&flow.description));
    }
    text += &schedule(flow.schedules.first());
    let runs = if flow.guard.is_some() { Some(1) } else { flow.max_active_runs };
    if let Some(runs) = runs {
        let _ = writeln!(text, "    max_active_runs={runs},");
    }
    if let Some(tasks) = flow.max_active_tasks {
        let _ = writeln!(text, "    max_active_tasks={tasks},");
    }
    if flow.tasks.iter().any(|task| task.priority != 0) {
        text += "    default_args={\"weight_rule\": \"absolute\"},\n";
    }
    if !flow.params.is_empty() {
        text += "    params={\n";
        for param in &flow.params {
            let _ = writeln!(text, "        {}: {},", string(&param.name), parameter(param, engine));
        }
        text += "    },\n";
    }
    text + "    tags=[\"longshore\"],\n"
}

fn schedule(schedule: Option<&Schedule>) -> String {
    // Airflow 2 runs no task of a DAG without a first day.
    let unscheduled = "    schedule=None,\n    start_date=pendulum.datetime(2026, 1, 1),\n    catchup=False,\n";
    let Some(schedule) = schedule else { return unscheduled.to_owned() };
    let stamp = |at: longshore_engine::Millis| format!("pendulum.parse({})", string(&at.rfc3339()));
    let start = schedule.start.map_or_else(|| "pendulum.datetime(2026, 1, 1)".to_owned(), stamp);
    let rule = match &schedule.rule {
        Rule::Cron(cron, _) => {
            // The one starts a run for the last time that was missed, the other passes over all of them.
            let table =
                if schedule.on_missed == Missed::Once { "CronDataIntervalTimetable" } else { "CronTriggerTimetable" };
            format!("{table}({}, timezone={})", string(cron.text()), string(&schedule.zone_name))
        }
        Rule::Every(every) => format!("timedelta(seconds={})", seconds(*every)),
        Rule::Watch(_) => "None".to_owned(),
    };
    let end = schedule.end.map(|at| format!("    end_date={},\n", stamp(at))).unwrap_or_default();
    let catchup = literal(&Value::Bool(schedule.on_missed == Missed::All));
    format!("    schedule={rule},\n    start_date={start},\n{end}    catchup={catchup},\n")
}

fn parameter(param: &Param, engine: Engine) -> String {
    let mut arguments: Vec<String> = param.default().map(literal).into_iter().collect();
    let Value::Object(schema) = &param.schema else { return format!("Param({})", arguments.join(", ")) };
    if param.is_secret() {
        let said = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        let said =
            format!("{said} A reference that each worker can read: env:NAME, file:PATH or vault:MOUNT/PATH#FIELD.");
        arguments.push(format!("type={}", literal(schema.get("type").unwrap_or(&"string".into()))));
        arguments.push(format!("description={}", string(said.trim_start())));
        return format!("Param({})", arguments.join(", "));
    }
    for (name, value) in schema.iter().filter(|(name, _)| *name != "default") {
        // Airflow 2 knows no formats but JSON Schema's own, and neither checks ours: they are for forms.
        let ours = name == "format"
            && (engine == Engine::Airflow2
                || !matches!(value.as_str(), Some("date" | "date-time" | "time" | "multiline")));
        if !ours && is_name(name) {
            arguments.push(format!("{name}={}", literal(value)));
        } else if !ours {
            arguments.push(format!("**{{{}: {}}}", string(name), literal(value)));
        }
    }
    format!("Param({})", arguments.join(", "))
}

/// Groups that tasks are shown in, each with the name of its variable.
fn groups(flow: &Flow) -> Vec<(String, String)> {
    let mut names: Vec<&str> = flow.tasks.iter().filter_map(|task| task.group.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    let plain = |name: &str| name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect::<String>();
    let id = |name: &str| if flow.task(name).is_some() { format!("{name}_group") } else { name.to_owned() };
    names.into_iter().map(|name| (id(&plain(name)), name.to_owned())).collect()
}

fn variable(group: &str) -> String {
    let plain: String = group.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("group_{plain}")
}

/// A task as a line; of one that starts runs, two.
fn one(task: &Task, groups: &[(String, String)], indent: &str, mapped: bool) -> String {
    let how = how(task, groups);
    let index = if mapped { ", index=index" } else { "" };
    let id = string(&task.id);
    if !starts(task) {
        return format!("{indent}carry({id}{index}{how})\n");
    }
    let with = format!("{}__params", task.id);
    let (flow, waits) = (string(started(task).unwrap_or_default()), literal(&Value::Bool(task.uses == "flow.run")));
    format!(
        "{indent}given = carry({id}{index}, verb=\"with\", task_id={}{how})\n\
         {indent}given >> TriggerDagRunOperator(task_id={id}, trigger_dag_id={flow}, conf=given.output[\"params\"], \
         wait_for_completion={waits}, poke_interval=5{})\n",
        string(&with),
        if has_key(task) { ", trigger_run_id=given.output[\"key\"], skip_when_already_exists=True" } else { "" },
    )
}

/// Whether a run that it starts has a key, by which one that is there is found.
fn has_key(task: &Task) -> bool {
    matches!(&task.with, Template::Map(members) if members.iter().any(|(name, _)| name == "key"))
}

/// Everything about a task but its name.
fn how(task: &Task, groups: &[(String, String)]) -> String {
    let mut how = timing(task);
    if task.trigger != Trigger::AllSuccess && !task.mapped() {
        let _ = write!(how, ", trigger_rule={}", string(task.trigger.word()));
    }
    if let Some(claim) = task.limits.first() {
        let _ = write!(how, ", pool={}", string(&claim.limit));
        if claim.slots > 1 {
            let _ = write!(how, ", pool_slots={}", claim.slots);
        }
    }
    if task.priority != 0 {
        // Airflow takes no weight below 1 in every executor.
        let _ = write!(how, ", priority_weight={}", task.priority);
    }
    if let Some(group) = task.group.as_deref().filter(|_| !task.mapped())
        && groups.iter().any(|(_, name)| name == group)
    {
        let _ = write!(how, ", task_group={}", variable(group));
    }
    how
}

/// Retries, and how long an attempt may work.
fn timing(task: &Task) -> String {
    let mut how = String::new();
    if task.retries.max > 0 {
        let delay = task.retries.delays.first().copied().unwrap_or_default();
        let _ = write!(how, ", retries={}, retry_delay=timedelta(seconds={})", task.retries.max, seconds(delay));
        if task.retries.backoff == Backoff::Exponential {
            let cap = seconds(task.retries.cap);
            let _ = write!(how, ", retry_exponential_backoff=True, max_retry_delay=timedelta(seconds={cap})");
        }
    }
    // A worker keeps to the limit itself; this is for one that hangs. One that waits for something does not count its waits.
    let waits = ["wait.", "sensor.", "object.restore"].iter().any(|kind| task.uses.starts_with(kind));
    if let Some(timeout) = task.timeout.filter(|_| !waits) {
        let _ = write!(
            how,
            ", execution_timeout=timedelta(seconds={})",
            seconds(timeout + std::time::Duration::from_mins(1))
        );
    }
    how
}
