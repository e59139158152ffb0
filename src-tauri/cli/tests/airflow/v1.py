"""Drives Airflow's interface, v1, with the official client of Airflow 2: python v1.py URL USER PASSWORD"""

import sys
import time

import airflow_client.client
from airflow_client.client.api import config_api, connection_api, dag_api, dag_run_api, monitoring_api, pool_api
from airflow_client.client.api import task_instance_api, variable_api, x_com_api, event_log_api
from airflow_client.client.model.clear_task_instances import ClearTaskInstances
from airflow_client.client.model.connection import Connection
from airflow_client.client.model.dag import DAG
from airflow_client.client.model.dag_run import DAGRun
from airflow_client.client.model.pool import Pool
from airflow_client.client.model.variable import Variable

url, user, password = sys.argv[1:]
configuration = airflow_client.client.Configuration(host=url + "/api/v1", username=user, password=password)
with airflow_client.client.ApiClient(configuration) as client:
    assert monitoring_api.MonitoringApi(client).get_health().metadatabase.status.value == "healthy"
    connections = connection_api.ConnectionApi(client)
    made = connections.post_connection(Connection(connection_id="lab", conn_type="ssh", host="h", port=22, login="u", password="a-word-8"))
    assert made.port == 22 and connections.get_connections().total_entries == 1
    changed = connections.patch_connection("lab", Connection(connection_id="lab", conn_type="ssh", host="other"), update_mask=["host"])
    assert (changed.host, changed.login) == ("other", "u"), changed
    tested = connections.test_connection(Connection(connection_id="t", conn_type="ssh", host="127.0.0.1", port=1, login="u"))
    assert tested.status is False and tested.message, tested
    connections.delete_connection("lab")

    pools = pool_api.PoolApi(client)
    assert pools.post_pool(Pool(name="p", slots=3)).open_slots == 3
    assert pools.patch_pool("p", Pool(name="p", slots=4)).slots == 4
    pools.delete_pool("p")
    variables = variable_api.VariableApi(client)
    variables.post_variables(Variable(key="place", value="here"))
    assert variables.get_variable("place").value == "here"
    variables.delete_variable("place")

    dags = dag_api.DAGApi(client)
    names = [dag.dag_id for dag in dags.get_dags(dag_id_pattern="stage_in").dags]
    assert names == ["stage_in"], names
    assert dags.get_dag("old_stage_in").is_paused is False
    assert dags.get_dag_details("old_stage_in").params["target"]
    assert [task.task_id for task in dags.get_tasks("old_stage_in").tasks] == ["list", "copy", "say", "check"]
    dags.patch_dag("old_stage_in", DAG(is_paused=False))

    runs = dag_run_api.DAGRunApi(client)

    def ended(name):
        for _ in range(600):
            run = runs.get_dag_run("old_stage_in", name)
            if run.state.value in ("success", "failed"):
                return run.state.value
            time.sleep(0.1)
        raise SystemExit("it does not end")

    run = runs.post_dag_run("old_stage_in", DAGRun(dag_run_id="r1", conf={"target": "/data"}))
    assert run.dag_run_id == "r1" and ended("r1") == "success"
    assert runs.get_dag_runs("old_stage_in", state=["success"]).total_entries == 1
    instances = task_instance_api.TaskInstanceApi(client)
    rows = instances.get_task_instances("old_stage_in", "r1").task_instances
    assert [row.state.value for row in rows] == ["success"] * 5, rows
    assert instances.get_mapped_task_instance("old_stage_in", "r1", "copy", 1).map_index == 1
    log = instances.get_log("old_stage_in", "r1", "say", 1)
    assert "it is there" in str(log), log
    value = x_com_api.XComApi(client).get_xcom_entry("old_stage_in", "r1", "check", "return_value").value
    assert value == '{"files":2}', value
    form = ClearTaskInstances(dry_run=False, only_failed=False, task_ids=["check"], dag_run_id="r1", reset_dag_runs=True)
    touched = dags.post_clear_task_instances("old_stage_in", form).task_instances
    assert [one.task_id for one in touched] == ["check"], touched
    assert ended("r1") == "success"
    assert instances.get_task_instance("old_stage_in", "r1", "check").try_number == 2
    runs.delete_dag_run("old_stage_in", "r1")
    events = event_log_api.EventLogApi(client).get_event_logs(order_by="-event_log_id", limit=5).event_logs
    assert events[0].event == "run.forget" and events[0].owner == user, events[0]
    try:
        runs.get_dag_run("old_stage_in", "r1")
        raise SystemExit("what was deleted is there")
    except airflow_client.client.exceptions.NotFoundException:
        pass
print("done")
