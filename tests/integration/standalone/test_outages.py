"""Kafka not there: at the start, and for longer than any client waits, with a backlog that does not fit into memory."""

import pathlib
import time
from typing import Any, Callable

from support.eventually import eventually
from support.services.kafka import Kafka
from support.services.kafka_cluster import KafkaCluster
from support.worker import STRING_CONVERTER


def connectors(text: pathlib.Path, copy: pathlib.Path) -> dict[str, dict[str, Any]]:
    common = {"tasks.max": 1, "value.converter": STRING_CONVERTER}
    return {"source": {"connector.class": "FileStreamSource", "file": str(text), "topic": "lines", **common},
            "sink": {"connector.class": "FileStreamSink", "file": str(copy), "topics": "lines", **common}}


def test_a_worker_waits_for_a_kafka_that_starts_after_it(own_kafka: Kafka, make_worker: Callable, tmp_path: pathlib.Path):
    text, copy = tmp_path / "in", tmp_path / "out"
    text.write_text("early\n")
    own_kafka.stop()
    worker = make_worker({}, connectors(text, copy), bootstrap_servers=own_kafka.bootstrap)
    process = worker.launch()
    worker.await_log("no Kafka broker can be reached")
    own_kafka.start()
    process.wait_until(worker.is_ready, 60, "REST")
    eventually(lambda: copy.read_text() == "early\n")
    assert worker.stop() == 0


def test_a_long_outage_with_a_large_backlog_loses_nothing_and_takes_no_memory(own_kafka: Kafka, make_worker: Callable,
                                                                              tmp_path: pathlib.Path):
    text, copy = tmp_path / "in", tmp_path / "out"
    worker = make_worker({"offset.flush.interval.ms": 500}, connectors(text, copy), bootstrap_servers=own_kafka.bootstrap)
    text.write_text("before\n")
    worker.start()
    eventually(lambda: copy.exists() and copy.read_text() == "before\n", 60)

    own_kafka.stop()
    away_since = time.monotonic()
    backlog = [f"{n:07d} {'x' * 91}\n" for n in range(600_000)]  # 60 MB
    with text.open("a") as file:
        file.writelines(backlog)
    # Longer than the broker's and the clients' own ten seconds.
    eventually(lambda: time.monotonic() - away_since > 12, 30)
    assert worker.process.peak_rss_bytes() < 100 << 20
    own_kafka.start()

    size = text.stat().st_size
    eventually(lambda: copy.stat().st_size >= size, 90, "the whole backlog in the sink's file")
    assert set(copy.read_text().splitlines(True)) == {"before\n", *backlog}
    assert worker.process.peak_rss_bytes() < 140 << 20
    for name in ("source", "sink"):
        assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])
    assert worker.stop() == 0


def test_each_of_three_brokers_dies_once_and_nothing_is_lost(three_brokers: KafkaCluster, make_worker: Callable,
                                                             tmp_path: pathlib.Path):
    text, copy = tmp_path / "in", tmp_path / "out"
    topic = three_brokers.create_topic("lines", 1)
    worker = make_worker({"offset.flush.interval.ms": 500}, connectors(text, copy), bootstrap_servers=three_brokers.bootstrap)
    text.write_text("")
    worker.start()
    written: list[str] = []

    def append(lines: list[str]) -> None:
        written.extend(lines)
        with text.open("a") as file:
            file.writelines(lines)

    left = list(three_brokers.nodes)
    while left:
        append([f"{len(left)} before {n}\n" for n in range(1000)])
        victim = three_brokers.leader_of(topic, 0)
        if victim not in left:
            victim = left[0]
        left.remove(victim)
        eventually(three_brokers.in_step, 120, "all replicas are in step")
        append([f"{len(left)} during {n}\n" for n in range(50_000)])
        victim.kill()
        append([f"{len(left)} after {n}\n" for n in range(1000)])
        eventually(lambda: set(copy.read_text().splitlines(True)) == set(written), 120, "all lines in the sink's file")
        for name in ("source", "sink"):
            assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])
        victim.start()
    assert worker.stop() == 0
