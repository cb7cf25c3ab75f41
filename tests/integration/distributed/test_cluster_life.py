"""What operators do to connectors of a cluster, asked of one worker and seen from all, before and after restarts."""

import json
import pathlib
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.verifiable import json_lines
from support.worker import STRING_CONVERTER, Worker

Maker = Callable[..., Worker]
Unique = Callable[[str], str]
FAST = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 1000,
        "offset.flush.interval.ms": 500}
TOOLS = "org.apache.kafka.connect.tools."


@pytest.fixture
def cluster(make_worker: Maker) -> Callable[..., list[Worker]]:
    def start(count: int, settings: dict[str, Any] | None = None) -> list[Worker]:
        workers = [make_worker(mode="distributed", settings={**FAST, **(settings or {})}) for _ in range(count)]
        for worker in workers:
            worker.launch()
        for worker in workers:
            assert worker.process
            worker.process.wait_until(worker.is_ready, 60, f"REST at {worker.url}")
        return workers

    return start


def everywhere(workers: list[Worker], name: str, connector: str, tasks: list[str]) -> None:
    for worker in workers:
        worker.rest.await_states(name, connector, tasks)


def restart(workers: list[Worker]) -> None:
    for worker in workers:
        assert worker.stop() == 0
    for worker in workers:
        worker.start()


def test_pause_stop_and_resume_are_seen_by_all_and_kept(cluster: Callable[..., list[Worker]], unique: Unique) -> None:
    workers = cluster(2)
    source, topic = unique("source"), unique("t")
    sink = unique("sink")
    workers[0].rest.create(source, {"connector.class": TOOLS + "VerifiableSourceConnector", "topic": topic, "throughput": 20,
                                    "tasks.max": 2})
    everywhere(workers, source, "RUNNING", ["RUNNING"] * 2)
    workers[1].rest.create(sink, {"connector.class": TOOLS + "VerifiableSinkConnector", "topics": topic, "tasks.max": 2})
    everywhere(workers, sink, "RUNNING", ["RUNNING"] * 2)

    workers[0].rest.put(f"/connectors/{source}/pause")
    workers[1].rest.put(f"/connectors/{sink}/pause")
    for name in (source, sink):
        everywhere(workers, name, "PAUSED", ["PAUSED"] * 2)
    printed = [len(json_lines(worker)) for worker in workers]
    restart(workers)
    for name in (source, sink):
        everywhere(workers, name, "PAUSED", ["PAUSED"] * 2)
    workers[1].rest.post(f"/connectors/{source}/restart?includeTasks=true")  # of something paused: it stays so
    everywhere(workers, source, "PAUSED", ["PAUSED"] * 2)
    sent = [sum(not line.get("committed") and "sinkTask" not in line for line in json_lines(worker)[before:])
            for worker, before in zip(workers, printed)]
    assert sent == [0, 0], "a paused source went on"

    workers[1].rest.put(f"/connectors/{source}/resume")
    workers[0].rest.put(f"/connectors/{sink}/resume")
    for name in (source, sink):
        everywhere(workers, name, "RUNNING", ["RUNNING"] * 2)
    eventually(lambda: any(line.get("flushed") for worker in workers for line in json_lines(worker)), 60, "numbers in the sink")
    workers[1].rest.put(f"/connectors/{source}/stop")
    everywhere(workers, source, "STOPPED", [])
    restart(workers)
    everywhere(workers, source, "STOPPED", [])
    workers[0].rest.put(f"/connectors/{source}/resume")
    everywhere(workers, source, "RUNNING", ["RUNNING"] * 2)


def test_tasks_max_up_and_down(cluster: Callable[..., list[Worker]], unique: Unique) -> None:
    workers = cluster(3)
    name, config = unique("numbers"), {"connector.class": TOOLS + "VerifiableSourceConnector", "topic": unique("t"),
                                       "throughput": 10}
    for count, worker in zip((2, 7, 3, 1, 5), workers * 2):
        worker.rest.put_config(name, {**config, "tasks.max": count})
        everywhere(workers, name, "RUNNING", ["RUNNING"] * count)
        assert [task["id"]["task"] for task in workers[0].rest.get(f"/connectors/{name}/tasks")] == list(range(count))


def test_failed_connectors_and_tasks_are_restarted(cluster: Callable[..., list[Worker]], tmp_path: pathlib.Path, kafka: Any,
                                                   unique: Unique) -> None:
    workers = cluster(2)
    name, target = unique("sink"), tmp_path / "not-there-yet"
    topic = kafka.create_topic(unique("t"), 3)
    workers[0].rest.create(name, {"connector.class": "FileStreamSink", "topics": topic, "tasks.max": 3,
                                  "file": str(target / "out.txt")})
    everywhere(workers, name, "RUNNING", ["FAILED"] * 3)
    trace = workers[1].rest.await_failed_task(name, 2)
    assert trace.startswith("org.apache.kafka.connect.errors.ConnectException: Couldn't find or create file")
    target.mkdir()
    assert workers[1].rest.request("POST", f"/connectors/{name}/tasks/1/restart").status == 204
    everywhere(workers, name, "RUNNING", ["FAILED", "RUNNING", "FAILED"])
    answer = workers[1].rest.request("POST", f"/connectors/{name}/restart?includeTasks=true&onlyFailed=true")
    assert answer.status == 202
    assert [task["state"] for task in sorted(answer.json()["tasks"], key=lambda task: task["id"])] == \
        ["RESTARTING", "RUNNING", "RESTARTING"]
    everywhere(workers, name, "RUNNING", ["RUNNING"] * 3)

    failing = unique("failing")
    workers[1].rest.create(failing, {"connector.class": TOOLS + "MockSourceConnector", "mock_mode": "connector-failure",
                                     "delay_ms": 3000})
    everywhere(workers, failing, "FAILED", ["RUNNING"])
    workers[0].rest.put_config(failing, {"connector.class": TOOLS + "MockSourceConnector", "mock_mode": "never"})
    everywhere(workers, failing, "RUNNING", ["RUNNING"])


def test_log_levels_of_the_whole_cluster(cluster: Callable[..., list[Worker]], unique: Unique) -> None:
    workers = cluster(2)
    logger = "org.apache.kafka.connect.runtime.WorkerSourceTask"
    answer = workers[0].rest.request("PUT", f"/admin/loggers/{logger}", {"level": "debug"})
    assert (answer.status, answer.json()) == (200, [logger])
    assert workers[1].rest.get("/admin/loggers")["root"]["level"] == "INFO"
    before = workers[1].rest.request("GET", f"/admin/loggers/{logger}")
    assert before.status == 404 or before.json()["level"] == "INFO", "a worker's own level is nobody else's business"
    answer = workers[1].rest.request("PUT", f"/admin/loggers/{logger}?scope=cluster", {"level": "TRACE"})
    assert (answer.status, answer.body) == (204, b"")
    for worker in workers:
        eventually(lambda worker=worker: worker.rest.get(f"/admin/loggers/{logger}")["level"] == "TRACE", 60)
        assert worker.rest.get(f"/admin/loggers/{logger}")["last_modified"] > 0
    late = cluster(1)[0]  # levels of the past are not for who comes later
    found = late.rest.request("GET", f"/admin/loggers/{logger}")
    assert found.status == 404 or found.json()["level"] == "INFO"


def test_dead_letters_transforms_and_predicates(cluster: Callable[..., list[Worker]], tmp_path: pathlib.Path, kafka: Any,
                                                unique: Unique) -> None:
    workers = cluster(2)
    name, topic, dead, copy = unique("sink"), kafka.create_topic(unique("t"), 2), unique("dead"), tmp_path / "out.txt"
    workers[1].rest.create(name, {
        "connector.class": "FileStreamSink", "topics": topic, "tasks.max": 2, "file": str(copy),
        "value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": False,
        "key.converter": STRING_CONVERTER, "errors.tolerance": "all", "errors.deadletterqueue.topic.name": dead,
        "errors.deadletterqueue.topic.replication.factor": 1, "errors.deadletterqueue.context.headers.enable": True,
        "transforms": "number,drop", "transforms.number.type": "org.apache.kafka.connect.transforms.Cast$Value",
        "transforms.number.spec": "n:int32", "transforms.number.predicate": "here", "transforms.drop.type": "Filter",
        "transforms.drop.predicate": "gone", "predicates": "here,gone",
        "predicates.here.type": "TopicNameMatches", "predicates.here.pattern": topic,
        "predicates.gone.type": "RecordIsTombstone"})
    everywhere(workers, name, "RUNNING", ["RUNNING"] * 2)
    for partition in (0, 1):
        kafka.produce(topic, ['{"n": "1"}', '{"n": "many"}', "no json", None, '{"n": 2.0}'], partition=partition)
    eventually(lambda: sorted(copy.read_text().split()) == ["{n=1}", "{n=1}", "{n=2}", "{n=2}"], 60)
    eventually(lambda: len(kafka.consume(dead)) == 4, 60)
    letters = {(record.value, dict(record.headers)["__connect.errors.stage"]) for record in kafka.consume(dead)}
    assert letters == {(b'{"n": "many"}', b"TRANSFORMATION"), (b"no json", b"VALUE_CONVERTER")}
    everywhere(workers, name, "RUNNING", ["RUNNING"] * 2)


def test_secrets_stay_variables(cluster: Callable[..., list[Worker]], tmp_path: pathlib.Path, kafka: Any, unique: Unique) -> None:
    allowed, secrets = tmp_path / "allowed", tmp_path / "allowed/secrets.properties"
    allowed.mkdir()
    topic, hidden = unique("t"), "open-sesame-17"
    lines = tmp_path / f"{hidden}.txt"
    lines.write_text("one\n")
    secrets.write_text(f"file={lines}\n")
    (tmp_path / "elsewhere.properties").write_text("topic=stolen\n")
    workers = cluster(2, {"config.providers": "file,env",
                          "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
                          "config.providers.file.param.allowed.paths": str(allowed),
                          "config.providers.env.class": "org.apache.kafka.common.config.provider.EnvVarConfigProvider",
                          "config.providers.env.param.allowlist.pattern": "NOTHING"})
    name = unique("source")
    config = {"connector.class": "FileStreamSource", "file": f"${{file:{secrets}:file}}", "topic": topic, "name": name}
    workers[0].rest.create(name, config)
    everywhere(workers, name, "RUNNING", ["RUNNING"])
    eventually(lambda: [json.loads(record.value)["payload"] for record in kafka.consume(topic)] == ["one"], 60)
    for worker in workers:
        assert worker.rest.get(f"/connectors/{name}/config") == config
        assert worker.rest.get(f"/connectors/{name}/tasks")[0]["config"]["file"] == config["file"]
    stored = kafka.consume(workers[0].settings["config.storage.topic"])
    assert not any(hidden.encode() in (record.value or b"") for record in stored), "a resolved value is in the config topic"
    # What the allow-list does not cover stays as it is.
    workers[1].rest.put_config(name, {**config, "file": f"${{file:{tmp_path}/elsewhere.properties:topic}}"})
    eventually(lambda: any("elsewhere.properties" in worker.log_text() and "is not below any of allowed.paths" in worker.log_text()
                           for worker in workers), 60)
    for worker in workers:
        assert "stolen" not in worker.log_text()
