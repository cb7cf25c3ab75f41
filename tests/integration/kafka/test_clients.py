"""The client seams (src/kafka) on a real Kafka; the tests themselves are C++ (clients_it.cc)."""

from integration.kafka.programs import run_program
from support.services.kafka import Kafka


def test_producer_consumer_and_admin(kafka: Kafka) -> None:
    run_program("it_kafka_clients", kafka.bootstrap)
