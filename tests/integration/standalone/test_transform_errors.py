"""Chains of transforms in running tasks, when a transform fails: the error policy of the connector decides."""

import json
import pathlib
from typing import Any, Callable

from support.eventually import eventually
from support.services.kafka import Kafka

CAST = "org.apache.kafka.connect.transforms.Cast$Value"
CHAIN = {"transforms": "hoist,cast,route", "transforms.hoist.type": "org.apache.kafka.connect.transforms.HoistField$Value",
         "transforms.hoist.field": "amount", "transforms.cast.type": CAST, "transforms.cast.spec": "amount:int32",
         "transforms.route.type": "RegexRouter", "transforms.route.regex": "(?<name>.*)", "transforms.route.replacement": "${name}.amounts"}
PLACE = f'at transform "cast" ({CAST}), field "amount" (STRING)'


def amounts(values: list[str | None]) -> list[int]:
    return [json.loads(value)["payload"]["amount"] for value in values]


def test_a_source_sends_what_came_before_and_goes_on_when_errors_are_tolerated(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                              tmp_path: pathlib.Path):
    topic, name = unique("lines"), unique("source")
    text = tmp_path / "in"
    text.write_text("1\n2\nthree\n4\n")
    config: dict[str, Any] = {"connector.class": "FileStreamSource", "tasks.max": 1, "file": str(text), "topic": topic, **CHAIN}
    worker = make_worker(connectors={name: config}).start()
    trace = worker.rest.await_failed_task(name)
    assert trace.startswith("org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler")
    assert "position=10" in trace.splitlines()[0] and "TRANSFORMATION" in trace.splitlines()[0]
    assert "Caused by: org.apache.kafka.connect.errors.DataException: Value (three) was out of range" in trace
    assert PLACE in trace
    assert amounts(kafka.texts(f"{topic}.amounts", 2)) == [1, 2]
    assert worker.rest.offsets(name) == [{"partition": {"filename": str(text)}, "offset": {"position": 4}}]

    worker.rest.put_config(name, {"name": name, **config, "errors.tolerance": "all", "errors.log.enable": "true",
                                  "errors.log.include.messages": "true"})
    assert amounts(kafka.texts(f"{topic}.amounts", 3)) == [1, 2, 4]
    worker.await_log(f"Error encountered in task {name}-0. Executing stage 'TRANSFORMATION' with class '{CAST}', where source record is = "
                     f"SourceRecord{{sourcePartition={{filename={text}}}, sourceOffset={{position=10}}}} ConnectRecord{{topic='{topic}'")
    worker.await_log(PLACE)
    assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])


def test_a_sink_sends_the_record_as_it_was_to_the_dead_letter_queue(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                    tmp_path: pathlib.Path):
    topic, dead, name = unique("lines"), unique("dead"), unique("sink")
    kafka.create_topic(topic)
    kafka.produce(topic, ["1", "three", "4"], headers=[("mine", b"7")])
    out = tmp_path / "out"
    worker = make_worker(connectors={name: {
        "connector.class": "FileStreamSink", "tasks.max": 1, "file": str(out), "topics": topic, **CHAIN,
        "value.converter": "org.apache.kafka.connect.storage.StringConverter", "errors.tolerance": "all", "errors.log.enable": "true",
        "errors.deadletterqueue.topic.name": dead, "errors.deadletterqueue.topic.replication.factor": 1,
        "errors.deadletterqueue.context.headers.enable": "true"}}).start()
    eventually(lambda: out.exists() and out.read_text() == "Struct{amount=1}\nStruct{amount=4}\n")
    record, = kafka.consume(dead, 1)
    assert record.text == "three"
    headers = dict(record.headers)
    assert headers["mine"] == b"7"
    assert headers["__connect.errors.topic"] == topic.encode(), "the topic it was read from"
    assert headers["__connect.errors.stage"] == b"TRANSFORMATION"
    assert headers["__connect.errors.class.name"] == CAST.encode()
    assert headers["__connect.errors.exception.class.name"] == b"org.apache.kafka.connect.errors.DataException"
    assert headers["__connect.errors.exception.message"] == b"Value (three) was out of range for requested data type"
    assert PLACE.encode() in headers["__connect.errors.exception.stacktrace"]
    worker.await_log(f"Error encountered in task {name}-0. Executing stage 'TRANSFORMATION' with class '{CAST}'. "
                     "(org.apache.kafka.connect.runtime.errors.LogReporter)\n")
    eventually(lambda: kafka.lag(f"connect-{name}", topic) == 0)


def test_a_chain_that_cannot_be_set_up_is_refused_or_fails_its_tasks(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                     tmp_path: pathlib.Path):
    worker = make_worker().start()
    config: dict[str, Any] = {"connector.class": "FileStreamSource", "tasks.max": 1, "file": str(tmp_path / "in"), "topic": "t"}
    wrong_type = {**config, "transforms": "t", "transforms.t.type": "com.example.Nope"}
    answer = worker.rest.request("PUT", f"/connectors/{unique('source')}/config", wrong_type)
    assert answer.status == 400 and "Class com.example.Nope could not be found." in answer.text

    name = unique("source")  # only known when the task makes its chain
    undefined = {**config, "transforms": "t", "transforms.t.type": "Filter", "transforms.t.predicate": "p"}
    worker.rest.put_config(name, undefined)
    assert "predicates.p" in worker.rest.await_failed_task(name)
