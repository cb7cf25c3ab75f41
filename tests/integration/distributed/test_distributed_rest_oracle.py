"""The REST API of a cluster, request by request, beside Apache Kafka's: by its leader and by a worker that forwards."""

import json
import re
import urllib.parse
from typing import Any, Callable

from integration.rest import test_rest_oracle as oracle
from integration.rest.test_rest_oracle import CAST, SINK, SNK, SRC, Step, create, step, without
from support.eventually import eventually
from support.worker import Worker

SETTINGS = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 1000,
            "offset.flush.interval.ms": 500}

# Where the two differ beyond what the standalone comparison names, and why.
KNOWN: dict[str, str] = {
    r"names": "in no fixed order",
    r"odd name get": "its task may be there already",
    r"offsets dropped": "Java may list a dropped offset as null, for a moment",
    r"offsets gone": "Java cannot reset a partition whose value it was given as a number",
    r"config null": oracle.NULL_BODY,
    r"bad status": "ours adds the cause",
}
KNOWN_STATUS: dict[str, tuple[int, int, str]] = {
    r"unknown POST .*restart": (404, 404, "unlike a standalone worker, Java's cluster looks for the connector first"),
    r"stopped task restart": (409, 404, "the task is gone; Java finds its old config and then no owner"),
}


def await_state(name: str, state: str, label: str = "") -> Step:
    return step(f"await {name} {state} {label}", "AWAIT-STATE", f"/connectors/{name}/status", state)


def await_tasks(name: str, tasks: int, label: str = "") -> Step:
    return step(f"await {name} {tasks} tasks {label}", "AWAIT-TASKS", f"/connectors/{name}/status", tasks)


def internal() -> list[Step]:
    base = "/connectors/src-~"
    return [
        step("internal tasks unsigned", "POST", base + "/tasks", [{"a": "b"}]),
        step("internal tasks half signed", "POST", base + "/tasks", [{"a": "b"}], X_Connect_Authorization="QUJD"),
        step("internal tasks badly signed", "POST", base + "/tasks", [{"a": "b"}], X_Connect_Authorization="QUJD",
             X_Connect_Request_Signature_Algorithm="HmacSHA256"),
        step("internal tasks other algorithm", "POST", base + "/tasks", [{"a": "b"}], X_Connect_Authorization="QUJD",
             X_Connect_Request_Signature_Algorithm="HmacSHA1"),
        step("internal tasks no algorithm", "POST", base + "/tasks", [{"a": "b"}], X_Connect_Authorization="QUJD",
             X_Connect_Request_Signature_Algorithm="Nonsense"),
        step("internal tasks bad base64", "POST", base + "/tasks", [{"a": "b"}], X_Connect_Authorization="***",
             X_Connect_Request_Signature_Algorithm="HmacSHA256"),
        step("internal tasks no list", "POST", base + "/tasks", {"a": "b"}),
        step("internal fence unsigned", "PUT", base + "/fence"),
        step("internal fence badly signed", "PUT", base + "/fence", None, X_Connect_Authorization="QUJD",
             X_Connect_Request_Signature_Algorithm="HmacSHA256"),
    ]


def source_life() -> list[Step]:
    name, base = "src-~", "/connectors/src-~"
    offset = {"partition": {"filename": "in.txt"}, "offset": {"position": 4}}

    def offsets(label: str, *pairs: Any) -> Step:
        return step(f"source offsets: {label}", "PATCH", base + "/offsets", {"offsets": list(pairs)})

    return [
        create("source", name, SRC), create("source again", name, SRC),
        step("await offsets", "AWAIT", base + "/offsets", {"position": 14}),
        await_tasks(name, 1), await_state(name, "RUNNING"),
        step("names", "GET", "/connectors"), step("names info", "GET", "/connectors?expand=info"),
        step("names status", "GET", "/connectors?expand=status"), step("names both", "GET", "/connectors?expand=status&expand=info"),
        step("names odd", "GET", "/connectors?expand=foo"), step("names empty expand", "GET", "/connectors?expand="),
        step("get", "GET", base), step("config", "GET", base + "/config"), step("tasks", "GET", base + "/tasks"),
        step("status", "GET", base + "/status"), step("task status", "GET", base + "/tasks/0/status"),
        step("task status unknown", "GET", base + "/tasks/7/status"), step("topics", "GET", base + "/topics"),
        step("offsets", "GET", base + "/offsets"), offsets("running", offset),
        step("offsets reset running", "DELETE", base + "/offsets"), *internal(),
        step("task restart unknown", "POST", base + "/tasks/5/restart"),
        step("restart failed", "POST", base + "/restart?onlyFailed=true"),
        step("restart failed all", "POST", base + "/restart?onlyFailed=TRUE&includeTasks=true"),
        step("restart all", "POST", base + "/restart?includeTasks=true"),
        step("task restart", "POST", base + "/tasks/0/restart"), step("restart", "POST", base + "/restart"),
        step("pause", "PUT", base + "/pause"), await_state(name, "PAUSED"),
        step("paused", "GET", base + "/status"), offsets("paused", offset),
        step("pause again", "PUT", base + "/pause"),
        step("resume", "PUT", base + "/resume"), await_state(name, "RUNNING", "resumed"),
        step("replace", "PUT", base + "/config", {**SRC, "batch.size": 7}), step("replaced", "GET", base + "/config"),
        step("replace named", "PUT", base + "/config", {**SRC, "name": name}),
        step("replace mismatch", "PUT", base + "/config", {**SRC, "name": "other"}),
        step("patch", "PATCH", base + "/config", {"batch.size": 9, "foo": "bar"}),
        step("replace invalid", "PUT", base + "/config", without(SRC, "topic")), step("still there", "GET", base + "/config"),
        step("patched away", "PATCH", base + "/config", {"foo": None}), step("patch bad", "PATCH", base + "/config", {"topic": None}),
        step("patch word", "PATCH", base + "/config", {"tasks.max": "abc"}),
        step("patch nothing", "PATCH", base + "/config", {}),
        step("topics reset", "PUT", base + "/topics/reset"),
        await_state(name, "RUNNING", "patched"),
        step("stop", "PUT", base + "/stop"), await_state(name, "STOPPED"),
        step("stopped", "GET", base + "/status"), step("stopped get", "GET", base), step("stopped tasks", "GET", base + "/tasks"),
        step("stopped task restart", "POST", base + "/tasks/0/restart"),
        step("stopped restart", "POST", base + "/restart?includeTasks=true"),
        await_state(name, "STOPPED", "restarted"),
        step("stopped plain restart", "POST", base + "/restart"), await_state(name, "STOPPED", "restarted plainly"),
        step("stop again", "PUT", base + "/stop"),
        offsets("valid", offset), step("offsets altered", "GET", base + "/offsets"),
        offsets("null offset", {**offset, "offset": None}), step("offsets dropped", "GET", base + "/offsets"),
        offsets("no partition", {"offset": {"position": 1}}), offsets("null partition", {"partition": None, "offset": {"position": 1}}),
        offsets("other partition", {"partition": {"foo": "x"}, "offset": {"position": 1}}),
        offsets("number partition", {"partition": {"filename": 1}, "offset": {"position": 1}}),
        offsets("word", {"partition": {"filename": "x"}, "offset": {"position": "abc"}}),
        offsets("negative", {"partition": {"filename": "x"}, "offset": {"position": -1}}),
        offsets("nested", {"partition": {"filename": "x"}, "offset": {"position": {"a": 1}}}),
        offsets("missing offset", {"partition": {"filename": "x"}}), offsets("null element", None),
        offsets("null position", {"partition": {"filename": "x"}, "offset": {"position": None}}),
        offsets("empty", ),
        step("offsets reset", "DELETE", base + "/offsets"), step("offsets gone", "GET", base + "/offsets"),
        step("offsets reset again", "DELETE", base + "/offsets"),
        create("paused from the start", "idle-~", {**SRC, "topic": "rest-idle-~"}, initial_state="paused"),
        await_state("idle-~", "PAUSED"), step("paused from the start status", "GET", "/connectors/idle-~/status"),
        step("paused from the start get", "GET", "/connectors/idle-~"),
        create("stopped from the start", "still-~", SRC, initial_state="STOPPED"), await_state("still-~", "STOPPED"),
        step("stopped from the start status", "GET", "/connectors/still-~/status"),
        create("running from the start", "run-~", {**SRC, "topic": "rest-run-~"}, initial_state="RUNNING"),
        await_tasks("run-~", 1), await_state("run-~", "RUNNING"),
        step("put new", "PUT", "/connectors/put-~/config", {**SRC, "tasks.max": 3, "topic": "rest-put-~"}),
        await_tasks("put-~", 1), await_state("put-~", "RUNNING"), step("put new get", "GET", "/connectors/put-~"),
        create("odd name", "a b/ü+%~", without(SRC, "tasks.max"), initial_state="STOPPED"),
        step("odd name put", "PUT", "/connectors/x%20y%2Bz+%C3%BC-~/config", SRC),
        step("odd name get", "GET", "/connectors/x%20y%2Bz+%C3%BC-~"), step("odd name delete", "DELETE", "/connectors/x%20y%2Bz+%C3%BC-~"),
        create("name with blanks", "  trim-~ ", SRC, initial_state="STOPPED"),
        create("no topic creation", "made-~", {**SRC, "topic.creation.default.partitions": "1"}),
        await_state("made-~", "FAILED"), step("no topic creation status", "GET", "/connectors/made-~/status"),
        create("bad topic creation", "made2-~", {**SRC, "topic.creation.default.partitions": "x",
                                                 "topic.creation.default.replication.factor": "1"}),
        await_state("made2-~", "FAILED"), step("bad topic creation status", "GET", "/connectors/made2-~/status"),
        step("failed restart", "POST", "/connectors/made2-~/restart"),
        step("failed restart flagged", "POST", "/connectors/made2-~/restart?onlyFailed=true&includeTasks=true"),
        step("patch name", "PATCH", "/connectors/put-~/config", {"name": "other"}),
        step("config null", "POST", "/connectors", {"name": "a", "config": None}),
        create("many tasks", "many-~", {**SNK, "topics": "rest-lines-~", "tasks.max": 3, "file": "many.txt"}),
        await_tasks("many-~", 3), await_state("many-~", "RUNNING"), step("many tasks tasks", "GET", "/connectors/many-~/tasks"),
        step("many tasks status", "GET", "/connectors/many-~/status"),
        step("many tasks restart", "POST", "/connectors/many-~/restart?includeTasks=true"), await_state("many-~", "RUNNING", "again"),
        step("many tasks fewer", "PUT", "/connectors/many-~/config", {**SNK, "topics": "rest-lines-~", "tasks.max": 1, "file": "many.txt"}),
        await_tasks("many-~", 1), await_state("many-~", "RUNNING", "fewer"), step("many tasks fewer status", "GET", "/connectors/many-~/status"),
        step("fence a sink", "PUT", "/connectors/many-~/fence"),
        create("required", "eos-~", {**SRC, "exactly.once.support": "required"}),
        create("boundary", "eos2-~", {**SRC, "transaction.boundary": "connector"}),
        *(step(f"delete {gone}", "DELETE", f"/connectors/{gone}-~")
          for gone in ("idle", "still", "run", "put", "made", "made2", "trim", "many", "eos", "eos2")),
        step("delete", "DELETE", base), step("delete again", "DELETE", base),
        step("await gone", "AWAIT-NO-STATUS", base, 404), step("deleted", "GET", base), step("deleted status", "GET", base + "/status"),
        step("deleted config", "GET", base + "/config"), step("deleted topics", "GET", base + "/topics"),
    ]


def sink_life() -> list[Step]:
    base = "/connectors/snk-~"
    partition = {"kafka_topic": "rest-feed-~", "kafka_partition": 0}

    def offsets(label: str, *pairs: Any) -> Step:
        return step(f"sink offsets: {label}", "PATCH", base + "/offsets", {"offsets": list(pairs)})

    return [
        create("feed", "feed-~", {**SRC, "topic": "rest-feed-~"}),
        step("feed await offsets", "AWAIT", "/connectors/feed-~/offsets", {"position": 14}),
        create("sink", "snk-~", SNK), step("sink await offsets", "AWAIT", base + "/offsets", {"kafka_offset": 3}),
        await_tasks("snk-~", 1), await_state("snk-~", "RUNNING"), step("sink get", "GET", base),
        step("sink tasks", "GET", base + "/tasks"), step("sink status", "GET", base + "/status"),
        step("sink topics", "GET", base + "/topics"), step("sink offsets", "GET", base + "/offsets"),
        create("worker group clash", "clash-~", {**SNK, "consumer.override.group.id": "by-rest"}),
        offsets("running", {"partition": partition, "offset": None}),
        step("sink reset running", "DELETE", base + "/offsets"),
        step("sink stop", "PUT", base + "/stop"), await_state("snk-~", "STOPPED"),
        step("sink await the group's end", "AWAIT-RESET", base, 200),
        offsets("valid", {"partition": partition, "offset": {"kafka_offset": 1}}), step("sink altered", "GET", base + "/offsets"),
        offsets("no partition", {"offset": {"kafka_offset": 1}}),
        offsets("no topic", {"partition": {"kafka_partition": 0}, "offset": {"kafka_offset": 1}}),
        offsets("offset word", {"partition": partition, "offset": {"kafka_offset": "x"}}),
        offsets("drop", {"partition": partition, "offset": None}), step("sink dropped", "GET", base + "/offsets"),
        step("sink reset", "DELETE", base + "/offsets"), step("sink reset again", "DELETE", base + "/offsets"),
        step("sink gone", "GET", base + "/offsets"),
        create("task fails", "bad-~", {**SNK, "file": "/nowhere/out.txt"}),
        step("await bad", "AWAIT-TASK-STATE", "/connectors/bad-~/status", "FAILED"), step("bad status", "GET", "/connectors/bad-~/status"),
        step("delete sink", "DELETE", base),
    ]


def all_steps() -> list[Step]:
    return [step("root", "GET", "/"), step("health", "GET", "/health"), step("none", "GET", "/connectors"),
            step("none expanded", "GET", "/connectors?expand=info&expand=status"), *oracle.http_manners(),
            *oracle.unknown_connector(), *oracle.bad_bodies(), *oracle.refused(), *oracle.plugins(), *oracle.validations(),
            *oracle.loggers(), *source_life(), *sink_life()]


def difference(label: str, java: dict[str, Any], ours: dict[str, Any]) -> str | None:
    for pattern, (theirs, own, _) in KNOWN_STATUS.items():
        if re.fullmatch(pattern, label):
            statuses = (java["status"], ours["status"])
            return None if statuses == (theirs, own) else f"{label}: statuses {statuses}, known as {(theirs, own)}"
    if label in KNOWN and java["status"] == ours["status"]:
        return None
    return oracle.difference(label, java, ours)


def with_any_worker(answers: dict[str, Any]) -> dict[str, Any]:
    """Which of the workers runs what is nobody's business here."""
    return json.loads(re.sub(r"127\.0\.0\.1:(PORT|[0-9]+)", "WORKER", json.dumps(answers)))


def test_same_answers(make_worker: Callable[..., Worker], make_java_worker: Callable[..., Worker]) -> None:
    steps = all_steps()
    assert len({label for label, *_ in steps}) == len(steps), "two requests have one label"
    java, leader, follower = (make(mode="distributed", settings={**SETTINGS, "group.id": "by-rest",
                                   "config.storage.topic": f"{group}-rest-configs", "offset.storage.topic": f"{group}-rest-offsets",
                                   "status.storage.topic": f"{group}-rest-status"})
                              for make, group in ((make_java_worker, "java"), (make_worker, "ours"), (make_worker, "ours")))
    for worker in (java, leader, follower):
        (worker.folder / "in.txt").write_text("one\ntwo\nthree\n")
    java.start(90)
    expected = with_any_worker(oracle.replay(java, "k", steps))
    java.close()
    for worker in (leader, follower):
        worker.start()
    differences = []
    for worker, letter in ((leader, "n"), (follower, "f")):
        answers = with_any_worker(oracle.replay(worker, letter, steps))
        found = [difference(label, answer, answers[label]) for label, answer in expected.items()]
        differences += [f"{letter}: {text}" for text in found if text]
        for connector in worker.rest.connectors():
            worker.rest.delete(f"/connectors/{urllib.parse.quote(connector, safe='')}")
        eventually(lambda: worker.rest.connectors() == [], 60)
    assert not differences, f"{len(differences)} of {len(steps)} requests:\n" + "\n".join(differences)
