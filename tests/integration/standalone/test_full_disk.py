"""What a full disk does: it is said, nothing is damaged, and all is well again when there is room."""

import json
import pathlib
from typing import Any, Callable

from support.eventually import eventually
from support.services.kafka import Kafka
from support.small_disk import SmallDisk


def source(path: pathlib.Path, topic: str) -> dict[str, Any]:
    return {"connector.class": "FileStreamSource", "tasks.max": 1, "file": str(path), "topic": topic}


def test_the_offsets_file_stays_intact_and_is_written_when_there_is_room(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                         small_disk: SmallDisk, tmp_path: pathlib.Path):
    topic, name = unique("lines"), unique("source")
    text, offsets = tmp_path / "in", small_disk.folder / "connect.offsets"
    text.write_text("one\n")
    worker = make_worker({"offset.storage.file.filename": str(offsets), "offset.flush.interval.ms": 200},
                         {name: source(text, topic)}).start()

    def stored(position: int) -> bool:
        return b'{"position":%d}' % position in offsets.read_bytes()

    eventually(lambda: offsets.exists() and stored(4))
    before = offsets.read_bytes()
    small_disk.fill()
    with text.open("a") as file:
        file.write("two\n")
    assert len(kafka.texts(topic, 2)) == 2, "the records flow on"
    error = f"offsets file {offsets}"
    eventually(lambda: worker.log_text().count(error) >= 3, what="an error for each flush")
    assert "No space left on device" in worker.log_text()
    assert offsets.read_bytes() == before
    assert worker.rest.states(name) == ("RUNNING", ["RUNNING"])

    small_disk.free()
    eventually(lambda: stored(8), what="the offset of the second line in the file")
    worker.kill()
    with text.open("a") as file:
        file.write("three\n")
    worker.start()
    assert [json.loads(value)["payload"] for value in kafka.texts(topic, 3)] == ["one", "two", "three"]


def test_a_sink_fails_commits_nothing_and_is_complete_after_a_restart(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                      small_disk: SmallDisk):
    topic, name = unique("lines"), unique("sink")
    kafka.create_topic(topic)
    lines = [f"{n:06d} " + "x" * 100 for n in range(2000)]  # 216 kB
    kafka.produce(topic, [json.dumps({"schema": None, "payload": line}) for line in lines])
    small_disk.fill(leave=4)
    out = small_disk.folder / "out"
    worker = make_worker({"offset.flush.interval.ms": 200}, {name: {
        "connector.class": "FileStreamSink", "tasks.max": 1, "file": str(out), "topics": topic,
        "consumer.override.max.poll.records": 100}}).start()
    trace = worker.rest.await_failed_task(name)
    assert f"Cannot write to {out}: No space left on device" in trace
    written = out.read_text().splitlines()
    assert written == lines[:len(written)], "whole lines only, in order"
    assert kafka.committed(f"connect-{name}", topic).get(0, 0) <= len(written)

    small_disk.free()
    worker.rest.post(f"/connectors/{name}/tasks/0/restart")
    eventually(lambda: out.read_text().splitlines()[-1:] == lines[-1:])
    assert out.read_text().splitlines() == lines, "nothing lost; what was not committed was taken back"
    eventually(lambda: kafka.lag(f"connect-{name}", topic) == 0)
