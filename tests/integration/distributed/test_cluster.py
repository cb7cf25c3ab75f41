"""Several workers, one cluster: creation by REST, shared tasks, rebalances, and nothing lost when one dies."""

import collections
import concurrent.futures
import json
import os
import pathlib
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.verifiable import json_lines
from support.worker import Worker

FAST = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
        "offset.flush.interval.ms": 500}
VERIFIABLE_SOURCE = "org.apache.kafka.connect.tools.VerifiableSourceConnector"
VERIFIABLE_SINK = "org.apache.kafka.connect.tools.VerifiableSinkConnector"
FILE_SOURCE = "FileStreamSource"


def owners(worker: Worker, name: str) -> set[str]:
    return {task["worker_id"] for task in worker.rest.status(name)["tasks"]}


def numbers_in(kafka: Any, topic: str) -> list[tuple[int, int]]:
    """(task, number) of every record."""
    return [(json.loads(record.key)["payload"], json.loads(record.value)["payload"]) for record in kafka.consume(topic)]


def committed(workers: list[Worker], name: str) -> set[tuple[int, int]]:
    """(task, number) of what the tasks of a verifiable source said to be committed."""
    return {(line["task"], line["seqno"]) for worker in workers for line in json_lines(worker)
            if line.get("committed") and line["name"] == name}


@pytest.fixture
def cluster(make_worker: Callable[..., Worker]) -> Callable[..., list[Worker]]:
    def start(count: int, settings: dict[str, Any] | None = None) -> list[Worker]:
        workers = [make_worker(mode="distributed", settings={**FAST, **(settings or {})}) for _ in range(count)]
        for worker in workers:
            worker.launch()
        for worker in workers:
            assert worker.process
            worker.process.wait_until(worker.is_ready, 60, f"REST at {worker.url}")
        return workers

    return start


def test_the_tutorial_by_curl(cluster: Callable[..., list[Worker]], tmp_path: pathlib.Path, kafka: Any,
                              unique: Callable[[str], str]) -> None:
    (worker,) = cluster(1)
    topic, source, sink = unique("lines"), unique("source"), unique("sink")
    lines, copy = tmp_path / "in.txt", tmp_path / "out.txt"
    lines.write_text("foo\nbar\n")
    config = {"connector.class": FILE_SOURCE, "tasks.max": "1", "file": str(lines), "topic": topic}
    response = worker.rest.request("POST", "/connectors", {"name": source, "config": config})
    assert response.status == 201
    assert response.headers["location"].endswith(f"/connectors/{source}")
    body = response.json()
    assert body["name"] == source and body["type"] == "source" and body["config"] == {**config, "name": source}
    worker.rest.create(sink, {"connector.class": "FileStreamSink", "file": str(copy), "topics": topic})
    worker.rest.await_running(source)
    worker.rest.await_running(sink)
    eventually(lambda: copy.exists() and copy.read_text() == "foo\nbar\n", 60, "both lines in the sink's file")
    assert worker.rest.request("DELETE", f"/connectors/{source}").status == 204
    eventually(lambda: worker.rest.connectors() == [sink], 60)
    eventually(lambda: worker.rest.request("GET", f"/connectors/{source}/status").status == 404, 60)
    for text in ("Kafka version", "Joined group", "Starting connectors and tasks using config offset"):
        assert text in worker.log_text()


def test_workers_share_the_tasks_and_forward_requests(cluster: Callable[..., list[Worker]],
                                                      unique: Callable[[str], str]) -> None:
    workers = cluster(3)
    name = unique("numbers")
    workers[2].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 6, "topic": unique("t"),
                                  "throughput": 10})
    for worker in workers:
        worker.rest.await_running(name, 6)
    assert len(owners(workers[0], name)) == 3
    # every worker answers for every connector, whoever leads or owns it
    for task, worker in enumerate(workers):
        assert worker.rest.request("POST", f"/connectors/{name}/tasks/{task}/restart").status == 204
        assert worker.rest.request("POST", f"/connectors/{name}/restart").status == 204
    workers[1].rest.await_running(name, 6)
    assert workers[1].rest.request("POST", f"/connectors/{name}/restart?includeTasks=true").status == 202
    workers[0].rest.await_running(name, 6)
    assert workers[1].rest.request("PUT", f"/connectors/{name}/pause").status == 202
    for worker in workers:
        worker.rest.await_states(name, "PAUSED", ["PAUSED"] * 6)
    workers[2].rest.put(f"/connectors/{name}/resume")
    workers[0].rest.await_running(name, 6)
    config = workers[0].rest.get(f"/connectors/{name}/config")
    workers[1].rest.put_config(name, {**config, "tasks.max": "2"})
    workers[2].rest.await_running(name, 2)
    for worker in workers:
        assert worker.rest.request("PUT", f"/connectors/{name}/stop").status == 204
    workers[0].rest.await_states(name, "STOPPED", [])
    assert len(workers[1].rest.request("GET", f"/connectors/{name}/offsets").json()["offsets"]) > 0
    assert workers[1].rest.request("DELETE", f"/connectors/{name}/offsets").status == 200
    assert workers[0].rest.offsets(name) == []


@pytest.mark.parametrize("protocol", ["sessioned", "eager"])
def test_connectors_in_quick_succession(cluster: Callable[..., list[Worker]], kafka: Any, unique: Callable[[str], str],
                                        protocol: str) -> None:
    """Each new connector begins a rebalance while the tasks of earlier ones are just being started, stopped and moved."""
    workers = cluster(3, {"connect.protocol": protocol})
    names = [unique(f"numbers-{number}") for number in range(8)]
    for name in names:
        workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 3, "topic": name, "throughput": 20})
    for name in names:
        workers[0].rest.await_running(name, 3)
    before = {name: len(committed(workers, name)) for name in names}
    eventually(lambda: all(len(committed(workers, name)) > before[name] + 30 for name in names), 60, "all go on")
    for name in names:
        workers[1].rest.put(f"/connectors/{name}/stop")
    for name in names:
        workers[2].rest.await_states(name, "STOPPED", [])
        pairs = numbers_in(kafka, name)
        assert len(pairs) == len(set(pairs)), "a task ran twice at a time"


def test_a_joining_worker_takes_its_share_and_the_rest_stays(cluster: Callable[..., list[Worker]],
                                                             make_worker: Callable[..., Worker],
                                                             unique: Callable[[str], str]) -> None:
    first, second = cluster(2)
    name = unique("numbers")
    first.rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 6, "topic": unique("t"), "throughput": 5})
    first.rest.await_running(name, 6)
    eventually(lambda: len(owners(first, name)) == 2, 60)
    before = {task["id"]: task["worker_id"] for task in first.rest.status(name)["tasks"]}
    third = make_worker(mode="distributed", settings=FAST).start()
    eventually(lambda: len(owners(first, name)) == 3, 60, "the third worker has tasks")
    first.rest.await_running(name, 6)
    after = {task["id"]: task["worker_id"] for task in first.rest.status(name)["tasks"]}
    assert sum(before[task] != after[task] for task in before) == 2
    assert third.rest.connectors() == [name]


def test_a_fourth_worker_stops_no_task_that_stays(cluster: Callable[..., list[Worker]], make_worker: Callable[..., Worker],
                                                  unique: Callable[[str], str]) -> None:
    workers = cluster(3)
    name, count = unique("many"), 300
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": count, "topic": unique("t"),
                                  "throughput": 0})

    def owner_of_each() -> dict[int, str]:
        return {task["id"]: task["worker_id"] for task in workers[0].rest.status(name)["tasks"] if task["state"] == "RUNNING"}

    def shares(number: int) -> bool:
        found = collections.Counter(owner_of_each().values())
        return len(found) == number and set(found.values()) == {count // number}

    def starts() -> collections.Counter[str]:
        return collections.Counter(line.split("Creating task ")[1].split(" ")[0] for worker in workers
                                   for line in worker.log_text().splitlines() if "Creating task " in line)

    eventually(lambda: shares(3), 60, "every worker has a third")
    before, started = owner_of_each(), starts()  # a start is logged before the task's first status is written
    workers.append(make_worker(mode="distributed", settings=FAST).start())
    eventually(lambda: shares(4), 60, "every worker has a quarter")
    after = owner_of_each()
    stayed = [task for task in before if before[task] == after[task]]
    assert len(stayed) == count * 3 // 4
    now = starts()
    again = [task for task in stayed if now[f"{name}-{task}"] != started[f"{name}-{task}"]]
    assert not again, "tasks that stayed were stopped"


def test_a_killed_workers_tasks_run_elsewhere_and_no_number_is_lost(cluster: Callable[..., list[Worker]], kafka: Any,
                                                                    unique: Callable[[str], str]) -> None:
    workers = cluster(3)
    name, topic = unique("numbers"), unique("t")
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 3, "topic": topic, "throughput": 50})
    workers[0].rest.await_running(name, 3)
    eventually(lambda: len(owners(workers[0], name)) == 3, 60)
    victim = workers[2]
    eventually(lambda: any(line.get("committed") for line in json_lines(victim)), 60)
    victim.kill()
    survivors = workers[:2]
    eventually(lambda: len(owners(survivors[0], name)) == 2, 60, "the survivors run all tasks")
    survivors[0].rest.await_running(name, 3)
    seen_by_now = len(json_lines(survivors[0]))
    eventually(lambda: len(json_lines(survivors[0])) > seen_by_now + 20, 60)
    survivors[0].rest.request("PUT", f"/connectors/{name}/stop")
    survivors[0].rest.await_states(name, "STOPPED", [])
    committed = {(line["task"], line["seqno"]) for worker in workers for line in json_lines(worker) if line.get("committed")}
    in_topic = set(numbers_in(kafka, topic))
    assert committed <= in_topic
    numbers: dict[int, set[int]] = {}
    for task, number in in_topic:
        numbers.setdefault(task, set()).add(number)
    for task, found in numbers.items():
        assert found == set(range(max(found) + 1)), f"task {task} has gaps"


def test_after_a_crash_rest_answers_before_the_old_session_ends(cluster: Callable[..., list[Worker]],
                                                                unique: Callable[[str], str]) -> None:
    (worker,) = cluster(1, {"session.timeout.ms": 20000})
    name = unique("numbers")
    worker.rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "topic": unique("t"), "throughput": 10})
    worker.rest.await_running(name)
    worker.kill()
    worker.log.unlink()
    worker.start()
    assert worker.rest.connectors() == [name]
    assert worker.rest.get(f"/connectors/{name}/config")["name"] == name
    assert "Joined group" not in worker.log_text(), "the group waits for the member that is gone"
    worker.await_log("Joined group")
    worker.rest.await_running(name)


def test_a_clean_stop_hands_over_at_once_and_a_crash_waits(cluster: Callable[..., list[Worker]],
                                                           unique: Callable[[str], str]) -> None:
    workers = cluster(3, {"scheduled.rebalance.max.delay.ms": 300_000})
    name = unique("numbers")
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 3, "topic": unique("t"), "throughput": 10})
    workers[0].rest.await_running(name, 3)
    eventually(lambda: len(owners(workers[0], name)) == 3, 60)
    leader = eventually(lambda: next((worker for worker in workers if f"of leader {worker.url}/" in worker.log_text()), None), 30)
    stopped, crashed = [worker for worker in workers if worker is not leader]
    address = stopped.url.removeprefix("http://")
    assert stopped.stop() == 0
    eventually(lambda: address not in owners(leader, name), 30, "the tasks of the stopped worker have moved")
    leader.rest.await_running(name, 3)

    address = crashed.url.removeprefix("http://")
    crashed.kill()
    leader.await_log("with rebalance delay: 300000", 30)
    assert address in owners(leader, name)


def test_a_clean_stop_hands_over_without_duplicates(cluster: Callable[..., list[Worker]], kafka: Any,
                                                    unique: Callable[[str], str]) -> None:
    workers = cluster(2)
    name, topic = unique("numbers"), unique("t")
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 2, "topic": topic, "throughput": 50})
    workers[0].rest.await_running(name, 2)
    eventually(lambda: len(owners(workers[0], name)) == 2, 60)
    eventually(lambda: any(line.get("committed") for line in json_lines(workers[1])), 60)
    assert workers[1].stop() == 0
    eventually(lambda: len(owners(workers[0], name)) == 1, 60, "the other one runs both tasks")
    workers[0].rest.await_running(name, 2)
    seen_by_now = len(json_lines(workers[0]))
    eventually(lambda: len(json_lines(workers[0])) > seen_by_now + 20, 60)
    workers[0].rest.request("PUT", f"/connectors/{name}/stop")
    workers[0].rest.await_states(name, "STOPPED", [])
    pairs = numbers_in(kafka, topic)
    assert len(pairs) == len(set(pairs)), "duplicates after a clean stop"


def test_states_and_configs_are_kept_over_a_restart_of_all(cluster: Callable[..., list[Worker]],
                                                           unique: Callable[[str], str]) -> None:
    workers = cluster(2)
    running, paused, stopped = unique("running"), unique("paused"), unique("stopped")
    for name, state in ((running, None), (paused, "PAUSED"), (stopped, "STOPPED")):
        body = {"name": name, "config": {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 2, "topic": unique("t"),
                                         "throughput": 5}}
        workers[0].rest.post("/connectors", {**body, "initial_state": state} if state else body)
    workers[1].rest.await_running(running, 2)
    workers[1].rest.await_states(paused, "PAUSED", [])  # as in Kafka Connect: task configs come with the first start
    workers[1].rest.await_states(stopped, "STOPPED", [])
    for worker in workers:
        assert worker.stop() == 0
    for worker in workers:
        worker.start()
    workers[0].rest.await_running(running, 2)
    workers[0].rest.await_states(paused, "PAUSED", [])
    workers[0].rest.await_states(stopped, "STOPPED", [])
    workers[1].rest.put(f"/connectors/{stopped}/resume")
    workers[1].rest.await_running(stopped, 2)


def test_statuses_of_connectors_created_anew_survive_a_restart(cluster: Callable[..., list[Worker]],
                                                              unique: Callable[[str], str]) -> None:
    """The deletion is in the status topic, too, and may be read after the statuses of the new tasks."""
    first, second = cluster(2, {"status.storage.partitions": 5})
    names = [unique(f"numbers-{number}") for number in range(5)]
    config = {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 3, "topic": unique("t"), "throughput": 5}
    for name in names:
        first.rest.create(name, config)
    for name in names:
        first.rest.await_running(name, 3)
        first.rest.delete(f"/connectors/{name}")
    for name in names:
        eventually(lambda: first.rest.request("GET", f"/connectors/{name}/status").status == 404, 60, f"{name} is gone")
        first.rest.create(name, config)
    for name in names:
        first.rest.await_running(name, 3)
    assert second.stop() == 0
    for name in names:
        eventually(lambda: len(owners(first, name)) == 1, 60)
        first.rest.await_running(name, 3)
    second.start()
    for name in names:
        second.rest.await_running(name, 3)


def test_requests_wait_for_a_new_leader(cluster: Callable[..., list[Worker]], unique: Callable[[str], str]) -> None:
    workers = cluster(3)
    name = unique("numbers")
    config = {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 3, "topic": unique("t"), "throughput": 5}
    workers[0].rest.create(name, config)
    eventually(lambda: len(owners(workers[0], name)) == 3, 60)
    joined = workers[0].log_text().rsplit("of leader http://", 1)[1]
    (leader,) = (worker for worker in workers if joined.startswith(worker.url.removeprefix("http://")))
    others = [worker for worker in workers if worker is not leader]
    leader.kill()
    second = unique("second")
    assert others[0].rest.request("PUT", f"/connectors/{second}/config", config).status == 201
    others[0].rest.await_running(second, 3)
    others[0].rest.await_running(name, 3)


def test_restarts_on_top_of_each_other(cluster: Callable[..., list[Worker]], kafka: Any, unique: Callable[[str], str]) -> None:
    workers = cluster(2)
    name, topic = unique("numbers"), unique("t")
    workers[0].rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "tasks.max": 2, "topic": topic, "throughput": 200})
    workers[0].rest.await_running(name, 2)
    base = f"/connectors/{name}"
    restarts = [base + "/tasks/0/restart", base + "/tasks/1/restart", base + "/restart", base + "/restart?includeTasks=true"]
    with concurrent.futures.ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda n: workers[n % 2].rest.request("POST", restarts[n % 4]).status, range(40)))
    assert set(answers) <= {202, 204}
    workers[1].rest.await_running(name, 2)
    workers[1].rest.put(f"{base}/stop")
    workers[0].rest.await_states(name, "STOPPED", [])
    pairs = numbers_in(kafka, topic)
    assert len(pairs) == len(set(pairs)), "a task ran twice at a time"


def test_hung_connectors_delay_nobody(cluster: Callable[..., list[Worker]], unique: Callable[[str], str],
                                      tmp_path: pathlib.Path) -> None:
    (worker,) = cluster(1, {"task.shutdown.graceful.timeout.ms": 1000})
    # A FIFO without a writer: a sink that opens it never returns from start.
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    topic = unique("t")
    for number in range(10):
        worker.rest.create(unique(f"hung-{number}"), {"connector.class": "FileStreamSink", "file": str(fifo), "topics": topic})
    name = unique("quick")
    worker.rest.create(name, {"connector.class": VERIFIABLE_SOURCE, "topic": topic, "throughput": 5})
    worker.rest.await_running(name, 1)
    assert worker.rest.request("GET", "/health").status == 200
    worker.kill()  # the point was made; the hung ones would cost the stop its whole grace
