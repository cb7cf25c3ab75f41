import pathlib
from typing import Callable

from support.services.kafka import Kafka
from support.worker import Worker

FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"


def test_the_java_worker_runs_a_connector_from_the_command_line(
        kafka: Kafka, make_java_worker: Callable[..., Worker], unique: Callable[[str], str],
        tmp_path: pathlib.Path) -> None:
    lines, topic = tmp_path / "lines", unique("lines")
    lines.write_text("one\ntwo\n")
    worker = make_java_worker(connectors={"source": {"connector.class": FILE_SOURCE, "file": str(lines), "topic": topic}},
                              settings={"value.converter": "org.apache.kafka.connect.storage.StringConverter"})
    worker.start()
    worker.rest.await_running("source")
    assert kafka.texts(topic, 2) == ["one", "two"]
    assert worker.stop() == 0


def test_the_java_worker_runs_distributed(
        kafka: Kafka, make_java_worker: Callable[..., Worker], unique: Callable[[str], str],
        tmp_path: pathlib.Path) -> None:
    lines, topic, name = tmp_path / "lines", unique("lines"), unique("source")
    lines.write_text("one\n")
    worker = make_java_worker(mode="distributed").start()
    worker.rest.create(name, {"connector.class": FILE_SOURCE, "file": str(lines), "topic": topic})
    worker.rest.await_running(name)
    assert len(kafka.consume(topic, 1)) == 1
