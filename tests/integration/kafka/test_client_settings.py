"""Settings of Kafka clients that a connector gives: what Kafka's own clients refuse is refused in the same words."""

import pathlib
from typing import Callable

import pytest

from support.eventually import eventually
from support.services.kafka import Kafka
from support.worker import STRING_CONVERTER

_CONFIG = "org.apache.kafka.common.config.ConfigException: "


@pytest.mark.parametrize("override, sentence", [
    ({"producer.override.buffer.memory": "-1"},
     _CONFIG + "Invalid value -1 for configuration buffer.memory: Value must be at least 0"),
    ({"producer.override.acks": "7"}, _CONFIG + "Invalid value 7 for configuration acks: String must be one of: all, -1, 0, 1"),
    ({"producer.override.enable.idempotence": "true", "producer.override.acks": "1"},
     _CONFIG + "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."),
    ({"producer.override.delivery.timeout.ms": "10"},
     "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"),
    ({"producer.override.bootstrap.servers": "nobody.invalid:9092, nothing.invalid:9092"},
     _CONFIG + "No resolvable bootstrap urls given in bootstrap.servers"),
    ({"topic": "no topic!"}, "org.apache.kafka.common.errors.InvalidTopicException: "),
])
def test_a_source_with_settings_that_cannot_be_fails_with_the_reason(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                     tmp_path: pathlib.Path, override: dict, sentence: str):
    (tmp_path / "in").write_text("line\n")
    name = unique("source")
    worker = make_worker(connectors={name: {"connector.class": "FileStreamSource", "file": str(tmp_path / "in"),
                                            "topic": unique("lines"), **override}}).start()
    assert sentence in worker.rest.await_failed_task(name)


@pytest.mark.parametrize("override, sentence", [
    ({"consumer.override.fetch.min.bytes": "-1"},
     _CONFIG + "Invalid value -1 for configuration fetch.min.bytes: Value must be at least 0"),
    ({"consumer.override.session.timeout.ms": "1"}, "Heartbeat must be set lower than the session timeout"),
    ({"consumer.override.group.id": ""}, "The configured group.id should not be an empty string or whitespace."),
    ({"consumer.override.group.instance.id": ""},
     _CONFIG + "Invalid value  for configuration group.instance.id: String must be non-empty"),
    ({"consumer.override.bootstrap.servers": ""}, _CONFIG + "No resolvable bootstrap urls given in bootstrap.servers"),
    ({"consumer.override.auto.offset.reset": "by_duration:soon"},
     _CONFIG + "Invalid value by_duration:soon for configuration auto.offset.reset: "),
    ({"topics": "fine,no topic!"}, "org.apache.kafka.common.errors.InvalidTopicException: Invalid topics: [no topic!]"),
])
def test_a_sink_with_settings_that_cannot_be_fails_with_the_reason(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                   tmp_path: pathlib.Path, override: dict, sentence: str):
    topic, name = kafka.create_topic(unique("lines")), unique("sink")
    worker = make_worker(connectors={name: {"connector.class": "FileStreamSink", "file": str(tmp_path / "out"),
                                            "topics": topic, **override}}).start()
    assert sentence in worker.rest.await_failed_task(name)


def test_memory_does_not_grow_with_the_partitions(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path: pathlib.Path):
    topic = kafka.create_topic(unique("wide"), partitions=32)
    for partition in range(32):
        kafka.produce(topic, ["x" * 200] * 15000, partition=partition)
    out = tmp_path / "out"
    worker = make_worker({"value.converter": STRING_CONVERTER}, {unique("sink"): {
        "connector.class": "FileStreamSink", "file": str(out), "topics": topic}}).start()
    eventually(lambda: out.exists() and out.stat().st_size == 32 * 15000 * 201, 60)
    assert worker.process.peak_rss_bytes() < 100 << 20
    assert worker.stop() == 0
