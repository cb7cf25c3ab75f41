"""A distributed worker as a process: exit statuses, and what it says about a configuration that cannot work."""

import signal
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.ports import free_port
from support.rest import Rest
from support.services.kafka import SecureKafka
from support.worker import Worker

Maker = Callable[..., Worker]


def run(worker: Worker) -> tuple[int, str]:
    status, _, log = worker.run_to_end(worker.write_files())
    return status, log


def test_without_a_file_it_explains_itself(make_worker: Maker) -> None:
    for arguments in ([], ["--help"]):
        status, _, log = make_worker(mode="distributed").run_to_end(arguments)
        assert status == 1
        assert "Usage: ConnectDistributed worker.properties" in log


@pytest.mark.parametrize("key, value, sentence", [
    ("group.id", None, 'Missing required configuration "group.id" which has no default value.'),
    ("config.storage.topic", None, 'Missing required configuration "config.storage.topic" which has no default value.'),
    ("connect.protocol", "lazy", "Invalid value lazy for configuration connect.protocol: Invalid Connect protocol compatibility"),
    ("exactly.once.source.support", "perhaps", "Invalid value perhaps for configuration exactly.once.source.support: "),
    ("offset.storage.partitions", 0, "Number of partitions must be positive, or -1 to use the broker's default"),
    ("scheduled.rebalance.max.delay.ms", -1, "Value must be at least 0"),
    ("inter.worker.verification.algorithms", "HmacSHA512",
     "Signature algorithm must be present in inter.worker.verification.algorithms list"),
    ("listeners", "ftp://localhost:1", 'Listener protocol must be either "http" or "https".'),
])
def test_a_bad_setting_is_one_sentence_and_status_2(make_worker: Maker, key: str, value: Any, sentence: str) -> None:
    status, log = run(make_worker({key: value}, mode="distributed"))
    assert status == 2
    assert "Stopping due to error" in log and sentence in log


def test_topics_of_the_wrong_kind_are_explained(make_worker: Maker, kafka: Any, unique: Callable[[str], str]) -> None:
    deleting, wide = unique("deleting"), unique("wide")
    kafka.create_topic(deleting, 1)
    kafka.create_topic(wide, 3, {"cleanup.policy": "compact"})
    status, log = run(make_worker({"offset.storage.topic": deleting}, mode="distributed"))
    assert status == 1
    assert (f"Topic '{deleting}' supplied via the 'offset.storage.topic' property is required to have 'cleanup.policy=compact' "
            "to guarantee consistency and durability of source connector offsets, but found the topic currently has "
            "'cleanup.policy=delete'.") in log
    status, log = run(make_worker({"config.storage.topic": wide}, mode="distributed"))
    assert status == 1
    assert "is required to have a single partition in order to guarantee consistency of connector configurations, but " \
           "found 3 partitions." in log


def test_topics_that_it_may_not_see_are_named_at_once(make_worker: Maker, secure_kafka: SecureKafka) -> None:
    password = SecureKafka.USERS["bob"]
    login = f'org.apache.kafka.common.security.plain.PlainLoginModule required username="bob" password="{password}";'
    worker = make_worker({
        "security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.jaas.config": login,
    }, mode="distributed", bootstrap_servers=secure_kafka.sasl_plaintext_bootstrap)
    status, log = run(worker)
    assert status == 1
    assert f"Not authorized to access topics: [{worker.settings['config.storage.topic']}]" in log


def test_a_stop_while_kafka_cannot_be_reached(make_worker: Maker) -> None:
    worker = make_worker(mode="distributed", bootstrap_servers=f"127.0.0.1:{free_port()}")
    process = worker.launch()
    process.wait_for_log("no Kafka broker can be reached")
    assert worker.stop(30) == 0  # a request to a Kafka that is not there may take 60


def test_both_signals_end_it(make_worker: Maker) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        worker = make_worker(mode="distributed").start()
        assert worker.process
        worker.process.send(number)
        assert worker.process.wait(60) == 0


def test_internal_topics_are_made_as_configured(make_worker: Maker, kafka: Any, unique: Callable[[str], str]) -> None:
    names = {kind: unique(kind) for kind in ("config", "offset", "status")}
    settings = {f"{kind}.storage.topic": name for kind, name in names.items()}
    settings |= {"offset.storage.partitions": 7, "status.storage.partitions": None, "config.storage.max.message.bytes": 2000000,
                 "offset.storage.segment.bytes": 52428800, "rest.port": free_port(), "listeners": None}
    worker = make_worker(settings, mode="distributed")
    worker.launch()
    worker.await_log("Starting connectors and tasks using config offset")
    for kind, partitions in (("config", 1), ("offset", 7), ("status", 5)):
        described = kafka.topics_tool("--describe", "--topic", names[kind])
        assert f"PartitionCount: {partitions}" in described and "cleanup.policy=compact" in described
        if kind != "status":
            assert ("max.message.bytes=2000000" if kind == "config" else "segment.bytes=52428800") in described
    eventually(lambda: Rest(f"http://127.0.0.1:{settings['rest.port']}").connectors() == [], 60)  # the old name of its port
