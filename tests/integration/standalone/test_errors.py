"""What happens to records that cannot be converted: fail, skip, log, dead letter queue."""

import json
from typing import Any, Callable

from support.eventually import eventually
from support.services.kafka import Kafka

JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
GOOD = json.dumps({"schema": {"type": "string", "optional": False}, "payload": "good"})
BAD = "this is no json"


def sink(path: Any, topic: str, **more: Any) -> dict[str, Any]:
    return {"connector.class": "FileStreamSink", "tasks.max": 1, "file": str(path), "topics": topic,
            "value.converter": JSON_CONVERTER, "key.converter": "org.apache.kafka.connect.storage.StringConverter", **more}


def lines_of(path: Any) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_a_bad_record_fails_the_task_and_is_named(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name = unique("bad"), unique("sink")
    kafka.create_topic(topic)
    kafka.produce(topic, [GOOD, BAD])
    worker = make_worker(connectors={name: sink(tmp_path / "out", topic)}).start()
    trace = worker.rest.await_failed_task(name)
    first = trace.splitlines()[0]
    assert first.startswith("org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler")
    assert f"{topic}-0@1" in first and "VALUE_CONVERTER" in first
    assert "set value.converter=org.apache.kafka.connect.storage.StringConverter" in first
    assert "Caused by: org.apache.kafka.connect.errors.DataException" in trace
    assert worker.rest.status(name)["connector"]["state"] == "RUNNING"


def test_a_record_of_a_schema_registry_is_named_as_such(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name = kafka.create_topic(unique("avro")), unique("sink")
    kafka.produce(topic, [b"\x00\x00\x00\x00\x07\x06foo"])
    worker = make_worker(connectors={name: sink(tmp_path / "out", topic)}).start()
    first = worker.rest.await_failed_task(name).splitlines()[0]
    assert "the value begins with byte 0 and four bytes of a schema id" in first


def test_tolerated_records_go_to_the_dead_letter_queue_with_headers(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                    tmp_path):
    topic, dead, name = unique("bad"), unique("dead"), unique("sink")
    kafka.create_topic(topic)
    kafka.produce(topic, [GOOD, BAD, GOOD], key="k")
    worker = make_worker(connectors={name: sink(
        tmp_path / "out", topic, **{
            "errors.tolerance": "all", "errors.log.enable": "true", "errors.log.include.messages": "true",
            "errors.deadletterqueue.topic.name": dead, "errors.deadletterqueue.topic.replication.factor": 1,
            "errors.deadletterqueue.context.headers.enable": "true"})}).start()
    eventually(lambda: lines_of(tmp_path / "out") == ["good", "good"])
    record, = kafka.consume(dead, 1)
    assert (record.key, record.value) == (b"k", BAD.encode())
    headers = {key: value.decode() for key, value in record.headers}
    assert headers["__connect.errors.topic"] == topic
    assert headers["__connect.errors.partition"] == "0"
    assert headers["__connect.errors.offset"] == "1"
    assert headers["__connect.errors.connector.name"] == name
    assert headers["__connect.errors.task.id"] == "0"
    assert headers["__connect.errors.stage"] == "VALUE_CONVERTER"
    assert headers["__connect.errors.class.name"] == JSON_CONVERTER
    assert headers["__connect.errors.exception.class.name"] == "org.apache.kafka.connect.errors.DataException"
    assert headers["__connect.errors.exception.stacktrace"].startswith("org.apache.kafka.connect.errors.DataException")
    worker.await_log(f"Error encountered in task {name}-0. Executing stage 'VALUE_CONVERTER' with class '{JSON_CONVERTER}', "
                     f"where consumed record is {{topic='{topic}', partition=0, offset=1")
    eventually(lambda: kafka.lag(f"connect-{name}", topic) == 0)
    assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])


def test_an_unsendable_record_fails_a_source_or_is_skipped(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    text = tmp_path / "in"
    text.write_text("small\n" + "x" * 3_000_000 + "\nlast\n")
    strict, lenient = unique("strict"), unique("lenient")
    topics = {name: unique("lines") for name in (strict, lenient)}
    base = {"connector.class": "FileStreamSource", "file": str(text), "tasks.max": 1}
    worker = make_worker(connectors={
        strict: {**base, "topic": topics[strict]},
        lenient: {**base, "topic": topics[lenient], "errors.tolerance": "all"}}).start()
    trace = worker.rest.await_failed_task(strict)
    assert "Unrecoverable exception" in trace.splitlines()[0] and "position" in trace.splitlines()[0]
    assert "Caused by: org.apache.kafka.common.errors.RecordTooLargeException: The message is 300" in trace
    assert [json.loads(value)["payload"] for value in kafka.texts(topics[lenient], 2)] == ["small", "last"]
    assert worker.rest.states(lenient) == ("RUNNING", ["RUNNING"])


def test_a_topics_own_limit_costs_only_the_record_that_exceeds_it(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    """The broker refuses a batch as a whole; the others in it are innocent."""
    topic, name = kafka.create_topic(unique("narrow"), config={"max.message.bytes": "3000"}), unique("source")
    file = tmp_path / "in.txt"
    small = [f"line {number} " + "x" * 100 for number in range(200)]
    file.write_text("\n".join([*small[:100], "y" * 5000, *small[100:]]) + "\n")
    worker = make_worker(connectors={name: {"connector.class": "FileStreamSource", "tasks.max": 1, "file": str(file), "topic": topic,
                                            "errors.tolerance": "all",
                                            "value.converter": "org.apache.kafka.connect.storage.StringConverter"}}).start()
    assert kafka.texts(topic, len(small)) == small
    eventually(lambda: worker.rest.offsets(name)[0]["offset"] == {"position": file.stat().st_size})
    assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])
