"""Requests of every kind while workers are stopped, killed and started: in the end, all is as it was last asked for."""

import dataclasses
import random
import threading
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.verifiable import json_lines
from support.worker import Worker

SETTINGS = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
            "offset.flush.interval.ms": 500}
CLIENTS, CONNECTORS, BOUNCES = 4, 8, 4


@dataclasses.dataclass
class Wanted:
    tasks: int = 0
    state: str = "GONE"


class Client(threading.Thread):
    """Has its way with some connectors, and remembers what each should be."""

    def __init__(self, names: list[str], workers: list[Worker], up: set[int], seed: int):
        super().__init__()
        self.wanted = {name: Wanted() for name in names}
        self.lost: dict[str, int] = {}  # connectors of requests without a proper answer; the tasks they shall have in the end
        self.unexpected: list[str] = []
        self._workers, self._up = workers, up
        self._random = random.Random(seed)
        self._enough = threading.Event()

    def finish(self) -> None:
        self._enough.set()
        self.join()

    def run(self) -> None:
        while not self._enough.wait(self._random.random() * 0.1):
            name = self._random.choice(list(self.wanted))
            tasks = self._random.randint(1, 4)
            steps: list[tuple[str, str, Any, Callable[[Wanted], Wanted]]] = [
                ("PUT", "/config", self._config(name, tasks),
                 lambda old: Wanted(tasks, "RUNNING" if old.state == "GONE" else old.state)),
                ("PUT", "/pause", None, lambda old: Wanted(old.tasks, "PAUSED")),
                ("PUT", "/resume", None, lambda old: Wanted(old.tasks, "RUNNING")),
                ("PUT", "/stop", None, lambda old: Wanted(old.tasks, "STOPPED")),
                ("DELETE", "", None, lambda old: Wanted()),
                ("POST", "/restart", None, lambda old: old),
                ("POST", "/restart?includeTasks=true", None, lambda old: old),
                ("POST", "/tasks/0/restart", None, lambda old: old),
                ("GET", "/status", None, lambda old: old),
            ]
            method, path, body, change = self._random.choice(steps)
            status = self._ask(method, f"/connectors/{name}{path}", body)
            if status is None or status >= 500:
                self.lost[name] = tasks  # a worker was just leaving: done, not done, or to be done by another one
            elif status < 400:
                self.wanted[name] = change(self.wanted[name])
            elif status not in (404, 409):
                self.unexpected.append(f"{method} {path}: {status}")

    def _config(self, name: str, tasks: int) -> dict[str, Any]:
        return {"connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector", "tasks.max": tasks,
                "topic": name, "throughput": 20}

    def _ask(self, method: str, path: str, body: Any = None) -> int | None:
        worker = self._workers[self._random.choice(sorted(self._up))]
        try:
            return worker.rest.request(method, path, body).status
        except OSError:
            return None

    def settle(self) -> None:
        """Once all is quiet."""
        for name, tasks in self.lost.items():
            base = f"/connectors/{name}"
            assert self._ask("PUT", base + "/config", self._config(name, tasks)) in (200, 201)
            eventually(lambda: self._ask("PUT", base + "/resume") == 202, 60, "another worker has read of it")
            self.wanted[name] = Wanted(tasks, "RUNNING")


def as_wanted(worker: Worker, name: str, wanted: Wanted) -> bool:
    if wanted.state == "GONE":
        return worker.rest.request("GET", f"/connectors/{name}/status").status == 404
    connector, tasks = worker.rest.states(name)
    if wanted.state == "PAUSED":  # one that has never run has no tasks yet
        return connector == "PAUSED" and set(tasks) <= {"PAUSED"}
    return (connector, tasks) == (wanted.state, ["RUNNING"] * wanted.tasks if wanted.state == "RUNNING" else [])


@pytest.mark.parametrize("protocol", ["sessioned", "eager"])
def test_all_is_as_it_was_last_asked_for(make_worker: Callable[..., Worker], unique: Callable[[str], str], protocol: str) -> None:
    workers = [make_worker(mode="distributed", settings={**SETTINGS, "connect.protocol": protocol}) for _ in range(3)]
    for worker in workers:
        worker.launch()
    for worker in workers:
        assert worker.process
        worker.process.wait_until(worker.is_ready, 60, f"REST at {worker.url}")
    names, up = [unique(f"c{number}") for number in range(CONNECTORS)], {0, 1, 2}
    clients = [Client(names[number::CLIENTS], workers, up, number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    order = random.Random(1)
    for bounce in range(BOUNCES):
        number = order.randrange(3)
        up.discard(number)
        if bounce % 2:
            workers[number].kill()
        else:
            assert workers[number].stop() == 0
        workers[number].start()
        up.add(number)
    for client in clients:
        client.finish()
    for worker in workers:  # answered behind requests that a killed worker had passed on
        eventually(lambda: worker.rest.request("GET", "/health").status == 200, 60, "all is quiet")
    for client in clients:
        client.settle()

    assert not [text for client in clients for text in client.unexpected]
    wanted = {name: what for client in clients for name, what in client.wanted.items()}
    for name, what in wanted.items():
        for worker in workers:
            eventually(lambda: as_wanted(worker, name, what), 60, f"{name} is {what}, says {worker.url}")

    def lines(name: str) -> int:
        return sum(line.get("name") == name for worker in workers for line in json_lines(worker))

    running = {name: lines(name) for name, what in wanted.items() if what.state == "RUNNING"}
    eventually(lambda: all(lines(name) > before + 20 for name, before in running.items()), 60, "what runs goes on")
