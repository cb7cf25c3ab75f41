import pathlib
from typing import Callable

import pytest

from support.services.kafka import Kafka, SecureKafka
from support.services.kafka_client import KafkaClient


def test_records_come_back_as_they_went(kafka: Kafka, unique: Callable[[str], str]) -> None:
    topic = kafka.create_topic(unique("t"), partitions=2)
    kafka.produce(topic, [b"\x00\xff", None], key="k", partition=1, headers=[("h", b"v"), ("n", None)], timestamp=5)
    first, second = kafka.consume(topic, 2)
    assert (first.value, first.key, first.partition, first.offset, first.timestamp) == (b"\x00\xff", b"k", 1, 0, 5)
    assert first.headers == [("h", b"v"), ("n", None)]
    assert second.value is None
    assert kafka.end_offsets(topic) == {0: 0, 1: 2}


def test_consume_without_a_count_reads_what_is_there(kafka: Kafka, unique: Callable[[str], str]) -> None:
    topic = kafka.create_topic(unique("t"))
    assert kafka.consume(topic) == []
    kafka.produce(topic, ["a", "b"])
    assert kafka.texts(topic) == ["a", "b"]


def test_consume_fails_when_the_records_do_not_come(kafka: Kafka, unique: Callable[[str], str]) -> None:
    topic = kafka.create_topic(unique("t"))
    kafka.produce(topic, ["a"])
    with pytest.raises(AssertionError, match="1 records after 3 s, wanted 2"):
        kafka.consume(topic, 2, timeout=3)


def test_topics_have_the_configuration_that_was_asked_for(kafka: Kafka, unique: Callable[[str], str]) -> None:
    topic = kafka.create_topic(unique("t"), config={"cleanup.policy": "compact"})
    assert kafka.topic_config(topic)["cleanup.policy"] == "compact"
    kafka.delete_topic(topic)
    assert topic not in kafka.topics()


def test_kafkas_own_tools_run(kafka: Kafka, unique: Callable[[str], str]) -> None:
    topic = kafka.create_topic(unique("t"))
    kafka.produce(topic, ["one", "two"])
    assert kafka.console_consumer(topic, "--max-messages", 2) == "one\ntwo\n"
    assert f"Topic: {topic}" in kafka.topics_tool("--describe", "--topic", topic)


def test_a_killed_broker_comes_back_on_the_same_port_with_its_records(own_kafka: Kafka) -> None:
    own_kafka.create_topic("t")
    own_kafka.produce("t", ["kept"])
    own_kafka.kill()
    own_kafka.start()
    assert own_kafka.texts("t", 1, timeout=60) == ["kept"]


def test_tls_sasl_and_acls(secure_kafka: SecureKafka) -> None:
    ca = str(secure_kafka.certificates.path("ca.pem"))
    secure_kafka.create_topic("t")
    secure_kafka.produce("t", ["x"])
    secure_kafka.allow("bob", "--operation", "All", "--topic", "t")
    tls = {"security.protocol": "ssl", "ssl.ca.location": ca}
    assert "t" in KafkaClient(secure_kafka.ssl_bootstrap, tls).topics()  # without a certificate: User:ANONYMOUS
    bob = {"security.protocol": "sasl_ssl", "ssl.ca.location": ca, "sasl.mechanisms": "SCRAM-SHA-512",
           "sasl.username": "bob", "sasl.password": "bob-secret"}
    assert list(KafkaClient(secure_kafka.sasl_ssl_bootstrap, bob).topics()) == ["t"]
    alice = {**bob, "sasl.mechanisms": "PLAIN", "sasl.username": "alice", "sasl.password": "alice-secret"}
    assert "t" not in KafkaClient(secure_kafka.sasl_ssl_bootstrap, alice).topics()


def test_a_server_that_cannot_start_shows_its_log(tmp_path: pathlib.Path) -> None:
    broken = Kafka(tmp_path / "kafka", {"num.network.threads": "-1"})
    with pytest.raises((AssertionError, RuntimeError), match="num.network.threads"):
        broken.start()
    broken.kill()
