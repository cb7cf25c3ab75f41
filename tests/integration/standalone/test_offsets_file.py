"""The offsets file is Java's: written by either worker, continued by the other."""

import json
import os
from typing import Any, Callable

from support.eventually import eventually
from support.services.kafka import Kafka


def source(path: Any, topic: str) -> dict[str, Any]:
    return {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": 1, "file": str(path),
            "topic": topic}


def payloads(kafka: Kafka, topic: str, count: int) -> list[str]:
    return [json.loads(value)["payload"] for value in kafka.texts(topic, count)]


def test_each_worker_continues_the_others_file(kafka: Kafka, make_worker: Callable, make_java_worker: Callable,
                                               unique: Callable, tmp_path):
    topic, name = unique("lines"), unique("source")
    text, offsets = tmp_path / "in", tmp_path / "connect.offsets"
    settings = {"offset.storage.file.filename": str(offsets)}
    connectors = {name: source(text, topic)}

    text.write_text("ours\n")
    ours = make_worker(settings, connectors).start()
    assert payloads(kafka, topic, 1) == ["ours"]
    assert ours.stop() == 0

    with text.open("a") as file:
        file.write("java's\n")
    java = make_java_worker(settings, connectors).start()
    assert payloads(kafka, topic, 2) == ["ours", "java's"]
    java.stop()

    with text.open("a") as file:
        file.write("ours again\n")
    ours.start()
    assert payloads(kafka, topic, 3) == ["ours", "java's", "ours again"]
    eventually(lambda: ours.rest.offsets(name) == [{"partition": {"filename": str(text)}, "offset": {"position": 23}}])
    assert ours.stop() == 0
    assert sum(kafka.end_offsets(topic).values()) == 3


def test_deleting_the_file_starts_over(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name = unique("lines"), unique("source")
    text, offsets = tmp_path / "in", tmp_path / "connect.offsets"
    text.write_text("line\n")
    worker = make_worker({"offset.storage.file.filename": str(offsets)}, {name: source(text, topic)}).start()
    assert payloads(kafka, topic, 1) == ["line"]
    worker.stop()
    offsets.unlink()
    worker.start()
    assert payloads(kafka, topic, 2) == ["line", "line"]


def test_offsets_are_shown_changed_and_reset_while_stopped(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name = unique("lines"), unique("source")
    text = tmp_path / "in"
    text.write_text("one\ntwo\n")
    worker = make_worker(connectors={name: source(text, topic)}).start()
    partition = {"filename": str(text)}
    eventually(lambda: worker.rest.offsets(name) == [{"partition": partition, "offset": {"position": 8}}])
    refused = worker.rest.request("DELETE", f"/connectors/{name}/offsets")
    assert refused.status == 400 and "must be in the STOPPED state" in refused.text

    worker.rest.put(f"/connectors/{name}/stop")
    worker.rest.await_states(name, "STOPPED", [])
    answer = worker.rest.patch(f"/connectors/{name}/offsets",
                               {"offsets": [{"partition": partition, "offset": {"position": 4}}]})
    assert answer == {"message": "The offsets for this connector have been altered successfully"}
    worker.rest.put(f"/connectors/{name}/resume")
    assert payloads(kafka, topic, 3) == ["one", "two", "two"]

    worker.rest.put(f"/connectors/{name}/stop")
    worker.rest.await_states(name, "STOPPED", [])
    assert worker.rest.delete(f"/connectors/{name}/offsets") == {
        "message": "The offsets for this connector have been reset successfully"}
    assert worker.rest.offsets(name) == []


def test_offsets_of_a_sink_are_its_groups(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name = unique("lines"), unique("sink")
    kafka.create_topic(topic)
    kafka.produce(topic, [json.dumps({"schema": None, "payload": n}) for n in range(5)])
    out = tmp_path / "out"
    worker = make_worker(connectors={name: {"connector.class": "FileStreamSink", "tasks.max": 1, "file": str(out),
                                            "topics": topic}}).start()
    at = {"kafka_partition": 0, "kafka_topic": topic}
    eventually(lambda: worker.rest.offsets(name) == [{"partition": at, "offset": {"kafka_offset": 5}}])
    worker.rest.put(f"/connectors/{name}/stop")
    worker.rest.await_states(name, "STOPPED", [])
    worker.rest.patch(f"/connectors/{name}/offsets", {"offsets": [{"partition": at, "offset": {"kafka_offset": 3}}]})
    worker.rest.put(f"/connectors/{name}/resume")
    eventually(lambda: out.read_text().splitlines() == ["0", "1", "2", "3", "4", "3", "4"])


def test_many_offsets_reset_ones_and_any_file_name_go_both_ways(kafka: Kafka, make_worker: Callable, make_java_worker: Callable,
                                                                unique: Callable, tmp_path):
    topic = unique("lines")
    kafka.create_topic(topic)
    offsets = tmp_path / "connect.offsets"
    settings = {"offset.storage.file.filename": str(offsets)}
    names = [f"in-{n}" for n in range(12)] + ["in ü \" \\ é", "in-\N{GRINNING FACE}", "in-日本"]  # more than one hash table's first size
    connectors = {f"source-{n}-{topic}": source(tmp_path / name, topic) for n, name in enumerate(names)}
    reset = f"source-0-{topic}"
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}  # the JVM's encoding of file names

    def add(line: str) -> list[str]:
        for n, name in enumerate(names):
            with (tmp_path / name).open("a") as file:
                file.write(f"{line} {n}\n")  # only ASCII: Java's positions count characters
        return [f"{line} {n}" for n in range(len(names))]

    def run(worker: Any, expected: list[str], count: int) -> None:
        process = worker.launch(env=environment)
        process.wait_until(worker.is_ready, 60, "REST")
        assert sorted(payloads(kafka, topic, count)) == sorted(expected)
        eventually(lambda: all(worker.rest.offsets(name) for name in connectors))

    lines = add("first")
    ours, java = make_worker(settings, connectors), make_java_worker(settings, connectors)
    run(ours, lines, len(names))
    ours.rest.put(f"/connectors/{reset}/stop")
    ours.rest.await_states(reset, "STOPPED", [])
    ours.rest.delete(f"/connectors/{reset}/offsets")
    assert ours.stop() == 0

    lines += [*add("second"), "first 0"]
    run(java, lines, len(lines))
    java.stop()

    lines += add("third")
    run(ours, lines, len(lines))
    assert ours.stop() == 0
    assert sum(kafka.end_offsets(topic).values()) == len(lines)
