#!/usr/bin/env python3
"""A distributed worker, ours and Apache Kafka's, one after the other on the same broker. See bench/README.md."""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time
from typing import Any, Callable

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.eventually import eventually  # noqa: E402
from support.services.java_worker import JavaWorker  # noqa: E402
from support.services.kafka import Kafka  # noqa: E402
from support.worker import Worker  # noqa: E402

CONNECTORS = 100
TASKS = 1000
JOINED = "Starting connectors and tasks using config offset"
SOURCE = {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector", "tasks.max": "1"}
VERIFIABLE = "org.apache.kafka.connect.tools.VerifiableSourceConnector"


class Bench:
    def __init__(self, folder: pathlib.Path, kafka: Kafka):
        self.folder = folder
        self.kafka = kafka
        self._made = 0

    def worker(self, kind: str, group: str, settings: dict[str, Any] | None = None) -> Worker:
        self._made += 1
        names = {"group.id": group, **{f"{store}.storage.topic": f"{group}-{store}" for store in ("config", "offset", "status")},
                 "offset.storage.partitions": None, "status.storage.partitions": None}
        make = JavaWorker if kind == "java" else Worker
        return make(self.folder / f"{kind}-{self._made}", self.kafka.bootstrap, mode="distributed", settings={**names, **(settings or {})})

    def start_up(self, kind: str) -> None:
        """On topics that do not exist yet, and again on topics that do."""
        worker = self.worker(kind, f"start-{kind}")
        for when in ("first start", "second start"):
            worker.log.unlink(missing_ok=True)
            worker.stdout.unlink(missing_ok=True)
            worker.launch()
            began = time.monotonic()
            eventually(worker.rest.is_up, 120, every=0.002)
            answers = time.monotonic() - began
            worker.await_log(JOINED, 120)
            joined = time.monotonic() - began
            show(kind, f"{when} -> REST answers, -> in the group and started", f"{answers:.2f} s, {joined:.2f} s")
            worker.stop()

    def connectors(self, kind: str) -> None:
        worker = self.worker(kind, f"many-{kind}").start(120)
        worker.await_log(JOINED, 120)
        file, topic = self.folder / f"{kind}.txt", self.kafka.create_topic(f"first-{kind}")
        file.write_text("one\n")
        began = time.monotonic()
        worker.rest.create("first", {**SOURCE, "file": str(file), "topic": topic})
        eventually(lambda: sum(self.kafka.end_offsets(topic).values()) == 1, 60, every=0.005)
        show(kind, "POST of a connector -> its first record in the topic", f"{time.monotonic() - began:.2f} s")
        topic = self.kafka.create_topic(f"hundred-{kind}")
        began = time.monotonic()
        for number in range(CONNECTORS):
            worker.rest.create(f"c{number}", {**SOURCE, "file": str(self.folder / "none.txt"), "topic": topic})
        created = time.monotonic() - began
        eventually(lambda: all(worker.rest.states(f"c{number}") == ("RUNNING", ["RUNNING"]) for number in range(CONNECTORS)), 600)
        show(kind, f"{CONNECTORS} connectors one after the other, until all run",
             f"{created:.2f} s, {time.monotonic() - began:.2f} s")
        worker.stop()

    def idle_tasks(self) -> None:
        """The verifiable connectors are ours only: Kafka does not publish theirs with its worker."""
        worker = self.worker("ours", "idle").start()
        topic = self.kafka.create_topic("idle")
        began = time.monotonic()
        worker.rest.create("idle", {"connector.class": VERIFIABLE, "topic": topic, "throughput": "0.1", "tasks.max": str(TASKS)})
        worker.rest.await_running("idle", TASKS, 120)
        show("ours", f"a connector of {TASKS} tasks until all run", f"{time.monotonic() - began:.2f} s")
        time.sleep(10)
        process = worker.process
        assert process
        took = []
        cpu, since = process.cpu_seconds(), time.monotonic()
        for _ in range(1000):
            begun = time.monotonic()
            worker.rest.request("GET", "/connectors/idle/status")
            took.append((time.monotonic() - begun) * 1000)
        show("ours", f"with {TASKS} idle tasks: memory, threads, REST p50 and p99 (status of all tasks)",
             f"{worker.rss_bytes() / 1e6:.0f} MB, {process.thread_count()}, {statistics.median(took):.1f} ms, "
             f"{sorted(took)[-len(took) // 100]:.1f} ms")
        cpu, since = process.cpu_seconds(), time.monotonic()
        time.sleep(10)
        show("ours", "processors in use while idle", f"{(process.cpu_seconds() - cpu) / (time.monotonic() - since):.2f}")
        worker.stop()

    def failover(self, kind: str) -> None:
        """A worker of three is killed; its tasks run elsewhere. The session is 6 s, the delay 0."""
        settings = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 1000, "scheduled.rebalance.max.delay.ms": 0}
        workers = [self.worker(kind, f"failover-{kind}", settings).start(120) for _ in range(3)]
        topic = self.kafka.create_topic(f"failover-{kind}", 6)
        config = {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector", "tasks.max": "6",
                  "topics": topic, "file": str(self.folder / f"failover-{kind}.txt")}
        workers[0].rest.create("sink", config)

        def owners() -> list[str]:
            status = workers[0].rest.status("sink")["tasks"]
            return [task["worker_id"] for task in status if task["state"] == "RUNNING"]

        eventually(lambda: len(owners()) == 6 and len(set(owners())) == 3, 120)
        gone = workers[2].url.removeprefix("http://")
        began = time.monotonic()
        workers[2].kill()
        eventually(lambda: len(owners()) == 6 and gone not in owners(), 120, every=0.02)
        show(kind, "SIGKILL of one of three workers -> its tasks run elsewhere (session 6 s, delay 0)",
             f"{time.monotonic() - began:.1f} s")
        for worker in workers[:2]:
            worker.stop()


def show(kind: str, what: str, figures: str) -> None:
    print(f"{kind:5} {what}: {figures}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-java", action="store_true", help="ours only")
    parser.add_argument("--only", action="append", choices=["start", "connectors", "tasks", "failover"], help="may be repeated")
    arguments = parser.parse_args()
    kinds = ["ours"] if arguments.no_java else ["java", "ours"]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kafka = Kafka(folder / "kafka").start()
        bench = Bench(folder, kafka)
        bench.worker("ours", "first").start().stop()  # a broker's first group takes seconds: it makes a topic for it
        parts: dict[str, Callable[[], None]] = {
            "start": lambda: [bench.start_up(kind) for kind in kinds] and None,
            "connectors": lambda: [bench.connectors(kind) for kind in kinds] and None,
            "tasks": bench.idle_tasks,
            "failover": lambda: [bench.failover(kind) for kind in kinds] and None,
        }
        for part, run in parts.items():
            if not arguments.only or part in arguments.only:
                run()
        kafka.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
