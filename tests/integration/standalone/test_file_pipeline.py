"""File to topic to file through connect-standalone on a real Kafka: the tutorial, and what may never be lost."""

import json
import pathlib
import subprocess
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.services.kafka import Kafka

SOURCE = "FileStreamSource"
SINK = "FileStreamSink"


def source(path: pathlib.Path, topic: str, **more: Any) -> dict[str, Any]:
    return {"connector.class": SOURCE, "tasks.max": 1, "file": str(path), "topic": topic, **more}


def sink(path: pathlib.Path, topic: str, **more: Any) -> dict[str, Any]:
    return {"connector.class": SINK, "tasks.max": 1, "file": str(path), "topics": topic, **more}


def lines_of(path: pathlib.Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def append(path: pathlib.Path, *lines: str) -> None:
    with path.open("a") as file:
        file.write("".join(line + "\n" for line in lines))


def envelope(line: str) -> str:
    return json.dumps({"schema": {"type": "string", "optional": False}, "payload": line}, separators=(",", ":"),
                      ensure_ascii=False)


def test_the_tutorial_lines_arrive_in_topic_and_file(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, group = unique("lines"), unique("sink")
    text, copy = tmp_path / "test.txt", tmp_path / "test.sink.txt"
    append(text, "foo", "bar")
    worker = make_worker(connectors={unique("source"): source(text, topic), group: sink(copy, topic)}).start()
    eventually(lambda: lines_of(copy) == ["foo", "bar"], what="both lines in the sink file")
    assert kafka.texts(topic, 2) == [envelope("foo"), envelope("bar")]

    append(text, "Ünïcode \"quoted\" \\ line", "")
    eventually(lambda: lines_of(copy)[2:] == ["Ünïcode \"quoted\" \\ line", ""])
    eventually(lambda: kafka.lag(f"connect-{group}", topic) == 0, what="lag 0 while it runs")
    assert worker.stop() == 0
    assert kafka.committed(f"connect-{group}", topic) == {0: 4}
    assert "connect-" + group in kafka.consumer_groups_tool("--list")


def test_a_restart_continues_where_it_stopped(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic = unique("lines")
    text, copy = tmp_path / "in", tmp_path / "out"
    worker = make_worker({"offset.flush.interval.ms": 60000},
                         {unique("source"): source(text, topic), unique("sink"): sink(copy, topic)}).start()
    append(text, "one", "two")
    eventually(lambda: lines_of(copy) == ["one", "two"])
    assert worker.stop() == 0
    append(text, "three")
    worker.start()
    eventually(lambda: len(lines_of(copy)) >= 3)
    assert lines_of(copy) == ["one", "two", "three"], "a clean stop causes no duplicates"
    assert len(kafka.texts(topic, 3)) == 3
    assert worker.stop() == 0
    assert sum(kafka.end_offsets(topic).values()) == 3


def test_a_killed_worker_loses_no_line(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic = unique("lines")
    text, copy = tmp_path / "in", tmp_path / "out"
    # A killed consumer's place in its group is kept until its session has timed out, whoever runs it.
    worker = make_worker({"offset.flush.interval.ms": 200, "consumer.session.timeout.ms": 6000},
                         {unique("source"): source(text, topic), unique("sink"): sink(copy, topic)})
    written = 0
    for round_ in range(3):
        worker.launch()
        for _ in range(20):
            append(text, *[f"line-{n}" for n in range(written, written + 500)])
            written += 500
        so_far = written
        eventually(lambda: sum(kafka.end_offsets(topic).values()) > so_far - 9000 if topic in kafka.topics() else False)
        worker.kill()
    worker.start()
    expected = {f"line-{n}" for n in range(written)}
    eventually(lambda: set(lines_of(copy)) >= expected, 60, "every line in the sink file")
    in_topic = kafka.texts(topic, sum(kafka.end_offsets(topic).values()))
    assert {json.loads(value)["payload"] for value in in_topic} == expected
    assert worker.stop() == 0


def test_lines_written_while_kafka_is_away_arrive_when_it_is_back(own_kafka: Kafka, make_worker: Callable, tmp_path):
    text, copy = tmp_path / "in", tmp_path / "out"
    worker = make_worker({"offset.flush.interval.ms": 500}, {"source": source(text, "away"), "sink": sink(copy, "away")},
                         bootstrap_servers=own_kafka.bootstrap).start()
    append(text, "before")
    eventually(lambda: lines_of(copy) == ["before"], 60)
    own_kafka.stop()
    append(text, *[f"during-{n}" for n in range(1000)])
    own_kafka.restart()
    eventually(lambda: set(lines_of(copy)) >= {f"during-{n}" for n in range(1000)}, 90)
    for name in ("source", "sink"):
        worker.rest.await_running(name)
    assert worker.stop() == 0


def test_several_topics_by_name_and_by_pattern(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    prefix = unique("many")
    topics = [f"{prefix}-a", f"{prefix}-b"]
    for topic in topics:
        kafka.create_topic(topic, partitions=3)
        kafka.produce(topic, [json.dumps({"schema": None, "payload": f"{topic}-{n}"}) for n in range(30)])
    named, matched = tmp_path / "named", tmp_path / "matched"
    by_pattern = sink(matched, "")
    del by_pattern["topics"]
    make_worker(connectors={unique("named"): sink(named, ",".join(topics), **{"tasks.max": 2}),
                            unique("matched"): {**by_pattern, "topics.regex": f"{prefix}-[ab]"}}).start()
    expected = {f"{topic}-{n}" for topic in topics for n in range(30)}
    eventually(lambda: set(lines_of(named)) == expected and len(lines_of(named)) == 60)
    eventually(lambda: set(lines_of(matched)) == expected and len(lines_of(matched)) == 60)


def test_standard_input_to_standard_output(kafka: Kafka, make_worker: Callable, unique: Callable):
    topic, name = unique("lines"), unique("source")
    plain = {"tasks.max": 1, "value.converter": "org.apache.kafka.connect.storage.StringConverter"}
    worker = make_worker(connectors={name: {"connector.class": SOURCE, "topic": topic, **plain},
                                     unique("sink"): {"connector.class": SINK, "topics": topic, **plain}})
    process = worker.launch(stdin=subprocess.PIPE)
    process.wait_until(worker.is_ready, 60, "REST")
    process.stdin.write("first\nzwölf\nin two ".encode())
    process.stdin.flush()
    eventually(lambda: worker.stdout_text() == "first\nzwölf\n")
    process.stdin.write(b"parts\n")
    process.stdin.close()
    eventually(lambda: worker.stdout_text() == "first\nzwölf\nin two parts\n")
    worker.await_log("Standard input has ended")
    assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])
    assert worker.rest.offsets(name) == [{"partition": {"filename": None}, "offset": {"position": None}}]
    assert worker.stop() == 0


def test_memory_stays_bounded_while_a_large_file_goes_through(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic = unique("large")
    kafka.create_topic(topic)
    text = tmp_path / "in"
    line = "x" * 99 + "\n"
    with text.open("w") as file:
        for _ in range(30):
            file.write(line * 10000)
    worker = make_worker(connectors={unique("source"): source(text, topic)}).start()
    eventually(lambda: sum(kafka.end_offsets(topic).values()) == 300000, 60)
    assert worker.process.peak_rss_bytes() < 100 << 20
    assert worker.stop() == 0


@pytest.mark.parametrize("form", ["flat", "wrapped"])
def test_connector_files_may_be_json(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path, form: str):
    topic, name = unique("lines"), unique("source")
    text = tmp_path / "in"
    append(text, "from json")
    worker = make_worker()
    config = {"name": name, **source(text, topic)}
    file = tmp_path / "connector.json"
    if form == "flat":
        file.write_text(json.dumps({key: str(value) for key, value in config.items()}))
    else:
        file.write_text(json.dumps({"name": name, "config": config, "initial_state": "PAUSED"}))
    worker.launch([*worker.write_files(), str(file)])
    eventually(lambda: worker.rest.is_up() and name in worker.rest.connectors())
    if form == "wrapped":
        worker.rest.await_states(name, "PAUSED", [])
        worker.rest.put(f"/connectors/{name}/resume")
    assert kafka.texts(topic, 1) == [envelope("from json")]


def test_variables_of_config_providers_are_resolved_and_shown_as_written(kafka: Kafka, make_worker: Callable,
                                                                          unique: Callable, tmp_path):
    topic, name = unique("lines"), unique("source")
    text = tmp_path / "in"
    append(text, "secret line")
    secrets = tmp_path / "secrets.properties"
    secrets.write_text(f"where={text}\n")
    worker = make_worker({"config.providers": "file",
                          "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider"},
                         {name: source(f"${{file:{secrets}:where}}", topic)}).start()
    assert kafka.texts(topic, 1) == [envelope("secret line")]
    assert worker.rest.get(f"/connectors/{name}")["config"]["file"] == f"${{file:{secrets}:where}}"
    assert worker.rest.get(f"/connectors/{name}/tasks")[0]["config"]["file"] == f"${{file:{secrets}:where}}"
