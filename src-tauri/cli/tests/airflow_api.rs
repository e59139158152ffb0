//! Airflow's interface, as the scripts speak to it that were written for Airflow: raw requests, as `curl` makes them.
#![allow(clippy::unwrap_used)]

mod common;

use common::airflow::{ADMIN, Api, place, user};
use serde_json::{Value, json};

#[test]
fn the_commands_of_the_old_service_work_but_for_host_and_port() {
    let place = place();
    let api = Api::start(&place);
    let b2share = json!({"connection_id": "default_b2share", "conn_type": "https", "host": "b2share-testing.fz-juelich.de", "schema": ""});
    api.post("/connections", &b2share).json(200);
    let ssh = json!({"connection_id": "default_ssh", "conn_type": "ssh", "host": "127.0.0.1", "login": "eflows", "port": 2222, "password": "rand-0m-word"});
    let made = api.post("/connections", &ssh).json(200);
    assert_eq!((&made["port"], &made["password"]), (&json!(2222), &Value::Null), "no secret comes back");
    assert_eq!(api.post("/connections", &ssh).json(409)["title"], "Conflict");
    let listed = api.get("/connections?order_by=-connection_id&limit=1");
    assert_eq!(
        (&listed["connections"][0]["connection_id"], &listed["total_entries"]),
        (&json!("default_ssh"), &json!(2))
    );

    let conf = json!({"oid": "b38609df2b334ea296ea1857e568dbea", "target": "/data", "unknown": [1], "word": "a-secret-word-7"});
    let run = api.ended(&place, &conf);
    assert_eq!(
        (&run["state"], &run["dag_id"], &run["external_trigger"]),
        (&json!("success"), &json!("old_stage_in"), &json!(true))
    );
    assert_eq!(run["conf"], json!({"oid": conf["oid"], "target": "/data", "unknown": [1], "word": "***"}));
    assert!(run["dag_run_id"].as_str().unwrap().starts_with("manual__"), "{run}");
    let wrong = api.post("/dags/old_stage_in/dagRuns", &json!({"conf": {"count": "three"}})).json(400);
    assert!(wrong["detail"].as_str().unwrap().contains("count"), "{wrong}");
    assert_eq!(api.post("/dags/no_such_dag/dagRuns", &json!({})).json(404)["status"], 404);
    let events = api.get("/eventLogs?event=run.trigger&order_by=-event_log_id");
    assert_eq!((&events["event_logs"][0]["owner"], &events["event_logs"][1]["owner"]), (&json!("ada"), &json!("ada")));
    let said = format!("{events}{}", api.get("/connections/default_ssh"));
    assert!(!said.contains("rand-0m-word") && !said.contains("a-secret-word-7"), "{said}");
    api.end();
}

#[test]
fn a_run_is_looked_at_cleared_and_marked() {
    let place = place();
    let api = Api::start(&place);
    let named = json!({"dag_run_id": "first", "conf": {"fail": "permanent"}, "note": "a try", "logical_date": "2026-01-01T00:00:00Z"});
    api.post("/dags/stage_in/dagRuns", &named).json(200);
    assert_eq!(api.post("/dags/stage_in/dagRuns", &named).json(409)["title"], "Conflict");
    place.run(["run", "wait"]);
    let run = api.get("/dags/stage_in/dagRuns/first");
    assert_eq!(
        (&run["state"], &run["note"], &run["execution_date"]),
        (&json!("failed"), &json!("a try"), &json!("2026-01-01T00:00:00.000000+00:00"))
    );
    let of = "/dags/stage_in/dagRuns/first/taskInstances";
    let all = api.get(of);
    assert_eq!(all["total_entries"], 5, "{all}");
    let states: Vec<&str> =
        all["task_instances"].as_array().unwrap().iter().map(|one| one["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["success", "success", "success", "success", "failed"]);
    let copies = api.get(&format!("{of}/copy/listMapped?order_by=map_index"));
    assert_eq!(
        (&copies["task_instances"][1]["map_index"], &copies["task_instances"][1]["pool"]),
        (&json!(1), &json!("transfers"))
    );
    let value = api.get(&format!("{of}/copy/xcomEntries/return_value?map_index=1"));
    assert_eq!(value["value"], "/tmp/b");
    let log = api.get(&format!("{of}/say/logs/1"));
    assert!(log["content"].as_str().unwrap().contains("it is there"), "{log}");

    let clear = json!({"dag_run_id": "first", "task_ids": ["check"], "only_failed": true});
    let seen = api.post("/dags/stage_in/clearTaskInstances", &clear).json(200);
    assert_eq!(seen["task_instances"][0]["task_id"], "check");
    assert_eq!(api.get("/dags/stage_in/dagRuns/first")["state"], "failed", "it was only shown");
    let mark = json!({"new_state": "success", "dry_run": true});
    api.basic(ADMIN, "PATCH", &format!("{of}/check"), &mark).json(200);
    assert_eq!(api.get(&format!("{of}/check"))["state"], "failed");
    api.basic(ADMIN, "PATCH", &format!("{of}/check"), &json!({"new_state": "success", "dry_run": false})).json(200);
    place.run(["run", "wait"]);
    assert_eq!(api.get("/dags/stage_in/dagRuns/first")["state"], "success");
    let again = json!({"dag_run_id": "first", "task_ids": ["say"], "only_failed": false, "dry_run": false, "include_downstream": true});
    assert_eq!(
        api.post("/dags/stage_in/clearTaskInstances", &again).json(200)["task_instances"].as_array().map(Vec::len),
        Some(2)
    );
    place.run(["run", "wait"]);
    assert_eq!(api.get("/dags/stage_in/dagRuns/first")["state"], "failed", "what was marked was done again");
    let runs = api.post("/dags/~/dagRuns/list", &json!({"dag_ids": ["stage_in"], "states": ["failed"]})).json(200);
    assert_eq!((&runs["dag_runs"][0]["dag_run_id"], &runs["total_entries"]), (&json!("first"), &json!(1)));
    assert_eq!(api.basic(ADMIN, "DELETE", "/dags/stage_in/dagRuns/first", &Value::Null).status, 204);
    assert_eq!(api.basic(ADMIN, "GET", "/dags/stage_in/dagRuns/first", &Value::Null).status, 404);
    assert_eq!(api.get("/dags/stage_in/dagRuns")["total_entries"], 0);
    api.end();
}

#[test]
fn who_is_not_known_or_may_only_look_changes_nothing() {
    let place = place();
    let viewer = ("vera", "only looking");
    user(&place, &["add", viewer.0, "--role", "viewer"], viewer.1).expect(0);
    let refused = user(&place, &["add", viewer.0], viewer.1).expect(4).json();
    assert_eq!(refused["fault"]["code"], "user.exists");
    assert_eq!(user(&place, &["add", "short"], "short").expect(4).json()["fault"]["code"], "user.password");
    let api = Api::start(&place);
    for open in ["/api/v1/health", "/api/v1/version", "/api/v2/monitor/health", "/api/v2/version"] {
        assert_eq!(api.send("", "GET", open, &Value::Null).status, 200, "{open}");
    }
    let nobody = api.send("", "GET", "/api/v1/dags", &Value::Null);
    assert!(nobody.head.to_lowercase().contains("www-authenticate: basic"), "{}", nobody.head);
    assert_eq!(nobody.json(401)["title"], "Unauthorized");
    assert_eq!(api.send("Bearer made-up", "GET", "/api/v2/dags", &Value::Null).json(401).as_object().unwrap().len(), 1);

    api.basic(viewer, "GET", "/dags", &Value::Null).json(200);
    api.basic(viewer, "POST", "/dags/~/dagRuns/list", &json!({})).json(200);
    let pool = json!({"name": "p", "slots": 1});
    assert_eq!(api.basic(viewer, "POST", "/pools", &pool).json(403)["title"], "Forbidden");
    let token = api.token(viewer);
    assert_eq!(api.send(&token, "POST", "/api/v2/pools", &pool).status, 403);
    assert_eq!(api.send(&api.token(ADMIN), "POST", "/api/v2/pools", &pool).json(201)["open_slots"], 1);

    user(&place, &["remove", viewer.0], "").expect(0);
    assert_eq!(api.send(&token, "GET", "/api/v2/dags", &Value::Null).status, 401, "a token ends with its user");
    for _ in 0..5 {
        assert_eq!(api.basic((ADMIN.0, "wrong horse"), "GET", "/dags", &Value::Null).status, 401);
    }
    let waits = api.basic((ADMIN.0, "wrong horse"), "GET", "/dags", &Value::Null);
    assert!(waits.status == 429 && waits.head.to_lowercase().contains("retry-after: "), "{}", waits.head);
    api.end();
}

#[test]
fn the_second_generation_has_its_own_forms() {
    let place = place();
    let api = Api::start(&place);
    let token = api.token(ADMIN);
    let ask = |method: &str, path: &str, body: &Value| api.send(&token, method, &format!("/api/v2{path}"), body);
    let made = ask("POST", "/connections", &json!({"connection_id": "c", "conn_type": "ssh", "password": "a-word-to-hide", "extra": "{\"token\": \"t0ken-hidden\", \"n\": 1}"})).json(201);
    assert_eq!((&made["password"], &made["extra"]), (&json!("***"), &json!("{\"n\":1,\"token\":\"***\"}")));
    let patched = json!({"connection_id": "c", "conn_type": "ssh", "host": "h", "password": "***", "extra": "{\"token\": \"***\"}"});
    assert_eq!(ask("PATCH", "/connections/c", &patched).json(200)["host"], "h");
    let kept = place.run(["connection", "export", "--with-secrets"]).expect(0).json();
    assert_eq!(
        (&kept["c"]["password"], &kept["c"]["extra"]["token"]),
        (&json!("a-word-to-hide"), &json!("t0ken-hidden")),
        "{kept}"
    );
    let extra = ask("POST", "/pools", &json!({"name": "p", "slots": 1, "size": 2})).json(422);
    assert_eq!(extra["detail"][0]["loc"], json!(["body", "size"]));
    let run = ask(
        "POST",
        "/dags/old_stage_in/dagRuns",
        &json!({"dag_run_id": "r", "logical_date": null, "conf": {"target": "/d"}}),
    )
    .json(200);
    assert_eq!(
        (&run["run_type"], &run["triggered_by"], &run["triggering_user_name"]),
        (&json!("manual"), &json!("rest_api"), &json!("ada"))
    );
    place.run(["run", "wait"]).expect(0);
    let run = ask("PATCH", "/dags/old_stage_in/dagRuns/r", &json!({"note": "seen"})).json(200);
    assert_eq!((&run["state"], &run["note"], &run["logical_date"]), (&json!("success"), &json!("seen"), &Value::Null));
    let log = ask("GET", "/dags/old_stage_in/dagRuns/r/taskInstances/say/logs/1", &Value::Null).json(200);
    assert!(log["content"].to_string().contains("it is there") && log["continuation_token"].is_null(), "{log}");
    let entry =
        ask("GET", "/dags/old_stage_in/dagRuns/r/taskInstances/check/xcomEntries/return_value", &Value::Null).json(200);
    assert_eq!(entry["value"], json!({"files": 2}));
    ask("POST", "/variables", &json!({"key": "place", "value": {"a": 1}})).json(201);
    assert_eq!(ask("POST", "/variables", &json!({"key": "place", "value": "x"})).status, 409);
    assert_eq!(ask("GET", "/variables/place", &Value::Null).json(200)["value"], "{\"a\":1}");
    assert_eq!(ask("PATCH", "/dags/stage_in", &json!({"is_paused": false})).json(200)["is_paused"], false);
    let tasks = ask("GET", "/dags/stage_in/tasks?order_by=task_id", &Value::Null).json(200);
    assert_eq!((&tasks["tasks"][0]["task_id"], &tasks["tasks"][0]["retries"]), (&json!("check"), &json!(1)));
    assert_eq!(ask("PUT", "/dags/stage_in", &json!({})).status, 405);
    assert_eq!(ask("GET", "/no/such/thing", &Value::Null).json(404)["detail"], "Nothing is served at this address");
    api.end();
}
