"""What becomes of a connector's tasks when its config changes, as Apache Kafka's standalone worker has it."""

import pathlib
from typing import Any, Callable

from support.eventually import eventually
from support.services.kafka import Kafka
from support.worker import Worker


def _task_config(worker: Worker, name: str) -> dict[str, str]:
    return worker.rest.get(f"/connectors/{name}/tasks")[0]["config"]


def test_a_paused_connectors_tasks_stay_until_it_is_resumed(kafka: Kafka, make_worker: Callable[..., Worker],
                                                            unique: Callable[[str], str], tmp_path: pathlib.Path) -> None:
    name, config = unique("source"), {"connector.class": "FileStreamSource", "file": str(tmp_path / "in"), "topic": unique("t")}
    worker = make_worker(connectors={name: config}).start()
    worker.rest.await_running(name)
    worker.rest.put(f"/connectors/{name}/pause")
    worker.rest.await_states(name, "PAUSED", ["PAUSED"])

    assert worker.rest.put_config(name, {**config, "batch.size": "7"})["tasks"] == [{"connector": name, "task": 0}]
    worker.rest.await_states(name, "PAUSED", ["PAUSED"])
    assert "batch.size" not in _task_config(worker, name)

    worker.rest.put(f"/connectors/{name}/resume")
    eventually(lambda: _task_config(worker, name).get("batch.size") == "7")
    worker.rest.await_running(name)


def test_a_config_that_does_not_start_leaves_the_tasks_as_they_were(kafka: Kafka, make_worker: Callable[..., Worker],
                                                                    unique: Callable[[str], str], tmp_path: pathlib.Path) -> None:
    name, topic = unique("source"), unique("lines")
    config: dict[str, Any] = {"connector.class": "FileStreamSource", "file": str(tmp_path / "in"), "topic": topic}
    (tmp_path / "in").write_text("one\n")
    worker = make_worker(connectors={name: config}).start()
    kafka.texts(topic, 1)
    answer = worker.rest.request("PUT", f"/connectors/{name}/config", {**config, "topic.creation.default.partitions": "1"})
    assert answer.status == 500
    assert worker.rest.states(name) == ("FAILED", ["RUNNING"])
    with open(tmp_path / "in", "a") as lines:
        lines.write("two\n")
    assert len(kafka.texts(topic, 2)) == 2

    missing = 'Missing required configuration "topic.creation.default.replication.factor" which has no default value.'
    answer = worker.rest.request("POST", f"/connectors/{name}/restart")
    assert (answer.status, answer.json()["message"]) == (500, missing)
    assert worker.rest.post(f"/connectors/{name}/restart?includeTasks=true")["connector"]["state"] == "RESTARTING"
    worker.rest.await_states(name, "FAILED", ["FAILED"])
    assert worker.rest.await_failed_task(name).startswith(f"org.apache.kafka.common.config.ConfigException: {missing}")

    worker.rest.put_config(name, {**config, "batch.size": "7"})
    worker.rest.await_running(name)


def test_the_same_config_again_leaves_a_failed_task_alone(kafka: Kafka, make_worker: Callable[..., Worker],
                                                          unique: Callable[[str], str], tmp_path: pathlib.Path) -> None:
    name = unique("sink")
    config = {"connector.class": "FileStreamSink", "file": str(tmp_path / "folder/out"), "topics": kafka.create_topic(unique("t"))}
    worker = make_worker(connectors={name: config}).start()
    worker.rest.await_failed_task(name)
    (tmp_path / "folder").mkdir()
    worker.rest.put_config(name, config)
    assert worker.rest.states(name) == ("RUNNING", ["FAILED"])
    worker.rest.put_config(name, {**config, "note": "changed"})
    worker.rest.await_running(name)
