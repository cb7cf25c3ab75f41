"""Kafka goes away for longer than workers may miss their heartbeats, and comes back."""

import json
from typing import Callable

from support.eventually import eventually
from support.services.kafka import Kafka
from support.worker import Worker

SETTINGS = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000, "scheduled.rebalance.max.delay.ms": 0,
            "offset.flush.interval.ms": 500}
TASKS = 4


def records(kafka: Kafka, topic: str) -> int:
    return sum(kafka.end_offsets(topic).values())


def test_workers_come_back_by_themselves_and_lose_nothing(own_kafka: Kafka, make_worker: Callable[..., Worker],
                                                          unique: Callable[[str], str]) -> None:
    workers = [make_worker(SETTINGS, mode="distributed", bootstrap_servers=own_kafka.bootstrap) for _ in range(2)]
    for worker in workers:
        worker.start()
    name, topic = unique("numbers"), own_kafka.create_topic(unique("t"))
    workers[0].rest.create(name, {"connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector",
                                  "topic": topic, "throughput": 100, "tasks.max": TASKS})
    workers[0].rest.await_running(name, TASKS)
    eventually(lambda: records(own_kafka, topic) > 100, 60, "numbers flow")
    eventually(lambda: len({task["worker_id"] for task in workers[0].rest.status(name)["tasks"]}) == 2, 60, "both have tasks")

    revocations = [worker.log_text().count("Handling revocation of") for worker in workers]
    own_kafka.kill()
    # A worker that cannot find its coordinator stops what it runs: somebody else may have been given it.
    for worker, earlier in zip(workers, revocations):
        eventually(lambda: worker.log_text().count("Handling revocation of") > earlier, 60, "everything is given up")
    assert workers[1].rest.request("GET", f"/connectors/{name}/status").status == 200
    own_kafka.start()

    before = records(own_kafka, topic)
    eventually(lambda: records(own_kafka, topic) > before + 400, 90, "numbers flow again")
    workers[1].rest.await_running(name, TASKS, timeout=90)
    workers[1].rest.put(f"/connectors/{name}/stop")
    workers[0].rest.await_states(name, "STOPPED", [])
    found: dict[int, set[int]] = {}
    for record in own_kafka.consume(topic):
        assert record.key and record.value
        found.setdefault(json.loads(record.key)["payload"], set()).add(json.loads(record.value)["payload"])
    assert sorted(found) == list(range(TASKS))
    for task, numbers in found.items():
        assert numbers == set(range(max(numbers) + 1)), f"task {task} has gaps"
