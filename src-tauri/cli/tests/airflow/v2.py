"""Drives Airflow's interface, v2, with the official client of Airflow 3: python v2.py URL USER PASSWORD"""

import json
import sys
import time
import urllib.request

import airflow_client.client as airflow
from airflow_client.client import models

url, user, password = sys.argv[1:]
body = json.dumps({"username": user, "password": password}).encode()
request = urllib.request.Request(url + "/auth/token", body, {"Content-Type": "application/json"})
with urllib.request.urlopen(request) as answer:
    assert answer.status == 201
    token = json.load(answer)["access_token"]

with airflow.ApiClient(airflow.Configuration(host=url, access_token=token)) as client:
    assert airflow.MonitorApi(client).get_health().metadatabase.status == "healthy"
    connections = airflow.ConnectionApi(client)
    made = connections.post_connection(models.ConnectionBody(connection_id="lab", conn_type="ssh", host="h", port=22, password="a-word-8"))
    assert (made.port, made.password) == (22, "***"), made
    assert connections.get_connections().total_entries == 1
    change = models.ConnectionBody(connection_id="lab", conn_type="ssh", host="other")
    assert connections.patch_connection("lab", change, update_mask=["host"]).host == "other"
    assert connections.test_connection(models.ConnectionBody(connection_id="t", conn_type="ssh", host="127.0.0.1", port=1)).status is False
    connections.delete_connection("lab")
    pools = airflow.PoolApi(client)
    assert pools.post_pool(models.PoolBody(name="p", slots=3)).open_slots == 3
    assert pools.patch_pool("p", models.PoolPatchBody(slots=4)).slots == 4
    pools.delete_pool("p")
    variables = airflow.VariableApi(client)
    variables.post_variable(models.VariableBody(key="place", value="here"))
    assert variables.get_variable("place").value == "here"
    variables.delete_variable("place")

    dags = airflow.DAGApi(client)
    assert [dag.dag_id for dag in dags.get_dags(dag_id_pattern="stage_in").dags] == ["stage_in"]
    assert dags.get_dag_details("old_stage_in").params["target"]
    assert [task.task_id for task in airflow.TaskApi(client).get_tasks("old_stage_in", order_by="task_id").tasks][0] == "check"

    runs = airflow.DagRunApi(client)

    def ended(name):
        for _ in range(600):
            run = runs.get_dag_run("old_stage_in", name)
            if run.state in ("success", "failed"):
                return run.state
            time.sleep(0.1)
        raise SystemExit("it does not end")

    form = models.TriggerDAGRunPostBody(dag_run_id="r1", logical_date=None, conf={"target": "/data"})
    assert runs.trigger_dag_run("old_stage_in", form).state in ("queued", "running")
    assert ended("r1") == "success"
    assert runs.get_dag_runs("old_stage_in", state=["success"]).total_entries == 1
    instances = airflow.TaskInstanceApi(client)
    rows = instances.get_task_instances("old_stage_in", "r1").task_instances
    assert [row.state for row in rows] == ["success"] * 5, rows
    assert instances.get_mapped_task_instance("old_stage_in", "r1", "copy", 1).map_index == 1
    log = instances.get_log("old_stage_in", "r1", "say", 1)
    assert "it is there" in str(log.to_dict()), log
    entry = airflow.XComApi(client).get_xcom_entry(dag_id="old_stage_in", dag_run_id="r1", task_id="check", xcom_key="return_value")
    assert "files" in str(entry.to_dict()), entry
    clear = models.ClearTaskInstancesBody(dry_run=False, only_failed=False, task_ids=[models.ClearTaskInstancesBodyTaskIdsInner("check")], dag_run_id="r1")
    touched = instances.post_clear_task_instances("old_stage_in", clear).task_instances
    assert [one.task_id for one in touched] == ["check"], touched
    assert ended("r1") == "success"
    runs.delete_dag_run("old_stage_in", "r1")
    events = airflow.EventLogApi(client).get_event_logs(order_by=["-event_log_id"], limit=5).event_logs
    assert events[0].event == "run.forget" and events[0].owner == user, events[0]
print("done")
