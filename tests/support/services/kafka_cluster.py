"""Several Kafka brokers as one cluster, to see what a worker does when the one that it talks to dies."""

import pathlib

from confluent_kafka.admin import NewTopic

from support.ports import free_port
from support.services.kafka import Kafka, new_cluster_id
from support.services.kafka_client import KafkaClient

REPLICAS = 3


class ClusterNode(Kafka):
    """One broker and controller of a KafkaCluster."""

    def __init__(self, folder: pathlib.Path, node_id: int, ports: list[tuple[int, int]], cluster_id: str):
        super().__init__(folder)
        self.cluster_id = cluster_id
        self.port, self.controller_port = ports[node_id - 1]
        self.bootstrap = f"127.0.0.1:{self.port}"
        voters = ",".join(f"{number}@127.0.0.1:{port}" for number, (_, port) in enumerate(ports, 1))
        self.settings = {
            "node.id": str(node_id),
            "controller.quorum.voters": voters,
            "offsets.topic.replication.factor": str(REPLICAS),
            "transaction.state.log.replication.factor": str(REPLICAS),
            "transaction.state.log.min.isr": "2",
            "default.replication.factor": str(REPLICAS),
            "min.insync.replicas": "2",
        }


class KafkaCluster(KafkaClient):
    """Three nodes; topics have a replica on each, two of which must be in step. One node may be away at a time."""

    def __init__(self, folder: pathlib.Path):
        ports = [(free_port(), free_port()) for _ in range(REPLICAS)]
        cluster_id = new_cluster_id()
        self.nodes = [ClusterNode(pathlib.Path(folder) / f"node-{number}", number, ports, cluster_id)
                      for number in range(1, REPLICAS + 1)]
        super().__init__(",".join(node.bootstrap for node in self.nodes))

    def start(self) -> "KafkaCluster":
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.wait_ready()
        return self

    def kill(self) -> None:
        for node in self.nodes:
            node.kill()

    def create_topic(self, topic: str, partitions: int = 1, config: dict[str, str] | None = None) -> str:
        futures = self._admin().create_topics([NewTopic(topic, partitions, REPLICAS, config=config or {})],
                                              operation_timeout=30)
        futures[topic].result(30)
        self._until(lambda: len(self.topics().get(topic, [])) == partitions, f"topic {topic}")
        return topic

    def leader_of(self, topic: str, partition: int) -> ClusterNode:
        leader = self._admin().list_topics(topic, timeout=15).topics[topic].partitions[partition].leader
        return self.nodes[leader - 1]

    def coordinator_of(self, group: str) -> ClusterNode:
        """The node that leads the partition of the offsets topic that the group's name falls into."""
        number = 0
        for character in group:  # java.lang.String.hashCode
            number = (number * 31 + ord(character)) & 0x7FFFFFFF
        return self.leader_of("__consumer_offsets", number % len(self.topics()["__consumer_offsets"]))

    def in_step(self) -> bool:
        """Has every partition all of its replicas in step?"""
        metadata = self._admin().list_topics(timeout=15)
        return all(len(partition.isrs) == REPLICAS
                   for topic in metadata.topics.values() for partition in topic.partitions.values())
