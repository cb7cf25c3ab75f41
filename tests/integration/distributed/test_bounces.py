"""Workers are bounced one after the other, as Kafka's system tests do; what the verifiable connectors print is complete."""

import collections
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.verifiable import json_lines
from support.worker import Worker

TASKS = 3
STARTING = "Starting connectors and tasks using config offset"
TOOLS = "org.apache.kafka.connect.tools."


def numbers(workers: list[Worker], name: str, mark: str) -> dict[int, list[int]]:
    """Task of the source → the numbers that lines with this mark ("committed", "flushed") name."""
    found: dict[int, list[int]] = {task: [] for task in range(TASKS)}
    for worker in workers:
        for line in json_lines(worker):
            if line.get(mark) and line["name"] == name:
                found[line["task"]].append(line["seqno"])
    return found


def bounce(worker: Worker, clean: bool) -> None:
    if clean:
        assert worker.stop() == 0
    else:
        worker.kill()
    worker.log.unlink()
    worker.start()
    worker.await_log(STARTING, 90)


@pytest.mark.parametrize("clean, protocol, rounds", [(True, "sessioned", 3), (True, "eager", 1), (False, "sessioned", 3)])
def test_rolling_bounce(make_worker: Callable[..., Worker], unique: Callable[[str], str], kafka: Any, clean: bool,
                        protocol: str, rounds: int) -> None:
    settings = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000, "scheduled.rebalance.max.delay.ms": 0,
                "offset.flush.interval.ms": 1000, "connect.protocol": protocol, "consumer.session.timeout.ms": 6000,
                "consumer.heartbeat.interval.ms": 1000}
    workers = [make_worker(mode="distributed", settings=settings) for _ in range(3)]
    for worker in workers:
        worker.start()
    source, sink, topic = unique("source"), unique("sink"), kafka.create_topic(unique("t"), 2)
    workers[0].rest.create(source, {"connector.class": TOOLS + "VerifiableSourceConnector", "tasks.max": TASKS, "topic": topic,
                                    "throughput": 100, "complete.record.data": False})
    workers[0].rest.create(sink, {"connector.class": TOOLS + "VerifiableSinkConnector", "tasks.max": TASKS, "topics": topic})
    for name in (source, sink):
        workers[0].rest.await_running(name, TASKS)
    for _ in range(rounds):
        for worker in workers:
            before = {task: len(found) for task, found in numbers(workers, source, "committed").items()}
            bounce(worker, clean)
            eventually(lambda: all(len(found) > before[task] for task, found in numbers(workers, source, "committed").items()),
                       60, "every task of the source goes on")
    for name in (source, sink):
        workers[0].rest.await_running(name, TASKS)
    flushed = {task: max(found, default=-1) for task, found in numbers(workers, sink, "flushed").items()}
    eventually(lambda: all(max(found) > flushed[task] + 100 for task, found in numbers(workers, sink, "flushed").items()), 90,
               "the sink goes on")
    workers[1].rest.delete(f"/connectors/{source}")
    workers[2].rest.delete(f"/connectors/{sink}")
    for worker in workers:
        assert worker.stop() == 0

    committed, flushed_numbers = numbers(workers, source, "committed"), numbers(workers, sink, "flushed")
    for task in range(TASKS):
        for what, found in ((f"committed by the source's task {task}", committed[task]),
                            (f"flushed by the sink, of task {task}", flushed_numbers[task])):
            assert set(found) == set(range(max(found) + 1)), f"{what}: numbers are missing"
            twice = [number for number, count in collections.Counter(found).items() if count > 1]
            if clean:
                assert not twice, f"{what}: {len(twice)} numbers twice"
        assert max(flushed_numbers[task]) <= max(committed[task])
