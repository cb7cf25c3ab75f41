"""Exactly-once source connectors: a reader of committed data sees every record once, whoever dies."""

import json
import pathlib
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.sdk import plugin_path
from support.worker import Worker

Maker = Callable[..., Worker]
FAST = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500}
VERIFIABLE_SOURCE = "org.apache.kafka.connect.tools.VerifiableSourceConnector"


def start_all(make_worker: Maker, count: int, support: str = "enabled") -> list[Worker]:
    workers = [make_worker(mode="distributed", settings={**FAST, "exactly.once.source.support": support})
               for _ in range(count)]
    for worker in workers:
        worker.launch()
    for worker in workers:
        assert worker.process
        worker.process.wait_until(worker.is_ready, 60, f"REST at {worker.url}")
    return workers


def owners(worker: Worker, name: str) -> set[str]:
    return {task["worker_id"] for task in worker.rest.status(name)["tasks"]}


def committed_numbers(kafka: Any, topic: str) -> dict[int, list[int]]:
    """Task → its numbers as a reader of committed data sees them."""
    numbers: dict[int, list[int]] = {}
    for record in kafka.consume(topic, isolation="read_committed"):
        numbers.setdefault(json.loads(record.key)["payload"], []).append(json.loads(record.value)["payload"])
    return numbers


def test_every_number_once_when_a_worker_is_killed(make_worker: Maker, kafka: Any, unique: Callable[[str], str]) -> None:
    workers = start_all(make_worker, 3)
    name, topic = unique("numbers"), unique("t")
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 3, "topic": topic, "throughput": 50,
                                  "exactly.once.support": "requested"})
    workers[0].rest.await_running(name, 3)
    eventually(lambda: len(owners(workers[0], name)) == 3, 60)
    eventually(lambda: all(len(committed_numbers(kafka, topic).get(task, [])) > 20 for task in range(3)), 60,
               "numbers of all tasks")
    workers[2].kill()
    eventually(lambda: len(owners(workers[0], name)) == 2, 60, "the survivors run all tasks")
    workers[0].rest.await_running(name, 3)
    before = committed_numbers(kafka, topic)
    eventually(lambda: all(len(committed_numbers(kafka, topic)[task]) > len(before[task]) + 20 for task in range(3)), 60,
               "more numbers of all tasks")
    workers[0].rest.put(f"/connectors/{name}/stop")
    workers[0].rest.await_states(name, "STOPPED", [])
    for task, numbers in committed_numbers(kafka, topic).items():
        assert numbers == list(range(len(numbers))), f"task {task}"
    workers[1].rest.put(f"/connectors/{name}/resume")
    workers[0].rest.await_running(name, 3)
    stopped_at = committed_numbers(kafka, topic)
    eventually(lambda: all(len(committed_numbers(kafka, topic)[task]) > len(stopped_at[task]) for task in range(3)), 60)
    workers[0].rest.put(f"/connectors/{name}/stop")
    workers[0].rest.await_states(name, "STOPPED", [])
    for task, numbers in committed_numbers(kafka, topic).items():
        assert numbers == list(range(len(numbers))), f"task {task} after a resume"


def test_a_worker_that_wakes_up_late_writes_nothing(make_worker: Maker, kafka: Any, unique: Callable[[str], str]) -> None:
    workers = start_all(make_worker, 2)
    name, topic = unique("numbers"), unique("t")
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 2, "topic": topic, "throughput": 100})
    workers[0].rest.await_running(name, 2)
    eventually(lambda: len(owners(workers[0], name)) == 2, 60)
    eventually(lambda: all(len(committed_numbers(kafka, topic).get(task, [])) > 50 for task in range(2)), 60)
    workers[1].pause()
    eventually(lambda: len(owners(workers[0], name)) == 1, 60, "the other worker runs both tasks")
    workers[0].rest.await_running(name, 2)
    before = committed_numbers(kafka, topic)
    eventually(lambda: all(len(committed_numbers(kafka, topic)[task]) > len(before[task]) + 100 for task in range(2)), 60)
    workers[1].resume()  # its task goes on where it was, and is fenced
    eventually(lambda: workers[1].log_text().count("Joined group") >= 2, 60, "it comes back by itself")
    eventually(lambda: len(owners(workers[0], name)) == 2, 60, "it gets its share again")
    workers[0].rest.await_running(name, 2)
    before = committed_numbers(kafka, topic)
    eventually(lambda: all(len(committed_numbers(kafka, topic)[task]) > len(before[task]) + 100 for task in range(2)), 60)
    workers[1].rest.put(f"/connectors/{name}/stop")
    workers[0].rest.await_states(name, "STOPPED", [])
    for task, numbers in committed_numbers(kafka, topic).items():
        assert numbers == list(range(len(numbers))), f"task {task}"


def test_a_file_with_exactly_once_required(make_worker: Maker, kafka: Any, tmp_path: pathlib.Path,
                                           unique: Callable[[str], str]) -> None:
    (worker,) = start_all(make_worker, 1)
    lines, name, topic = tmp_path / "in.txt", unique("source"), unique("lines")
    lines.write_text("one\ntwo\n")
    config = {"connector.class": "FileStreamSource", "file": str(lines), "topic": topic,
              "exactly.once.support": "required"}

    def read() -> list[str]:
        return [json.loads(record.value)["payload"] for record in kafka.consume(topic, isolation="read_committed")]

    worker.rest.create(name, config)
    worker.rest.await_running(name)
    eventually(lambda: read() == ["one", "two"], 60)
    eventually(lambda: worker.rest.offsets(name) == [{"partition": {"filename": str(lines)}, "offset": {"position": 8}}],
               60, "the committed offset")
    worker.kill()
    with lines.open("a") as out:
        out.write("three\n")
    worker.start()
    worker.rest.await_running(name)
    eventually(lambda: read() == ["one", "two", "three"], 60)
    worker.rest.put_config(name, {**config, "transaction.boundary": "interval", "transaction.boundary.interval.ms": "200"})
    worker.rest.await_running(name)
    with lines.open("a") as out:
        out.write("four\n")
    eventually(lambda: read() == ["one", "two", "three", "four"], 60)
    # offsets of a stopped connector can be changed, by a transaction of the worker's own: a record and an end marker
    worker.rest.put(f"/connectors/{name}/stop")
    worker.rest.await_states(name, "STOPPED", [])
    before = sum(kafka.end_offsets(worker.settings["offset.storage.topic"]).values())
    assert worker.rest.request("DELETE", f"/connectors/{name}/offsets").status == 200
    assert sum(kafka.end_offsets(worker.settings["offset.storage.topic"]).values()) == before + 2
    assert worker.rest.offsets(name) == []
    worker.rest.put(f"/connectors/{name}/resume")
    eventually(lambda: read() == ["one", "two", "three", "four"] * 2, 60)


@pytest.fixture(scope="module")
def ledger(build_plugin: Callable[[str], pathlib.Path], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A plugin.path with a connector that defines its own transactions."""
    return plugin_path(tmp_path_factory.mktemp("plugins"), ledger=build_plugin("tests/integration/plugins/ledger"))


@pytest.mark.parametrize("boundary", ["record", "batch"])
def test_transactions_that_the_connector_defines(make_worker: Maker, kafka: Any, unique: Callable[[str], str], ledger: str,
                                                 boundary: str) -> None:
    settings = {**FAST, "exactly.once.source.support": "enabled", "plugin.path": ledger}
    workers = [make_worker(mode="distributed", settings=settings).start() for _ in range(2)]
    name, topic = unique("ledger"), unique("t")
    config = {"connector.class": "tests.LedgerSourceConnector", "topic": topic, "boundary": boundary,
              "transaction.boundary": "connector", "exactly.once.support": "required",
              "value.converter": "org.apache.kafka.connect.converters.LongConverter"}

    def numbers() -> list[int]:
        """With the drafts, which are negative, had they not been withdrawn."""
        return [int.from_bytes(record.value or b"", signed=True) for record in kafka.consume(topic, isolation="read_committed")]

    workers[0].rest.create(name, config)
    workers[0].rest.await_running(name)
    eventually(lambda: len(numbers()) > 100, 60, "ten groups")
    (owner,) = (w for w in workers if workers[0].rest.status(name)["tasks"][0]["worker_id"] == f"127.0.0.1:{w.port}")
    (other,) = (w for w in workers if w is not owner)
    owner.kill()
    eventually(lambda: other.rest.status(name)["tasks"][0]["worker_id"] == f"127.0.0.1:{other.port}", 60, "it moves")
    other.rest.await_running(name)
    before = len(numbers())
    eventually(lambda: len(numbers()) > before + 100, 60, "it goes on")
    other.rest.put(f"/connectors/{name}/stop")
    other.rest.await_states(name, "STOPPED", [])
    committed = numbers()
    assert committed == list(range(len(committed))) and len(committed) % 10 == 0, "whole groups, each once"
    assert [entry["offset"] for entry in other.rest.offsets(name)] == [{"next": len(committed)}]
    # Java's text for one that cannot
    answer = other.rest.request("POST", "/connectors", {"name": unique("file"), "config": {
        "connector.class": "FileStreamSource", "topic": topic, "file": "/dev/null", "transaction.boundary": "connector"}})
    assert answer.status == 400
    assert "The connector does not support connector-defined transaction boundaries" in answer.json()["message"]


def positions(kafka: Any, topic: str, name: str) -> list[Any]:
    """What a reader of committed data finds stored for a connector, oldest first."""
    return [json.loads(record.value)["position"] if record.value else None
            for record in kafka.consume(topic, isolation="read_committed") if json.loads(record.key)[0] == name]


@pytest.mark.parametrize("support", ["enabled", "disabled"])
def test_offsets_in_a_topic_of_the_connectors_own(make_worker: Maker, kafka: Any, tmp_path: pathlib.Path, support: str,
                                                  unique: Callable[[str], str]) -> None:
    (worker,) = start_all(make_worker, 1, support)
    lines, name, topic, own = tmp_path / "in.txt", unique("source"), unique("lines"), unique("own-offsets")
    workers = worker.settings["offset.storage.topic"]
    lines.write_text("one\ntwo\n")
    config = {"connector.class": "FileStreamSource", "file": str(lines), "topic": topic}
    worker.rest.create(name, config)
    eventually(lambda: [entry["offset"] for entry in worker.rest.offsets(name)] == [{"position": 8}], 60)
    # From here on in the connector's own topic; where it is now is known from the worker's.
    worker.rest.put_config(name, {**config, "offsets.storage.topic": own})
    eventually(lambda: worker.log_text().count("Source task finished initialization and start") == 2, 60, "the new task")
    with lines.open("a") as out:
        out.write("three\n")
    eventually(lambda: positions(kafka, own, name)[-1:] == [14], 60)
    eventually(lambda: positions(kafka, workers, name)[-1:] == [14], 60, "a copy in the worker's topic")
    read = [json.loads(record.value)["payload"] for record in kafka.consume(topic, isolation="read_committed")]
    assert read == ["one", "two", "three"]
    assert len(kafka.topics()[own]) == worker.settings["offset.storage.partitions"]
    worker.rest.put(f"/connectors/{name}/stop")
    worker.rest.await_states(name, "STOPPED", [])
    assert worker.rest.offsets(name)[0]["offset"] == {"position": 14}
    worker.rest.patch(f"/connectors/{name}/offsets", {"offsets": [{"partition": {"filename": str(lines)},
                                                                   "offset": {"position": 8}}]})
    eventually(lambda: positions(kafka, own, name)[-1:] == [8], 60)
    worker.rest.put(f"/connectors/{name}/resume")
    eventually(lambda: positions(kafka, own, name)[-1:] == [14], 60)
    worker.rest.put(f"/connectors/{name}/stop")
    worker.rest.await_states(name, "STOPPED", [])
    worker.rest.delete(f"/connectors/{name}/offsets")
    assert worker.rest.offsets(name) == []
    for stored in (own, workers):
        eventually(lambda stored=stored: positions(kafka, stored, name)[-1:] == [None], 60)


def test_preparing_runs_sources_as_before(make_worker: Maker, kafka: Any, tmp_path: pathlib.Path,
                                          unique: Callable[[str], str]) -> None:
    workers = start_all(make_worker, 2, "preparing")
    name, topic = unique("numbers"), unique("t")
    workers[1].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 2, "topic": topic, "throughput": 20})
    workers[0].rest.await_running(name, 2)
    eventually(lambda: all(len(committed_numbers(kafka, topic).get(task, [])) > 5 for task in range(2)), 60)
    refused = workers[0].rest.request("POST", "/connectors", {"name": unique("required"), "config": {
        "connector.class": "FileStreamSource", "file": str(tmp_path / "in.txt"), "topic": topic,
        "exactly.once.support": "required"}})
    assert refused.status == 400
    assert "exactly.once.support" in refused.text or "exactly-once" in refused.text
    for worker in workers:  # a rolling upgrade: preparing everywhere, then enabled everywhere
        assert worker.stop() == 0
        worker.settings["exactly.once.source.support"] = "enabled"
        worker.start()
    workers[0].rest.await_running(name, 2)
    before = committed_numbers(kafka, topic)
    eventually(lambda: all(len(committed_numbers(kafka, topic)[task]) > len(before[task]) + 5 for task in range(2)), 60)
    for task, numbers in committed_numbers(kafka, topic).items():
        assert numbers == list(range(len(numbers))), f"task {task}"
