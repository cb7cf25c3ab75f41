"""GET /metrics: figures of running tasks in Prometheus' text format."""

import pathlib
import re
from typing import Callable

from support.eventually import eventually
from support.services.kafka import Kafka


def test_figures_of_connectors_and_tasks(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path: pathlib.Path):
    topic, source, sink = unique("lines"), unique("source"), unique("sink")
    (tmp_path / "in").write_text("".join(f"{n}\n" for n in range(100)))
    worker = make_worker(connectors={
        source: {"connector.class": "FileStreamSource", "tasks.max": 1, "file": str(tmp_path / "in"), "topic": topic},
        sink: {"connector.class": "FileStreamSink", "tasks.max": 1, "file": str(tmp_path / "out"), "topics": topic}}).start()

    def figures() -> dict[str, float]:
        answer = worker.rest.request("GET", "/metrics", headers={"Accept": "text/plain;version=0.0.4"})
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        samples: dict[str, float] = {}
        for line in answer.text.splitlines():
            if not line.startswith("#"):
                match = re.fullmatch(r"([a-z_]+(?:\{[^}]*\})?) (\S+)", line)
                assert match, line
                assert match[1] not in samples
                samples[match[1]] = float(match[2])
        return samples

    def task(name: str, attribute: str) -> float:
        return figures()[f'kafka_connect_{attribute}{{connector="{name}",task="0"}}']

    eventually(lambda: task(source, "source_task_source_record_write_total") == 100)
    eventually(lambda: task(sink, "sink_task_sink_record_send_total") == 100)
    eventually(lambda: task(source, "connector_task_offset_commit_total") >= 1)
    now = figures()
    assert now["kafka_connect_connect_worker_connector_count"] == now["kafka_connect_connect_worker_task_count"] == 2
    assert now[f'kafka_connect_connector_status{{connector="{source}",status="running"}}'] == 1
    assert now[f'kafka_connect_connector_task_status{{connector="{sink}",task="0",status="running"}}'] == 1
    assert now["process_resident_memory_bytes"] > 1 << 20
    worker.rest.put(f"/connectors/{source}/pause")
    eventually(lambda: figures()[f'kafka_connect_connector_status{{connector="{source}",status="paused"}}'] == 1)
