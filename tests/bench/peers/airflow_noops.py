"""A chain and a fan-out of tasks that do nothing, on a real Airflow (`airflow standalone`), its database on disk.

    airflow_noops.py CHAIN MAPPED

Prints one JSON line: seconds from the start of the first task to the end of the last. To be run in a network namespace of its own,
because its log servers listen on every address. Everything that it starts ends with it.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PORT = 8080

DAGS = """
from airflow.sdk import DAG, task

with DAG("bench_chain", schedule=None, catchup=False, max_active_tasks=64):
    @task
    def nothing(before):
        return before
    last = 0
    for _ in range({chain}):
        last = nothing(last)

with DAG("bench_mapped", schedule=None, catchup=False, max_active_tasks=64):
    @task
    def nothing_mapped(one):
        return one
    nothing_mapped.expand(one=list(range({mapped})))
"""


def ask(path, token=None, body=None):
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}{path}", data=data, headers=headers)
    return json.load(urllib.request.urlopen(request, timeout=20))


def until(what, seconds, look):
    deadline = time.monotonic() + seconds
    while True:
        try:
            seen = look()
            if seen:
                return seen
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.5)


def login(home):
    path = home / "simple_auth_manager_passwords.json.generated"
    passwords = json.loads(until("a password", 120, lambda: path.exists() and path.read_text()))
    user, password = next(iter(passwords.items()))
    return until("a token", 120, lambda: ask("/auth/token", body={"username": user, "password": password}))["access_token"]


def run(token, dag):
    until(f"the DAG {dag}", 180, lambda: ask(f"/api/v2/dags/{dag}", token))
    request = urllib.request.Request(f"http://127.0.0.1:{PORT}/api/v2/dags/{dag}", data=json.dumps({"is_paused": False}).encode(),
                                     headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"}, method="PATCH")
    urllib.request.urlopen(request, timeout=20)
    started = ask(f"/api/v2/dags/{dag}/dagRuns", token, {"logical_date": None})
    run_id = started["dag_run_id"]
    path = f"/api/v2/dags/{dag}/dagRuns/{run_id}"
    until(f"the end of {dag}", 300, lambda: ask(path, token)["state"] in ("success", "failed"))
    if ask(path, token)["state"] != "success":
        raise RuntimeError(f"{dag} failed")
    tasks = ask(f"{path}/taskInstances?limit=1000", token)["task_instances"]
    from datetime import datetime
    at = lambda text: datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (max(at(one["end_date"]) for one in tasks) - min(at(one["start_date"]) for one in tasks)).total_seconds()


def main(chain, mapped):
    with tempfile.TemporaryDirectory(prefix="longshore-bench-airflow-") as folder:
        home = pathlib.Path(folder)
        (home / "dags").mkdir()
        (home / "dags" / "bench.py").write_text(DAGS.format(chain=chain, mapped=mapped))
        env = dict(os.environ, AIRFLOW_HOME=str(home), AIRFLOW__CORE__LOAD_EXAMPLES="False", AIRFLOW__CORE__PARALLELISM="8",
                   PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
        with open(home / "standalone.log", "w") as log:
            airflow = subprocess.Popen(["airflow", "standalone"], env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            token = login(home)
            print(json.dumps({"chain": run(token, "bench_chain"), "mapped": run(token, "bench_mapped")}))
        finally:
            os.killpg(airflow.pid, signal.SIGKILL)
            airflow.wait()


if __name__ == "__main__":
    # Told to end, it ends what it started first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(int(sys.argv[1]), int(sys.argv[2]))
