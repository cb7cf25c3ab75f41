"""A cluster of three brokers of which one at a time is killed: the group's coordinator, the leaders of the internal topics."""

import json
from typing import Callable

import pytest

from support.eventually import eventually
from support.services.kafka_cluster import KafkaCluster
from support.verifiable import json_lines
from support.worker import Worker

TOOLS = "org.apache.kafka.connect.tools."
TASKS = 2
GROUP = "workers-of-three-brokers"


def seen(workers: list[Worker], name: str, mark: str) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {task: set() for task in range(TASKS)}
    for worker in workers:
        for line in json_lines(worker):
            if line.get(mark) and line["name"] == name:
                found[line["task"]].add(line["seqno"])
    return found


@pytest.mark.parametrize("exactly_once", ["disabled", "enabled"])
def test_each_broker_dies_once_and_nothing_is_lost(three_brokers: KafkaCluster, make_worker: Callable[..., Worker],
                                                   exactly_once: str) -> None:
    settings = {"group.id": GROUP, "exactly.once.source.support": exactly_once, "session.timeout.ms": 10000,
                "heartbeat.interval.ms": 1000, "offset.flush.interval.ms": 1000, "config.storage.replication.factor": 3,
                "offset.storage.replication.factor": 3, "status.storage.replication.factor": 3,
                "scheduled.rebalance.max.delay.ms": 0}
    workers = [make_worker(settings, mode="distributed", bootstrap_servers=three_brokers.bootstrap) for _ in range(2)]
    for worker in workers:
        worker.start()
    source, sink, topic = "source", "sink", three_brokers.create_topic("numbers", 2)
    workers[0].rest.create(source, {"connector.class": TOOLS + "VerifiableSourceConnector", "tasks.max": TASKS, "topic": topic,
                                    "throughput": 100})
    workers[0].rest.create(sink, {"connector.class": TOOLS + "VerifiableSinkConnector", "tasks.max": TASKS, "topics": topic})
    for name in (source, sink):
        workers[0].rest.await_running(name, TASKS)

    left = list(three_brokers.nodes)
    while left:
        victim = three_brokers.coordinator_of(GROUP)
        if victim not in left:
            victim = left[0]
        left.remove(victim)
        eventually(three_brokers.in_step, 120, "all replicas are in step")
        victim.kill()
        before = {mark: {task: len(numbers) for task, numbers in seen(workers, name, mark).items()}
                  for name, mark in ((source, "committed"), (sink, "flushed"))}
        for name, mark in ((source, "committed"), (sink, "flushed")):
            eventually(lambda: all(len(numbers) > before[mark][task] + 100
                                   for task, numbers in seen(workers, name, mark).items()), 120, f"{name} goes on")
        for name in (source, sink):
            workers[1].rest.await_running(name, TASKS)
        victim.start()

    workers[0].rest.put(f"/connectors/{source}/stop")
    workers[0].rest.await_states(source, "STOPPED", [])
    records = [(json.loads(record.key)["payload"], json.loads(record.value)["payload"])
               for record in three_brokers.consume(topic)]
    if exactly_once == "enabled":
        assert len(records) == len(set(records)), "numbers came twice"
    in_topic = {task: {number for of, number in records if of == task} for task in range(TASKS)}
    committed = seen(workers, source, "committed")
    for task, numbers in in_topic.items():
        assert committed[task] <= numbers, f"task {task}: committed, but not in the topic"
        assert numbers == set(range(max(numbers) + 1)), f"task {task}: numbers are missing in the topic"
    eventually(lambda: all(numbers <= seen(workers, sink, "flushed")[task] for task, numbers in in_topic.items()), 60,
               "the sink has all of them")
