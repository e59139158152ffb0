//! A flow as a flow file of Prefect, and the file that deploys flows to a process work pool.

use std::fmt::Write as _;

use longshore_engine::Flow;
use longshore_engine::flow::{Backoff, Role, Task};
use longshore_engine::schedule::{Rule, Schedule};
use serde_json::Value;

use super::python::{is_name, list, literal, prose, seconds, string};
use super::shape::chains;
use super::{Given, flow_file, python_file};

/// Name of the work pool that the deployments name.
const POOL: &str = "longshore";

const BODY: &str = r#"

class Final(Exception):
    """Another try would fail as well."""


def longshore(verb, task, run, params, index=None):
    """Runs `longshore task VERB`: its words go to the log, its exit code says how it ended."""
    log = get_run_logger()
    command = [LONGSHORE, "task", verb, "--flow", FLOW, "--task", task, "--run-id", run, "--params-file", "-"]
    command += ["--state", STATE] if STATE else []
    command += ["--map-index", str(index)] if index is not None else []
    command += ["--attempt", str(runtime.task_run.run_count), "--with-parent"] if verb == "run" else []
    with tempfile.TemporaryFile("w+") as printed:
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=printed, stderr=subprocess.PIPE, text=True)
        try:
            json.dump(params, worker.stdin)
            worker.stdin.close()
            for line in worker.stderr:
                log.info(line.rstrip())
            code = worker.wait()
        finally:
            worker.terminate()
            worker.wait()
        if code == 99:
            return "skipped"
        if code in (2, 65, 78):
            raise Final(f"{task} failed, and another try would fail as well (exit code {code})")
        if code:
            raise RuntimeError(f"{task} failed (exit code {code})")
        printed.seek(0)
        return json.loads(printed.read()) if verb == "expand" else "success"


def lets(rule, above):
    """Whether a trigger rule lets a task run: yes, no because something failed, no because something was skipped."""
    good, bad = above.count("success"), sum(one not in ("success", "skipped") for one in above)
    skipped = len(above) - good - bad
    yes = {
        "all_success": bad == 0 and skipped == 0, "all_failed": bad == len(above), "all_done": True, "always": True,
        "all_done_min_one_success": good > 0, "all_skipped": skipped == len(above), "one_failed": bad > 0,
        "one_success": good > 0, "one_done": good + bad > 0, "none_failed": bad == 0,
        "none_failed_min_one_success": bad == 0 and good > 0, "none_skipped": skipped == 0,
    }[rule]
    if yes or not above:
        return "yes"
    return "upstream_failed" if bad and rule in ("all_success", "none_failed", "none_failed_min_one_success") else "skipped"


@task(task_run_name="{name}", retry_condition_fn=lambda _task, _run, state: not again(state))
def carry(name, run, params, rule, above, index=None, verb="run"):
    """One task of the flow: how those above it ended decides whether it runs."""
    verdict = lets(rule, [word(one) for one in above])
    if verdict == "upstream_failed":
        raise Final("upstream_failed: a task above it failed")
    if verdict == "skipped":
        return Completed(name="Skipped", data="skipped") if verb == "run" else []
    done = longshore(verb, name.split("[")[0], run, params, index)
    return Completed(name="Skipped", data="skipped") if done == "skipped" and verb == "run" else [] if done == "skipped" else done


def word(result):
    """How a task ended: a list of indexes that is empty has nothing to go on with."""
    if isinstance(result, list):
        return "success" if result else "skipped"
    return result if isinstance(result, str) else "failed"


def again(state):
    """Whether a failure is final."""
    try:
        state.result(raise_on_failure=True)
    except Final:
        return True
    except Exception:
        return False
    return False


def ended(future):
    """How a task ended: a word, or the failure."""
    future.wait()
    return future.result(raise_on_failure=False)


"#;

/// The file.
pub(super) fn flow(flow: &Flow, given: &Given) -> String {
    let mut text = format!("\"\"\"{}\n\n", prose(&flow.title));
    let _ = write!(
        text,
        "Made by longshore {} from the flow {}, version {}. Each task is carried out by `longshore task run`\n\
         on the worker that runs this flow.\n",
        crate::VERSION,
        flow.id,
        &flow.version[..flow.version.len().min(12)],
    );
    text += &limits(flow, given);
    let _ = write!(
        text,
        "\"\"\"\n\nimport json\nimport os\nimport subprocess\nimport tempfile\n{}\n\
         from prefect import allow_failure, flow, get_run_logger, runtime, task\nfrom prefect.states import Completed\n\n\
         FLOW = os.path.join(os.path.dirname(os.path.abspath(__file__)), {})\n\
         LONGSHORE = os.environ.get(\"LONGSHORE\", \"longshore\")\n\
         STATE = {}  # where workers find what the others gave; empty: each one's environment says it (LONGSHORE_STATE)\n",
        if flow.params.iter().any(|param| !param.schema.is_null()) { "from typing import Any\n" } else { "" },
        string(&flow_file(flow)),
        string(given.state.as_deref().unwrap_or_default()),
    );
    text + BODY + &function(flow)
}

fn limits(flow: &Flow, given: &Given) -> String {
    let mut names: Vec<&str> =
        flow.tasks.iter().flat_map(|task| &task.limits).map(|claim| claim.limit.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let mut text = String::new();
    if !names.is_empty() {
        text += "\nIts limits are limits of tags; make them before the first run:\n";
    }
    for name in names {
        let _ = writeln!(
            text,
            "  prefect concurrency-limit create {name} {}",
            given.limits.get(name).copied().unwrap_or(1)
        );
    }
    text
}

/// The name of a parameter as an argument: a word of Python's own gets a line at its end.
fn argument(name: &str) -> String {
    if is_name(name) && name != "run" { name.to_owned() } else { format!("{name}_") }
}

fn function(flow: &Flow) -> String {
    let mut first: Vec<String> = Vec::new();
    let mut rest = Vec::new();
    for param in &flow.params {
        let (name, kind) = (argument(&param.name), kind(&param.schema));
        match param.default() {
            None => first.push(format!("{name}: {kind}")),
            Some(default) => rest.push(format!("{name}: {kind} = {}", literal(default))),
        }
    }
    first.extend(rest);
    let pairs = flow.params.iter().map(|param| format!("{}: {}", string(&param.name), argument(&param.name)));
    let mut text = format!(
        "@flow(name={}, description={})\ndef {}({}):\n    run = str(runtime.flow_run.id)\n    \
         params = {{{}}}\n    done = {{}}\n\n    \
         def go(name, rule=\"all_success\", needs=(), index=None, verb=\"run\", **how):\n        \
         above = [allow_failure(one) for need in needs for one in (done[need] if isinstance(need, str) else [need])]\n        \
         title = name if index is None else f\"{{name}}[{{index}}]\"\n        \
         return carry.with_options(**how).submit(title, run, params, rule, above, index, verb)\n",
        string(&flow.id),
        string(&flow.title),
        function_name(&flow.id),
        first.join(", "),
        pairs.collect::<Vec<_>>().join(", "),
    );
    text += &body(flow);
    text
}

/// The function's name: that of the flow, unless a word of Python's or of this file has it.
pub(super) fn function_name(id: &str) -> String {
    const TAKEN: [&str; 12] = [
        "flow",
        "task",
        "carry",
        "longshore",
        "lets",
        "again",
        "ended",
        "json",
        "os",
        "runtime",
        "tempfile",
        "subprocess",
    ];
    if is_name(id) && !TAKEN.contains(&id) { id.to_owned() } else { format!("{id}_flow") }
}

/// The type of a parameter, as far as a form needs it.
fn kind(schema: &Value) -> &'static str {
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => "str",
        Some("integer") => "int",
        Some("number") => "float",
        Some("boolean") => "bool",
        Some("array") => "list",
        Some("object") => "dict",
        _ => "Any",
    }
}

/// Tasks so that each stands behind those that it needs, mapped chains as a whole.
fn body(flow: &Flow) -> String {
    let chains = chains(flow);
    let chain_of = |position: usize| chains.iter().position(|chain| chain.tasks.contains(&position));
    let mut text = String::new();
    let mut written = vec![false; flow.tasks.len()];
    let work: Vec<usize> = (0..flow.tasks.len()).filter(|one| flow.tasks[*one].role == Role::Task).collect();
    while let Some(next) = work.iter().copied().find(|position| {
        let unit = chain_of(*position).map_or_else(|| vec![*position], |chain| chains[chain].tasks.clone());
        let met = |task: &usize| flow.tasks[*task].needs.iter().all(|need| written[*need] || unit.contains(need));
        !written[*position] && unit.iter().all(met)
    }) {
        if let Some(chain) = chain_of(next) {
            text += &mapped(flow, &chains[chain].tasks);
            chains[chain].tasks.iter().for_each(|one| written[*one] = true);
        } else {
            let task = &flow.tasks[next];
            let _ = writeln!(text, "    done[{}] = [go({})]", string(&task.id), arguments(flow, task));
            written[next] = true;
        }
    }
    text += "\n    outcome = [ended(one) for all in done.values() for one in all]\n    \
             failed = [one for one in outcome if isinstance(one, BaseException)]\n";
    for task in flow.tasks.iter().filter(|task| task.role != Role::Task) {
        // Each finds out by itself whether it is meant.
        let _ = writeln!(
            text,
            "    ended(go({}, \"always\"{}))  # finds out whether it is meant",
            string(&task.id),
            how(task)
        );
    }
    text + "    if failed:\n        raise failed[0]\n"
}

fn arguments(flow: &Flow, task: &Task) -> String {
    let needs: Vec<&str> = task.needs.iter().map(|need| flow.tasks[*need].id.as_str()).collect();
    format!("{}, {}, {}{}", string(&task.id), string(task.trigger.word()), list(needs), how(task))
}

fn how(task: &Task) -> String {
    let mut how = String::new();
    if !task.limits.is_empty() {
        let _ = write!(how, ", tags={}", list(task.limits.iter().map(|claim| claim.limit.as_str())));
    }
    let retries = &task.retries;
    if retries.max > 0 {
        let delays: Vec<String> = (0..retries.max).map(|retry| seconds(delay(task, retry))).collect();
        let _ = write!(how, ", retries={}, retry_delay_seconds=[{}]", retries.max, delays.join(", "));
        if retries.jitter {
            how += ", retry_jitter_factor=0.25";
        }
    }
    how
}

/// The delay before a retry, counted from 0.
fn delay(task: &Task, retry: u32) -> std::time::Duration {
    let retries = &task.retries;
    let listed = u32::try_from(retries.delays.len()).unwrap_or(1);
    let delay = retries.delays[(retry.min(listed - 1)) as usize];
    let grown = match retries.backoff {
        Backoff::Fixed => delay,
        Backoff::Exponential => delay.saturating_mul(2_u32.saturating_pow(retry.saturating_sub(listed - 1).min(20))),
    };
    grown.min(retries.cap)
}

/// A chain of mapped tasks: for each item one behind the other, the items side by side.
fn mapped(flow: &Flow, tasks: &[usize]) -> String {
    let first = &flow.tasks[tasks[0]];
    let above: Vec<&str> = first.needs.iter().map(|need| flow.tasks[*need].id.as_str()).collect();
    let mut text = format!(
        "\n    items = go({}, {}, {}, verb=\"expand\"{})\n    indexes = ended(items)\n    for index in indexes if isinstance(indexes, list) else []:\n",
        string(&first.id),
        string(first.trigger.word()),
        list(above),
        how(first),
    );
    for position in tasks {
        let task = &flow.tasks[*position];
        let (inside, outside): (Vec<usize>, Vec<usize>) = task.needs.iter().partition(|need| tasks.contains(need));
        let mut needs: Vec<String> = inside.iter().map(|need| variable(&flow.tasks[*need].id)).collect();
        let first = *position == tasks[0];
        needs.extend(outside.iter().filter(|_| !first).map(|need| string(&flow.tasks[*need].id)));
        // The rule of the first was that of its list.
        let rule = if first { "all_success" } else { task.trigger.word() };
        let _ = writeln!(
            text,
            "        {} = go({}, {}, [{}], index{})",
            variable(&task.id),
            string(&task.id),
            string(rule),
            needs.join(", "),
            how(task)
        );
        let _ = writeln!(text, "        done.setdefault({}, []).append({})", string(&task.id), variable(&task.id));
    }
    for position in tasks {
        let _ = writeln!(text, "    done.setdefault({}, [items])", string(&flow.tasks[*position].id));
    }
    text + "\n"
}

/// A variable for a task of a chain.
fn variable(task: &str) -> String {
    format!("{task}_")
}

/// One deployment for each flow.
pub(super) fn deployments(flows: &[Flow], given: &Given) -> String {
    let _ = given;
    let mut text = format!(
        "# Made by longshore {}. Deploy with:\n#   prefect work-pool create {POOL} --type process\n#   prefect deploy --all\n\
         #   prefect worker start --pool {POOL}\nname: longshore\nprefect-version: 3.9.1\npull:\n\
         - prefect.deployments.steps.set_working_directory:\n    directory: \"{{{{ $LONGSHORE_FLOWS }}}}\"\ndeployments:\n",
        crate::VERSION
    );
    for flow in flows {
        let _ = write!(
            text,
            "- name: longshore\n  flow_name: {id}\n  entrypoint: {file}:{function}\n  description: {title}\n  tags: [longshore]\n\
             \x20 work_pool: {{name: {POOL}}}\n",
            id = flow.id,
            file = python_file(flow),
            function = function_name(&flow.id),
            title = string(&flow.title),
        );
        let runs = if flow.guard.is_some() { Some(1) } else { flow.max_active_runs };
        if let Some(runs) = runs {
            let _ = writeln!(text, "  concurrency_limit: {{limit: {runs}, collision_strategy: ENQUEUE}}");
        }
        if !flow.schedules.is_empty() {
            text += "  schedules:\n";
        }
        for schedule in &flow.schedules {
            text += &scheduled(schedule);
        }
    }
    text
}

fn scheduled(schedule: &Schedule) -> String {
    let zone = string(&schedule.zone_name);
    let rule = match &schedule.rule {
        Rule::Cron(cron, _) => format!("cron: {}, timezone: {zone}", string(cron.text())),
        Rule::Every(every) => format!("interval: {}", seconds(*every)),
        Rule::Watch(_) => return String::new(),
    };
    let params = if schedule.params.is_empty() {
        String::new()
    } else {
        let renamed = schedule.params.iter().map(|(name, value)| (argument(name), value.clone()));
        format!(", parameters: {}", Value::Object(renamed.collect()))
    };
    format!("  - {{{rule}{params}}}\n")
}
