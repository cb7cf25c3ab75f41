"""errors.task.restart.*: a failed task is started again by itself, if the connector asks for it."""

from typing import Callable

from support.eventually import eventually
from support.services.kafka import Kafka
from support.worker import STRING_CONVERTER


def sink(topic: str, path, **restart: object) -> dict[str, object]:
    return {"connector.class": "FileStreamSink", "topics": topic, "file": str(path), "value.converter": STRING_CONVERTER,
            **{f"errors.task.restart.{key}": value for key, value in restart.items()}}


def test_a_failed_task_comes_back_once_its_trouble_is_over(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name, other = kafka.create_topic(unique("lines")), unique("sink"), unique("plain")
    folder = tmp_path / "later"
    worker = make_worker(connectors={
        name: sink(topic, folder / "out", **{"max": -1, "delay.ms": 50, "delay.max.ms": 200}),
        other: sink(topic, folder / "other")}).start()
    assert "Couldn't find or create file" in worker.rest.await_failed_task(name)
    worker.rest.await_failed_task(other)
    worker.await_log("is started again in 50 ms (errors.task.restart.max, restart 1)")
    folder.mkdir()
    worker.rest.await_running(name)
    kafka.produce(topic, ["through"])
    eventually(lambda: (folder / "out").read_text() == "through\n")
    assert worker.rest.states(other) == ("RUNNING", ["FAILED"]), "off by default"
    assert f'kafka_connect_connector_task_restart_total{{connector="{name}",task="0"}}' in \
        worker.rest.request("GET", "/metrics").text
    assert worker.stop() == 0


def test_restarts_end_when_they_are_used_up_or_the_worker_stops(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path):
    topic, name, waiting = kafka.create_topic(unique("lines")), unique("sink"), unique("waiting")
    worker = make_worker(connectors={
        name: sink(topic, tmp_path / "none/out", **{"max": 2, "delay.ms": 1}),
        waiting: sink(topic, tmp_path / "none/out", **{"max": 1, "delay.ms": 60000})}).start()
    eventually(lambda: worker.log_text().count(f"{name}-0 Task threw an uncaught and unrecoverable exception") == 3)
    assert worker.rest.states(name) == ("RUNNING", ["FAILED"])
    worker.rest.await_failed_task(waiting)
    assert worker.stop() == 0


def test_wrong_values_are_refused_when_the_connector_is_made(kafka: Kafka, make_worker: Callable, tmp_path):
    worker = make_worker().start()
    for option, sentence in (("errors.task.restart.max", "Value must be at least -1"),
                             ("errors.task.restart.delay.ms", "Value must be at least 1")):
        answer = worker.rest.request("POST", "/connectors", {"name": "c", "config": {
            "connector.class": "FileStreamSink", "topics": "t", "file": str(tmp_path / "out"), option: "-2"}})
        assert answer.status == 400
        assert f"Invalid value -2 for configuration {option}: {sentence}" in answer.json()["message"]
