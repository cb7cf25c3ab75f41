"""Connectors in shared libraries: examples/counter, built against the installed SDK."""

import os
import pathlib
from typing import Callable

import pytest

from support.sdk import plugin_path, run
from support.services.kafka import Kafka
from support.worker import Worker


@pytest.fixture(scope="module")
def counter(build_plugin: Callable[[str], pathlib.Path]) -> pathlib.Path:
    return build_plugin("examples/counter")


def test_installation_has_the_program_and_both_links(prefix: pathlib.Path) -> None:
    assert os.readlink(prefix / "bin/connect-standalone") == "millrace"
    assert os.readlink(prefix / "bin/connect-distributed") == "millrace"
    run(prefix / "bin/millrace", "--version")


def test_a_connector_from_plugin_path_runs_and_goes_on_after_a_restart(
        kafka: Kafka, make_worker: Callable[..., Worker], unique: Callable[[str], str], counter: pathlib.Path,
        tmp_path: pathlib.Path) -> None:
    topic = unique("numbers")
    config = {"connector.class": "CounterSource", "topic": topic, "last": 5,
              "value.converter": "org.apache.kafka.connect.converters.LongConverter"}
    path = plugin_path(tmp_path / "plugins", counter=counter)
    worker = make_worker({"plugin.path": path}, {"counter": config}).start()
    assert [int.from_bytes(r.value or b"") for r in kafka.consume(topic, 5)] == [1, 2, 3, 4, 5]
    found = {p["class"]: p for p in worker.rest.get("/connector-plugins")}
    assert found["example.CounterSourceConnector"] == {"class": "example.CounterSourceConnector", "type": "source",
                                                       "version": "1.2.3"}
    worker.stop()
    worker.connectors["counter"]["last"] = 7
    worker.start()
    assert [int.from_bytes(r.value or b"") for r in kafka.consume(topic, 7)] == [1, 2, 3, 4, 5, 6, 7]


def test_broken_libraries_are_named_and_the_worker_goes_on(
        make_worker: Callable[..., Worker], counter: pathlib.Path, tmp_path: pathlib.Path) -> None:
    garbage, stranger = tmp_path / "garbage.so", tmp_path / "stranger.so"
    garbage.write_bytes(b"\x7fELF this is not a library")
    stamped = counter.read_bytes()
    assert b"millrace-sdk-" in stamped
    stranger.write_bytes(stamped.replace(b"millrace-sdk-", b"millrace-abc-"))
    path = plugin_path(tmp_path / "plugins", garbage=garbage, stranger=stranger, counter=counter)
    worker = make_worker({"plugin.path": path}).start()
    assert "example.CounterSourceConnector" in [p["class"] for p in worker.rest.get("/connector-plugins")]
    log = worker.log_text()
    assert any("garbage.so" in line for line in log.splitlines()), log
    assert any("stranger.so" in line and "millrace-abc-" in line for line in log.splitlines()), log
