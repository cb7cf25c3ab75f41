"""Arguments, files and exit statuses of connect-standalone."""

import json
import os
import signal
import socket
from typing import Callable

import pytest

from support.eventually import eventually
from support.services.kafka import Kafka


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_without_arguments_it_explains_itself(make_worker: Callable, arguments: list[str]):
    status, out, log = make_worker(bootstrap_servers="127.0.0.1:1").run_to_end(arguments)
    assert status == 1
    assert "ConnectStandalone worker.properties [connector1.properties connector2.json ...]" in log
    assert out == ""


def test_a_missing_or_bad_worker_file_is_one_sentence_and_status_2(make_worker: Callable, tmp_path):
    worker = make_worker(bootstrap_servers="127.0.0.1:1")
    missing = tmp_path / "missing.properties"
    status, _, log = worker.run_to_end([str(missing)])
    assert status == 2 and str(missing) in log

    bad = make_worker({"offset.flush.interval.ms": "soon"}, bootstrap_servers="127.0.0.1:1")
    status, _, log = bad.run_to_end(bad.write_files())
    assert status == 2
    assert "Invalid value soon for configuration offset.flush.interval.ms: Not a number of type LONG" in log


def test_log_levels_come_from_the_environment_of_container_images(kafka: Kafka, make_worker: Callable):
    worker = make_worker()
    worker.launch(env={**os.environ, "CONNECT_LOG4J_ROOT_LOGLEVEL": "warn",
                       "CONNECT_LOG4J_LOGGERS": "org.apache.kafka.connect.runtime=DEBUG,org.reflections=ERROR,org.x=LOUD"})
    eventually(worker.rest.is_up)
    loggers = worker.rest.get("/admin/loggers")
    assert loggers["root"] == {"level": "WARN", "last_modified": None}
    assert loggers["org.apache.kafka.connect.runtime"]["level"] == "DEBUG"
    assert loggers["org.reflections"]["level"] == "ERROR"
    assert worker.log.read_text().count("org.x=LOUD") == 1
    assert "INFO Kafka version" not in worker.log.read_text()


def test_required_worker_settings_are_asked_for(make_worker: Callable):
    worker = make_worker({"offset.storage.file.filename": None}, bootstrap_servers="127.0.0.1:1")
    status, _, log = worker.run_to_end(worker.write_files())
    assert status == 2
    assert 'Missing required configuration "offset.storage.file.filename" which has no default value.' in log


@pytest.mark.parametrize("setting, value, sentence", [
    ("bootstrap.servers", "foo", "Invalid url in bootstrap.servers: foo"),
    ("bootstrap.servers", "127.0.0.1:99999", "Invalid port in bootstrap.servers: 127.0.0.1:99999"),
    ("bootstrap.servers", "host.invalid:9092", "No resolvable bootstrap urls given in bootstrap.servers"),
    ("listeners", "http://127.0.0.1:99999", "port out of range:99999"),
])
def test_addresses_that_cannot_be_are_refused_at_once(make_worker: Callable, setting: str, value: str, sentence: str):
    worker = make_worker({setting: value}, bootstrap_servers="127.0.0.1:1")
    status, _, log = worker.run_to_end(worker.write_files(), timeout=20)
    assert status == 2
    assert sentence in log


@pytest.mark.parametrize("content, sentence", [
    ("file=x\ntopic=y\n", "is missing the mandatory 'name' configuration"),
    ('{"name": "a", "config": {"name": "b", "connector.class": "FileStreamSource", "topic": "t"}}',
     "Connector name configuration in 'config' doesn't match the one specified in 'name'"),
    ("name=c\nconnector.class=FileStreamSource\n",
     'Missing required configuration "topic" which has no default value.'),
    ("name=c\nconnector.class=com.example.Nope\n", "Failed to find any class that implements Connector"),
])
def test_a_bad_connector_file_is_one_sentence_and_status_3(kafka: Kafka, make_worker: Callable, tmp_path, content: str,
                                                           sentence: str):
    worker = make_worker()
    file = tmp_path / "connector"
    file.write_text(content)
    status, _, log = worker.run_to_end([*worker.write_files(), str(file)])
    assert status == 3
    assert sentence in log


def test_what_follows_the_json_of_a_connector_file_is_not_read(kafka: Kafka, make_worker: Callable, tmp_path):
    worker = make_worker()
    file = tmp_path / "connector.json"
    file.write_text('{"name": "c", "connector.class": "FileStreamSource", "file": "none", "topic": "t"} and more {')
    worker.launch([*worker.write_files(), str(file)])
    worker.await_log("Kafka Connect started")
    assert worker.rest.connectors() == ["c"]


def test_a_missing_connector_file_is_status_3(kafka: Kafka, make_worker: Callable, tmp_path):
    worker = make_worker()
    status, _, log = worker.run_to_end([*worker.write_files(), str(tmp_path / "none.properties")])
    assert status == 3
    assert str(tmp_path / "none.properties") in log


def test_a_taken_port_is_one_sentence_and_an_end(kafka: Kafka, make_worker: Callable):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        worker = make_worker({"listeners": f"http://127.0.0.1:{taken.getsockname()[1]}"})
        status, _, log = worker.run_to_end(worker.write_files())
    assert status != 0
    assert "Address already in use" in log


def test_an_offsets_file_of_another_kind_stops_the_start(kafka: Kafka, make_worker: Callable, tmp_path):
    offsets = tmp_path / "offsets"
    offsets.write_text("this is some text, longer than a header of four bytes")
    worker = make_worker({"offset.storage.file.filename": str(offsets)})
    status, _, log = worker.run_to_end(worker.write_files())
    assert status == 3
    assert str(offsets) in log
    unnamed = make_worker({"offset.storage.file.filename": ""})
    assert unnamed.run_to_end(unnamed.write_files())[0] == 3
    assert offsets.read_text().startswith("this is some text")


def test_kafkas_own_example_files_run_unchanged(kafka: Kafka, make_worker: Callable, tmp_path):
    """The settings of the files that Kafka ships; only addresses and folders are this test's."""
    worker = make_worker()
    (tmp_path / "connect-standalone.properties").write_text(
        "# These are defaults. This file just demonstrates how to override some settings.\n"
        f"bootstrap.servers={kafka.bootstrap}\n"
        "key.converter=org.apache.kafka.connect.json.JsonConverter\n"
        "value.converter=org.apache.kafka.connect.json.JsonConverter\n"
        "key.converter.schemas.enable=true\nvalue.converter.schemas.enable=true\n"
        f"offset.storage.file.filename={tmp_path}/connect.offsets\noffset.flush.interval.ms=10000\n"
        f"listeners=http://127.0.0.1:{worker.port}\n#plugin.path=\n")
    (tmp_path / "connect-file-source.properties").write_text(
        "name=local-file-source\nconnector.class=FileStreamSource\ntasks.max=1\nfile=test.txt\ntopic=connect-test\n")
    (tmp_path / "connect-file-sink.properties").write_text(
        "name=local-file-sink\nconnector.class=FileStreamSink\ntasks.max=1\nfile=test.sink.txt\ntopics=connect-test\n")
    (worker.folder / "test.txt").write_text("foo\nbar\n")
    worker.launch([str(tmp_path / f"connect-{part}.properties") for part in ("standalone", "file-source", "file-sink")])
    worker.await_log("Kafka version")
    assert [json.loads(value)["payload"] for value in kafka.texts("connect-test", 2)] == ["foo", "bar"]
    worker.rest.await_running("local-file-sink")
    eventually(lambda: (worker.folder / "test.sink.txt").read_text() == "foo\nbar\n")
    assert worker.stop() == 0
    assert worker.stdout_text() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_and_a_closed_terminal_stop_it_cleanly(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path,
                                                            number: signal.Signals):
    (tmp_path / "in").write_text("one\ntwo\n")
    topic = unique("lines")
    worker = make_worker({"offset.flush.interval.ms": 3600000}, {unique("source"): {
        "connector.class": "FileStreamSource", "file": str(tmp_path / "in"), "topic": topic}}).start()
    assert len(kafka.texts(topic, 2)) == 2
    worker.process.signal(number)
    assert worker.process.wait(60) == 0
    assert b'{"position":8}' in (worker.folder / "connect.offsets").read_bytes()
