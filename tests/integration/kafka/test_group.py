"""Worker membership (src/kafka/group) on a real Kafka; the tests themselves are C++ (group_it.cc)."""

from integration.kafka.programs import run_program
from support.services.kafka import Kafka


def test_members_of_a_group(kafka: Kafka) -> None:
    run_program("it_kafka_group", kafka.bootstrap)
