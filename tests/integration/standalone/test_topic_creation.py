"""topic.creation.*: the worker makes a source's topics as the connector says, and says why when it cannot."""

import pathlib
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.services.kafka import Kafka


def source(path: pathlib.Path, topic: str, **creation: Any) -> dict[str, Any]:
    return {"connector.class": "FileStreamSource", "tasks.max": 1, "file": str(path), "topic": topic,
            **{f"topic.creation.{key}": value for key, value in creation.items()}}


def test_the_first_group_that_takes_a_topic_makes_it(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path: pathlib.Path):
    (tmp_path / "in").write_text("line\n")
    groups = {"groups": "wide, other", "wide.include": "nothing, (?i:WIDE).*", "wide.exclude": ".*-not-.*", "wide.partitions": 5,
              "wide.retention.ms": 3600000, "other.include": "x", "default.partitions": 2, "default.replication.factor": 1,
              "default.cleanup.policy": "delete"}
    wide, excluded = unique("wide"), unique("wide-not-")
    worker = make_worker(connectors={unique("source"): source(tmp_path / "in", topic, **groups) for topic in (wide, excluded)}).start()
    eventually(lambda: {wide, excluded} <= set(kafka.topics()))
    assert len(kafka.texts(wide, 1)) == len(kafka.texts(excluded, 1)) == 1
    assert len(kafka.topics()[wide]) == 5 and len(kafka.topics()[excluded]) == 2
    assert kafka.topic_config(wide)["retention.ms"] == "3600000"
    worker.await_log(f"created topic (name={wide}, numPartitions=5, replicationFactor=1, replicasAssignments=null, "
                     "configs={retention.ms=3600000}) using creation group wide")


@pytest.mark.parametrize("creation, why", [
    ({"default.partitions": 1, "default.replication.factor": 3}, "The target replication factor of 3 cannot be reached"),
    ({"default.partitions": 1, "default.replication.factor": 1, "default.cleanup.policy": "shred"}, "cleanup.policy"),
])
def test_a_topic_that_cannot_be_made_fails_the_task_with_the_reason(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                    tmp_path: pathlib.Path, creation: dict[str, Any], why: str):
    (tmp_path / "in").write_text("line\n")
    topic, name = unique("lines"), unique("source")
    worker = make_worker(connectors={name: source(tmp_path / "in", topic, **creation)}).start()
    trace = worker.rest.await_failed_task(name)
    assert f"Unable to create topic(s) '{topic}': " in trace and why in trace
    assert "Caused by: org.apache.kafka.common.errors.Invalid" in trace


def test_a_sink_makes_the_broker_create_the_topic_it_waits_for(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                               tmp_path: pathlib.Path):
    topic, other = unique("missing"), unique("left-alone")
    sink = {"connector.class": "FileStreamSink", "file": str(tmp_path / "out"),
            "value.converter": "org.apache.kafka.connect.storage.StringConverter"}
    worker = make_worker(connectors={
        unique("off"): {**sink, "topics": other, "consumer.override.allow.auto.create.topics": "false"},
        unique("on"): {**sink, "topics": topic}}).start()
    eventually(lambda: topic in kafka.topics())
    kafka.produce(topic, ["first"])
    eventually(lambda: (tmp_path / "out").read_text() == "first\n")
    assert other not in kafka.topics()
    assert worker.stop() == 0
