"""A chain and a fan-out of tasks that do nothing, on a real Prefect server with its database on disk.

    prefect_noops.py CHAIN MAPPED

Prints one JSON line: seconds of each, as a client sees them. The server is started on a free loopback port and ended after.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(url, seconds):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return urllib.request.urlopen(url, timeout=2).read()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def flows():
    from prefect import flow, task

    @task
    def nothing(before=None):
        return before

    @flow
    def chain(count):
        last = None
        for _ in range(count):
            last = nothing(last)

    @flow
    def mapped(count):
        for one in nothing.map(list(range(count))):
            one.result()

    return chain, mapped


def timed(flow, count):
    began = time.monotonic()
    flow(count)
    return time.monotonic() - began


def main(chain_count, mapped_count):
    home = tempfile.TemporaryDirectory(prefix="longshore-bench-prefect-")
    port = free_port()
    env = {"PREFECT_HOME": home.name, "PREFECT_API_URL": f"http://127.0.0.1:{port}/api", "PREFECT_LOGGING_LEVEL": "ERROR",
           "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    os.environ.update(env)
    prefect = os.path.join(os.path.dirname(sys.executable), "prefect")
    with open(os.path.join(home.name, "server.log"), "w") as log:
        server = subprocess.Popen([prefect, "server", "start", "--host", "127.0.0.1", "--port", str(port)],
                                  stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/api/health", 90)
        chain, mapped = flows()
        chain(3)
        print(json.dumps({"chain": timed(chain, chain_count), "mapped": timed(mapped, mapped_count)}))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(20)
        home.cleanup()


if __name__ == "__main__":
    # Told to end, it ends what it started first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main(int(sys.argv[1]), int(sys.argv[2]))
