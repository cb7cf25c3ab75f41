"""Beside Apache Kafka's own worker: a cluster handed from one to the other, and both in one group."""

import pathlib
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.worker import STRING_CONVERTER, Worker

Maker = Callable[..., Worker]
FAST = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 1000,
        "offset.flush.interval.ms": 500, "key.converter": STRING_CONVERTER, "value.converter": STRING_CONVERTER}


@pytest.fixture
def settings(unique: Callable[[str], str]) -> dict[str, Any]:
    """One cluster's, for both kinds of worker."""
    return {**FAST, "group.id": unique("cluster"), "config.storage.topic": unique("configs"),
            "offset.storage.topic": unique("offsets"), "status.storage.topic": unique("status")}


def file_source(file: pathlib.Path, topic: str) -> dict[str, Any]:
    return {"connector.class": "FileStreamSource", "file": str(file), "topic": topic}


def file_sink(file: pathlib.Path, topic: str, tasks: int = 1) -> dict[str, Any]:
    return {"connector.class": "FileStreamSink", "file": str(file), "topics": topic, "tasks.max": str(tasks)}


def append(file: pathlib.Path, text: str) -> None:
    with file.open("a") as out:
        out.write(text)


def owners(worker: Worker, name: str) -> set[str]:
    return {task["worker_id"] for task in worker.rest.status(name)["tasks"]}


def await_text(file: pathlib.Path, text: str) -> None:
    def same() -> bool:
        found = file.read_text() if file.exists() else None
        if found != text:
            raise LookupError(f"it holds {found!r}")
        return True

    eventually(same, 60, f"{file.name} holds {text!r}")


def hand_over(first: Worker, second: Worker, folder: pathlib.Path, unique: Callable[[str], str]) -> None:
    source, paused, stopped, sink = (unique(name) for name in ("source", "paused", "stopped", "sink"))
    lines, copy, topic, other = folder / "in.txt", folder / "out.txt", unique("lines"), unique("other")
    for file in (lines, folder / "paused.txt", folder / "stopped.txt"):
        file.write_text("one\ntwo\n")
    first.start(90)
    first.rest.create(source, file_source(lines, topic))
    first.rest.create(paused, file_source(folder / "paused.txt", other))
    first.rest.create(stopped, file_source(folder / "stopped.txt", other))
    first.rest.create(sink, file_sink(copy, topic))
    for name in (source, paused, stopped, sink):
        first.rest.await_running(name)
    await_text(copy, "one\ntwo\n")
    for name in (source, paused, stopped):
        eventually(lambda name=name: first.rest.offsets(name)[0]["offset"] == {"position": 8}, 60, f"offset of {name}")
    first.rest.put(f"/connectors/{paused}/pause")
    first.rest.put(f"/connectors/{stopped}/stop")
    first.rest.await_states(paused, "PAUSED", ["PAUSED"])
    first.rest.await_states(stopped, "STOPPED", [])
    kept = {name: (first.rest.get(f"/connectors/{name}"), first.rest.get(f"/connectors/{name}/tasks"),
                   first.rest.get(f"/connectors/{name}/topics"))
            for name in (source, paused, stopped, sink)}
    assert first.stop() == 0

    second.start(90)
    # Java's worker answers before it has read its topics.
    eventually(lambda: second.rest.connectors() == sorted(kept), 60, "the connectors of the other worker")
    for name, known in kept.items():
        eventually(lambda: tuple(second.rest.get(f"/connectors/{name}{what}") for what in ("", "/tasks", "/topics")) == known,
                   60, f"{name} is known as before")
    second.rest.await_running(source)
    second.rest.await_running(sink)
    second.rest.await_states(paused, "PAUSED", ["PAUSED"])
    second.rest.await_states(stopped, "STOPPED", [])
    append(lines, "three\n")
    await_text(copy, "one\ntwo\nthree\n")
    assert second.rest.offsets(stopped)[0]["offset"] == {"position": 8}
    for name in (paused, stopped):
        second.rest.put(f"/connectors/{name}/resume")
        second.rest.await_running(name)
    append(folder / "paused.txt", "three\n")
    append(folder / "stopped.txt", "three\n")
    for name in (source, paused, stopped):
        eventually(lambda name=name: second.rest.offsets(name)[0]["offset"] == {"position": 14}, 60, f"offset of {name}")
    second.rest.delete(f"/connectors/{sink}")
    eventually(lambda: second.rest.connectors() == sorted([source, paused, stopped]), 60)
    assert second.stop() == 0


def test_a_java_cluster_goes_on_as_ours(make_worker: Maker, make_java_worker: Maker, settings: dict[str, Any],
                                        tmp_path: pathlib.Path, kafka: Any, unique: Callable[[str], str]) -> None:
    ours = make_worker(mode="distributed", settings=settings)
    java = make_java_worker(mode="distributed", settings=settings)
    hand_over(java, ours, tmp_path, unique)


def test_our_cluster_goes_on_as_java(make_worker: Maker, make_java_worker: Maker, settings: dict[str, Any],
                                     tmp_path: pathlib.Path, kafka: Any, unique: Callable[[str], str]) -> None:
    ours = make_worker(mode="distributed", settings=settings)
    java = make_java_worker(mode="distributed", settings=settings)
    hand_over(ours, java, tmp_path, unique)


@pytest.mark.parametrize("leader", ["ours", "java"])
def test_both_in_one_group(make_worker: Maker, make_java_worker: Maker, settings: dict[str, Any], leader: str,
                           tmp_path: pathlib.Path, kafka: Any, unique: Callable[[str], str]) -> None:
    ours = make_worker(mode="distributed", settings=settings)
    java = make_java_worker(mode="distributed", settings=settings)
    first, second = (ours, java) if leader == "ours" else (java, ours)
    name, topic = unique("sink"), unique("lines")
    kafka.create_topic(topic, 4)
    first.start(90)
    second.start(90)
    first.rest.create(name, file_sink(tmp_path / "out.txt", topic, 4))
    for worker in (first, second):
        worker.rest.await_running(name, 4)
    eventually(lambda: len(owners(first, name)) == 2, 60, "both have tasks")
    # whichever is asked, leader and owner do it
    for worker in (first, second):
        for task in range(4):
            assert worker.rest.request("POST", f"/connectors/{name}/tasks/{task}/restart").status == 204
        assert worker.rest.request("POST", f"/connectors/{name}/restart").status == 204
        assert worker.rest.request("POST", f"/connectors/{name}/restart?includeTasks=true").status == 202
        worker.rest.await_running(name, 4)
        other = unique("other")
        worker.rest.create(other, file_sink(tmp_path / other, topic, 2))
        first.rest.await_running(other, 2)
        worker.rest.put_config(other, file_sink(tmp_path / other, topic, 3))
        second.rest.await_running(other, 3)
        assert worker.rest.request("PUT", f"/connectors/{other}/stop").status == 204
        first.rest.await_states(other, "STOPPED", [])
        assert worker.rest.request("DELETE", f"/connectors/{other}/offsets").status == 200
        assert worker.rest.request("DELETE", f"/connectors/{other}").status == 204
        for each in (first, second):
            eventually(lambda each=each: each.rest.connectors() == [name], 60)
    first.kill()
    eventually(lambda: len(owners(second, name)) == 1, 60, "the survivor runs all tasks")
    second.rest.await_running(name, 4)
    second.rest.create(unique("late"), file_sink(tmp_path / "late.txt", topic))
    first.start(90)
    eventually(lambda: len(owners(second, name)) == 2, 60, "the returned worker has tasks")
    first.rest.await_running(name, 4)


@pytest.mark.parametrize("protocol", ["compatible", "eager"])
def test_older_protocols_in_one_group(make_worker: Maker, make_java_worker: Maker, settings: dict[str, Any], protocol: str,
                                      tmp_path: pathlib.Path, kafka: Any, unique: Callable[[str], str]) -> None:
    # Ours would talk sessioned; the group agrees on what the Java worker knows. Requests are not signed then.
    ours = make_worker(mode="distributed", settings=settings).start()
    java = make_java_worker(mode="distributed", settings={**settings, "connect.protocol": protocol}).start(90)
    name, topic = unique("sink"), unique("lines")
    kafka.create_topic(topic, 4)
    java.rest.create(name, file_sink(tmp_path / "out.txt", topic, 4))
    for worker in (ours, java):
        worker.rest.await_running(name, 4)
    eventually(lambda: len(owners(ours, name)) == 2, 60, "both have tasks")
    for worker in (ours, java):
        worker.rest.put_config(name, file_sink(tmp_path / "out.txt", topic, 2 if worker is ours else 4))
        java.rest.await_running(name, 2 if worker is ours else 4)
        assert worker.rest.request("PUT", f"/connectors/{name}/pause").status == 202
        java.rest.await_states(name, "PAUSED", ["PAUSED"] * (2 if worker is ours else 4))
        assert worker.rest.request("PUT", f"/connectors/{name}/resume").status == 202
        ours.rest.await_running(name, 2 if worker is ours else 4)
    java.kill()  # a follower
    eventually(lambda: len(owners(ours, name)) == 1, 60, "ours runs all tasks")
    ours.rest.await_running(name, 4)


def test_offsets_are_changed_through_either(make_worker: Maker, make_java_worker: Maker, settings: dict[str, Any],
                                            tmp_path: pathlib.Path, unique: Callable[[str], str]) -> None:
    # New session keys every few seconds: what is signed with an old one is sent again.
    settings = {**settings, "inter.worker.key.ttl.ms": 3000}
    java = make_java_worker(mode="distributed", settings=settings).start(90)
    ours = make_worker(mode="distributed", settings=settings).start()
    name, lines = unique("source"), tmp_path / "in.txt"
    lines.write_text("one\ntwo\n")
    for worker, position in ((ours, 4), (java, 8), (ours, 0)):
        worker.rest.put_config(name, {**file_source(lines, unique("lines"))})
        worker.rest.put(f"/connectors/{name}/resume")
        for each in (ours, java):
            each.rest.await_running(name)
        eventually(lambda: worker.rest.offsets(name)[0]["offset"] == {"position": 8}, 60)
        assert worker.rest.request("PUT", f"/connectors/{name}/stop").status == 204
        for each in (ours, java):
            each.rest.await_states(name, "STOPPED", [])
        worker.rest.patch(f"/connectors/{name}/offsets", {"offsets": [{"partition": {"filename": str(lines)},
                                                                       "offset": {"position": position}}]})
        for each in (ours, java):
            eventually(lambda each=each: each.rest.offsets(name)[0]["offset"] == {"position": position}, 60)
