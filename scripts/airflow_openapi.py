#!/usr/bin/env python3
"""Makes src-tauri/server/openapi/v1.json and v2.json: of the documents that Airflow's clients bring along, what Longshore serves.

    target/servers/schemathesis/bin/python scripts/airflow_openapi.py V1.yaml V2.yaml

Needs PyYAML. The documents are those of apache-airflow-client 2.10.0 and 3.3.2 (Apache-2.0)."""

import json
import pathlib
import sys

import yaml

OUT = pathlib.Path(__file__).resolve().parent.parent / "src-tauri/server/openapi"
TIMES = ["start_date", "end_date"]
PAGE = ["limit", "offset"]


def span(names, ends):
    return [f"{name}_{end}" for name in names for end in ends]


RUN = "/dags/{dag_id}/dagRuns/{dag_run_id}"
ONE = RUN + "/taskInstances/{task_id}"
LIST_RUNS = PAGE + ["order_by", "state"]
INSTANCES = PAGE + ["state", "pool"]
# What both serve: path, method, and the parameters of the query.
SHARED = {
    "/connections": {"get": PAGE + ["order_by"], "post": []},
    "/connections/{connection_id}": {"get": [], "patch": ["update_mask"], "delete": []},
    "/connections/test": {"post": []},
    "/variables": {"get": PAGE + ["order_by"], "post": []},
    "/variables/{variable_key}": {"get": [], "patch": ["update_mask"], "delete": []},
    "/pools": {"get": PAGE + ["order_by"], "post": []},
    "/pools/{pool_name}": {"get": [], "patch": ["update_mask"], "delete": []},
    "/dags": {"get": PAGE + ["order_by", "dag_id_pattern", "paused", "tags"]},
    "/dags/{dag_id}": {"get": [], "patch": ["update_mask"]},
    "/dags/{dag_id}/details": {"get": []},
    "/dags/{dag_id}/tasks": {"get": ["order_by"]},
    "/dags/{dag_id}/tasks/{task_id}": {"get": []},
    "/dags/{dag_id}/clearTaskInstances": {"post": []},
    RUN: {"get": [], "patch": ["update_mask"], "delete": []},
    RUN + "/clear": {"post": []},
    ONE: {"get": [], "patch": []},
    ONE + "/tries": {"get": []},
    ONE + "/{map_index}": {"get": [], "patch": []},
    ONE + "/{map_index}/tries": {"get": []},
    ONE + "/xcomEntries": {"get": PAGE + ["map_index", "xcom_key"]},
    ONE + "/xcomEntries/{xcom_key}": {"get": ["map_index", "deserialize", "stringify"]},
    "/eventLogs": {"get": PAGE + ["order_by", "dag_id", "run_id", "event", "owner", "before", "after"]},
    "/eventLogs/{event_log_id}": {"get": []},
    "/version": {"get": []},
}
V1 = SHARED | {
    "/health": {"get": []},
    "/dags/~/dagRuns/list": {"post": []},
    "/dags/~/dagRuns/~/taskInstances/list": {"post": []},
    "/dags/{dag_id}/dagRuns": {
        "get": LIST_RUNS + span(["execution_date"] + TIMES, ["gte", "lte"]),
        "post": [],
    },
    "/dags/{dag_id}/updateTaskInstancesState": {"post": []},
    RUN + "/setNote": {"patch": []},
    RUN + "/taskInstances": {"get": INSTANCES},
    ONE + "/listMapped": {"get": INSTANCES + span(TIMES, ["gte", "lte"])},
    ONE + "/logs/{task_try_number}": {"get": ["full_content", "map_index", "token"]},
}
V2 = SHARED | {
    "/monitor/health": {"get": []},
    "/dags/{dag_id}/dagRuns/list": {"post": []},
    "/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/list": {"post": []},
    "/dags/{dag_id}/dagRuns": {
        "get": LIST_RUNS + ["run_type"] + span(["logical_date", "run_after"] + TIMES, ["gte", "gt", "lte", "lt"]),
        "post": [],
    },
    RUN + "/taskInstances": {"get": INSTANCES + ["task_id", "map_index"] + span(TIMES, ["gte", "gt", "lte", "lt"])},
    ONE + "/listMapped": {"get": INSTANCES + ["map_index"] + span(TIMES, ["gte", "gt", "lte", "lt"])},
    ONE + "/logs/{try_number}": {"get": ["full_content", "map_index", "token"]},
    ONE + "/dry_run": {"patch": []},
    ONE + "/{map_index}/dry_run": {"patch": []},
}
# What only says more than the form of something.
WORDS = {"description", "example", "examples", "externalDocs", "title", "x-speakeasy-ignore", "deprecated", "operationId", "tags"}


def plain(node, named=False):
    """Without words, but for those that are names of fields."""
    if isinstance(node, dict):
        kept = {k: plain(v, k in ("properties", "schemas", "parameters", "responses")) for k, v in node.items() if named or k not in WORDS}
        return kept
    return [plain(one) for one in node] if isinstance(node, list) else node


def refs(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for one in node.values():
            yield from refs(one)
    elif isinstance(node, list):
        for one in node:
            yield from refs(one)


def pruned(document):
    """Leaves only the parts that something leads to."""
    wanted, new = set(), set(refs(document["paths"]))
    while new:
        wanted |= new
        parts = [ref.split("/")[2:] for ref in new]
        new = {ref for kind, name in parts for ref in refs(document["components"][kind][name])} - wanted
    for kind, all_of_kind in document["components"].items():
        if kind != "securitySchemes":
            document["components"][kind] = {n: v for n, v in all_of_kind.items() if f"#/components/{kind}/{n}" in wanted}
    document["components"] = {kind: parts for kind, parts in document["components"].items() if parts}


def resolved(document, parameter):
    if "$ref" in parameter:
        kind, name = parameter["$ref"].split("/")[2:]
        return document["components"][kind][name]
    return parameter


def operation(document, path, item, method, query, version):
    known = item[method]
    given = [resolved(document, one) for one in item.get("parameters", []) + known.get("parameters", [])]
    by = {(one["in"], one["name"]): one for one in given}
    parameters = [one for (place, name), one in by.items() if place == "path" or name in query]
    for one in parameters:
        if one["name"] in ("map_index", "event_log_id") and one["in"] == "path":
            one["schema"] = {"type": "integer", "minimum": -1 if one["name"] == "map_index" else 1}
        if one["in"] == "query" and one["name"] in PAGE:
            one["schema"] = {"type": "integer", "minimum": 0, "default": one["schema"].get("default", 0)}
            if one["name"] == "offset":
                one["schema"]["maximum"] = 1 << 31
    made = {"operationId": known["operationId"], "parameters": parameters}
    if "requestBody" in known:
        made["requestBody"] = known["requestBody"]
    error = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    if version == 2:
        error = {"application/json": {"schema": {"$ref": "#/components/schemas/Told"}}}
    made["responses"] = {code: one for code, one in known["responses"].items() if code.startswith("2")}
    codes = {"400": "Not right", "401": "Not known", "403": "Not allowed", "404": "Not there", "409": "Conflict", "503": "Not now"}
    if version == 1:
        codes["415"] = "Not JSON"
    else:
        codes["422"] = "Not right"
    if path.endswith(("/health", "/version")):
        codes = {}
        made["security"] = []
    for code, words in codes.items():
        made["responses"][code] = {"description": words, "content": error}
    return made


def narrowed(schemas, name, fields=None, required=None, nullable=()):
    """A body with no other fields than those that are read: these, or all that Airflow has."""
    schema = schemas[name]
    known = schema["properties"]
    schema["properties"] = {field: known[field] for field in fields or known if field in known}
    schema["additionalProperties"] = False
    if required:
        schema["required"] = required
    for field in set(nullable) & set(schema["properties"]):
        schema["properties"][field] = {"nullable": True} | known[field]


FORM = ["dag_ids", "states", "order_by", "page_limit", "page_offset"]
INSTANCES_FORM = ["dag_ids", "dag_run_ids", "task_ids", "state", "pool", "queue", "executor", "page_limit", "page_offset"]


def v1_schemas(schemas):
    schemas["Error"] = {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {"type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"}},
    }


    narrowed(schemas, "SetDagRunNote", nullable=["note"])
    narrowed(schemas, "UpdateDagRunState", required=["state"])
    narrowed(schemas, "UpdateTaskInstance", required=["new_state"])
    narrowed(schemas, "UpdateTaskInstancesState", required=["new_state", "task_id", "dag_run_id"])
    narrowed(schemas, "DAGRun", nullable=["conf", "note", "dag_run_id"])
    narrowed(schemas, "ClearDagRun")
    narrowed(schemas, "ClearTaskInstances", nullable=["task_ids", "start_date", "end_date", "reset_dag_runs", "include_subdags", "include_parentdag"])
    narrowed(schemas, "Pool")
    runs = FORM + span(["execution_date"] + TIMES, ["gte", "lte"])
    narrowed(schemas, "ListDagRunsForm", runs, nullable=runs)
    instances = INSTANCES_FORM + span(TIMES, ["gte", "lte"])
    narrowed(schemas, "ListTaskInstanceForm", instances, nullable=instances)


def or_null(schema, fields):
    for field in fields:
        schema["properties"][field] = {"anyOf": [schema["properties"][field], {"type": "null"}]}


def v2_schemas(schemas):
    # Of a task that is not there yet, nothing is cleared.
    cleared = schemas["ClearTaskInstanceCollectionResponse"]["properties"]["task_instances"]
    cleared["items"] = {"$ref": "#/components/schemas/TaskInstanceResponse"}
    ends = ["gte", "gt", "lte", "lt"]
    runs = FORM + span(["logical_date", "run_after"] + TIMES, ends)
    narrowed(schemas, "DAGRunsBatchBody", runs)
    instances = INSTANCES_FORM + ["order_by"] + span(TIMES, ["gte", "lte"])
    narrowed(schemas, "TaskInstancesBatchBody", instances)
    or_null(schemas["DAGRunsBatchBody"], ["page_limit", "page_offset"])
    or_null(schemas["TaskInstancesBatchBody"], ["page_limit", "page_offset"])
    or_null(schemas["ClearTaskInstancesBody"], ["reset_dag_runs", "prevent_running_task"])
    field = {"type": "object", "required": ["type", "loc", "msg"], "properties": {"type": {"type": "string"}, "loc": {"type": "array"}, "msg": {"type": "string"}}}
    schemas["Told"] = {
        "type": "object",
        "required": ["detail"],
        "properties": {"detail": {"anyOf": [{"type": "string"}, {"type": "array", "items": field}]}},
    }


def made(source, served, version):
    document = yaml.safe_load(pathlib.Path(source).read_text())
    prefix = "/api/v2" if version == 2 else ""
    (v1_schemas if version == 1 else v2_schemas)(document["components"]["schemas"])
    paths = {}
    for path, methods in served.items():
        item = document["paths"][prefix + path]
        paths[path] = {m: operation(document, path, item, m, query, version) for m, query in methods.items() if m in item}
    scheme = {"type": "http", "scheme": "basic" if version == 1 else "bearer"}
    document = {
        "openapi": document["openapi"],
        "info": {"title": f"Longshore, as Airflow's REST interface v{version}", "version": "0.1.0", "license": {"name": "Apache-2.0"}},
        "servers": [{"url": f"/api/v{version}"}],
        "security": [{"login": []}],
        "paths": paths,
        "components": document["components"] | {"securitySchemes": {"login": scheme}},
    }
    pruned(document)
    ids = {id(op): op["operationId"] for item in document["paths"].values() for op in item.values()}
    document = {"openapi": document["openapi"], "info": document["info"], **{k: plain(v) for k, v in document.items() if k not in ("openapi", "info")}}
    for item, names in zip(document["paths"].values(), paths.values()):
        for method, op in item.items():
            op["operationId"] = ids[id(names[method])]
            for code, answer in op["responses"].items():
                answer.setdefault("description", "Done" if code < "3" else "Not done")
    return document


def lines(parts, depth):
    """An object with a line for each of its fields."""
    inside = ",\n".join(f"{' ' * (depth + 1)}{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in parts.items())
    return "{\n" + inside + "\n" + " " * depth + "}"


def written(document):
    kinds = ",\n".join(f"  {json.dumps(kind)}: {lines(parts, 2)}" for kind, parts in document["components"].items())
    top = {name: json.dumps(part) for name, part in document.items()}
    top |= {"paths": lines(document["paths"], 1), "components": "{\n" + kinds + "\n }"}
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {part}" for name, part in top.items()) + "\n}\n"


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    for name, source, served, version in [("v1", sys.argv[1], V1, 1), ("v2", sys.argv[2], V2, 2)]:
        (OUT / f"{name}.json").write_text(written(made(source, served, version)))
