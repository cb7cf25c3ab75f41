"""What tests do to a Kafka cluster: topics, records, groups. By librdkafka, so a call costs milliseconds."""

import dataclasses
import time
from typing import Callable, Iterable

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic


@dataclasses.dataclass(frozen=True)
class Record:
    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    timestamp: int

    @property
    def text(self) -> str | None:
        return None if self.value is None else self.value.decode()


class KafkaClient:
    """`settings` are librdkafka's, for clusters that want TLS or SASL."""

    def __init__(self, bootstrap: str, settings: dict[str, str] | None = None):
        self.bootstrap = bootstrap
        self._settings = {"bootstrap.servers": bootstrap, "log_level": 0, "topic.metadata.refresh.interval.ms": 1000,
                          **(settings or {})}
        self._admin_client: AdminClient | None = None

    def _admin(self) -> AdminClient:
        if self._admin_client is None:
            self._admin_client = AdminClient(self._settings)
        return self._admin_client

    # --- topics

    def create_topic(self, topic: str, partitions: int = 1, config: dict[str, str] | None = None) -> str:
        futures = self._admin().create_topics([NewTopic(topic, partitions, 1, config=config or {})], operation_timeout=30)
        futures[topic].result(30)
        self._until(lambda: len(self.topics().get(topic, [])) == partitions, f"topic {topic}")
        return topic

    def delete_topic(self, topic: str) -> None:
        self._admin().delete_topics([topic], operation_timeout=30)[topic].result(30)
        self._until(lambda: topic not in self.topics(), f"no topic {topic}")

    def topics(self) -> dict[str, list[int]]:
        """Topic → its partitions, internal ones too."""
        metadata = self._admin().list_topics(timeout=15)
        return {name: sorted(topic.partitions) for name, topic in metadata.topics.items()}

    def topic_config(self, topic: str) -> dict[str, str]:
        resource = ConfigResource("topic", topic)
        entries = self._admin().describe_configs([resource])[resource].result(15)
        return {name: entry.value for name, entry in entries.items()}

    # --- records

    def produce(self, topic: str, values: Iterable[bytes | str | None], key: bytes | str | None = None,
                partition: int | None = None, headers: list[tuple[str, bytes | None]] | None = None,
                timestamp: int | None = None) -> None:
        """Produces and waits for the acknowledgement of all."""
        failures: list[KafkaError] = []
        producer = Producer({**self._settings, "acks": "all", "linger.ms": 0, "message.max.bytes": 100000000})
        options: dict[str, object] = {}
        if partition is not None:
            options["partition"] = partition
        if timestamp is not None:
            options["timestamp"] = timestamp
        if headers is not None:
            options["headers"] = headers
        for value in values:
            while True:
                try:
                    producer.produce(topic, value, key, on_delivery=lambda error, _: error and failures.append(error),
                                     **options)
                    break
                except BufferError:
                    producer.poll(0.1)
        if producer.flush(60) or failures:
            raise AssertionError(f"could not produce to {topic}: {failures[:3] or 'no acknowledgement within 60 s'}")

    def consume(self, topic: str, count: int | None = None, timeout: float = 30.0,
                isolation: str = "read_committed") -> list[Record]:
        """The topic's records, oldest first within a partition.

        With `count`: waits until there are that many, and returns all that there are then. Without: those there are now.
        """
        if count is not None:
            self._until(lambda: topic in self.topics(), f"topic {topic}", timeout)
        consumer = Consumer({**self._settings, "group.id": "millrace-tests", "enable.auto.commit": False,
                             "enable.partition.eof": True, "isolation.level": isolation, "fetch.wait.max.ms": 20,
                             "auto.offset.reset": "earliest", "fetch.message.max.bytes": 50000000,
                             "fetch.max.bytes": 100000000})
        try:
            partitions = self.topics()[topic]
            consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
            return self._read(consumer, topic, partitions, count, timeout)
        finally:
            consumer.close()

    @staticmethod
    def _read(consumer: Consumer, topic: str, partitions: list[int], count: int | None, timeout: float) -> list[Record]:
        deadline = time.monotonic() + timeout
        records: list[Record] = []
        at_end: set[int] = set()
        while True:
            for message in consumer.consume(5000, 0.05):
                error = message.error()
                if error is None:
                    at_end.discard(message.partition())
                    records.append(Record(message.topic(), message.partition(), message.offset(), message.key(),
                                          message.value(), message.headers() or [], message.timestamp()[1]))
                elif error.code() == KafkaError._PARTITION_EOF:
                    at_end.add(message.partition())
                elif not error.retriable() and error.fatal():
                    raise KafkaException(error)
            if len(at_end) == len(partitions) and (count is None or len(records) >= count):
                return sorted(records, key=lambda r: (r.partition, r.offset))
            if time.monotonic() > deadline:
                raise AssertionError(f"{topic}: {len(records)} records after {timeout:g} s"
                                     + (f", wanted {count}" if count is not None else "; not at the end yet"))

    def texts(self, topic: str, count: int | None = None, timeout: float = 30.0) -> list[str | None]:
        return [record.text for record in self.consume(topic, count, timeout)]

    def end_offsets(self, topic: str) -> dict[int, int]:
        consumer = Consumer({**self._settings, "group.id": "millrace-tests"})
        try:
            return {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=15)[1]
                    for p in self.topics()[topic]}
        finally:
            consumer.close()

    def watcher(self, topic: str) -> Callable[[], int]:
        """A function that says how many records partition 0 has; one connection for all calls."""
        consumer = Consumer({**self._settings, "group.id": "millrace-tests"})
        partition = TopicPartition(topic, 0)
        return lambda: consumer.get_watermark_offsets(partition, timeout=15)[1]

    # --- groups

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Partition → committed offset; partitions without one are left out."""
        consumer = Consumer({**self._settings, "group.id": group})
        try:
            wanted = [TopicPartition(topic, partition) for partition in self.topics()[topic]]
            return {tp.partition: tp.offset for tp in consumer.committed(wanted, timeout=15) if tp.offset >= 0}
        finally:
            consumer.close()

    def lag(self, group: str, topic: str) -> int:
        committed = self.committed(group, topic)
        return sum(end - committed.get(partition, 0) for partition, end in self.end_offsets(topic).items())

    def groups(self) -> dict[str, str]:
        """Group → its state as the broker names it (Stable, Empty...)."""
        return {group.id: group.state for group in self._admin().list_groups(timeout=15)}

    @staticmethod
    def _until(condition: Callable[[], bool], what: str, timeout: float = 30.0) -> None:
        from support.eventually import eventually
        eventually(condition, timeout, what)
