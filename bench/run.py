#!/usr/bin/env python3
"""Millrace and Apache Kafka's worker side by side, one after the other on the same broker. See bench/README.md."""

import argparse
import dataclasses
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.eventually import eventually  # noqa: E402
from support.services.java_worker import JavaWorker  # noqa: E402
from support.services.kafka import Kafka  # noqa: E402
from support.worker import Worker, binary_folder  # noqa: E402

LINE = 100  # bytes, without the newline
JVM_OPTIONS = ["-Xms1G", "-Xmx1G", "-XX:+UseParallelGC"]
SETTINGS = {"offset.flush.interval.ms": 10000}  # else Kafka's defaults
# The best that was found for the Java worker; ours gets the same files.
TUNED = {"producer.linger.ms": 5, "producer.batch.size": 131072, "producer.buffer.memory": 67108864}
SOURCE = {"connector.class": "org.apache.kafka.connect.file.FileStreamSourceConnector"}
SINK = {"connector.class": "org.apache.kafka.connect.file.FileStreamSinkConnector"}


@dataclasses.dataclass
class Flow:
    """A measured stretch of work."""

    records: float
    seconds: float
    cpu: float
    peak_rss: int = 0

    @property
    def rate(self) -> float:
        return self.records / self.seconds

    @property
    def cpu_per_million(self) -> float:
        return self.cpu / self.records * 1e6

    def __str__(self) -> str:
        return f"{self.rate / 1000:.0f} k/s, {self.cpu_per_million:.2f} CPU s/M"


def follow(worker: Worker, progress, total: int, warm_up: float) -> Flow:
    """Samples a running worker until `progress()` is `total`; the stretch measured begins after the warm-up's share."""
    process = worker.process
    first = None
    peak = 0
    deadline = time.monotonic() + 600
    while True:
        done, now, cpu = progress(), time.monotonic(), process.cpu_seconds()
        peak = max(peak, process.rss_bytes())
        if first is None and done >= total * warm_up:
            first = (done, now, cpu)
        if done >= total:
            return Flow(done - first[0], now - first[1], cpu - first[2], peak)
        if now > deadline or not process.is_running():
            raise SystemExit(f"{worker.kind}: {done} of {total} records\n{process.log_tail()}")
        time.sleep(0.02)


class Bench:
    def __init__(self, folder: pathlib.Path, kafka: Kafka, lines: int, warm_up: float):
        self.folder, self.kafka, self.lines, self.warm_up = folder, kafka, lines, warm_up
        self.input = folder / "input.txt"
        self._numbers = 0

    def make_input(self) -> None:
        with open(self.input, "w") as file:
            for start in range(0, self.lines, 10000):
                file.writelines(f"{number:010d}" + "x" * (LINE - 10) + "\n"
                                for number in range(start, min(start + 10000, self.lines)))

    def worker(self, kind: str, connectors: dict, settings: dict | None = None) -> Worker:
        self._numbers += 1
        folder = self.folder / f"{kind}-{self._numbers}"
        options = {"settings": {**SETTINGS, **(settings or {})}, "connectors": connectors}
        if kind == "java":
            return JavaWorker(folder, self.kafka.bootstrap, jvm_options=JVM_OPTIONS, **options)
        return Worker(folder, self.kafka.bootstrap, **options)

    def topic(self, name: str) -> str:
        self._numbers += 1
        return self.kafka.create_topic(f"{name}-{self._numbers}")

    # --- what is measured

    def start_up(self, kind: str) -> tuple[float, float, int]:
        """Seconds until REST answers, seconds until the first line is through the topic and back, idle bytes."""
        topic = self.topic(f"start-{kind}")
        source, sink = self.folder / f"{topic}.in", self.folder / f"{topic}.out"
        source.write_text("first line\n")
        worker = self.worker(kind, {
            f"source-{topic}": {**SOURCE, "file": source, "topic": topic},
            f"sink-{topic}": {**SINK, "file": sink, "topics": topic}})
        process = worker.launch()
        rest = through = None
        while through is None or rest is None:
            if rest is None and worker.rest.is_up():
                rest = time.monotonic() - process.started_at
            if through is None and sink.exists() and sink.stat().st_size:
                through = time.monotonic() - process.started_at
            if time.monotonic() - process.started_at > 120 or not process.is_running():
                raise SystemExit(f"{kind} did not come up\n{process.log_tail()}")
            time.sleep(0.002)
        idle_until = time.monotonic() + 8
        eventually(lambda: time.monotonic() > idle_until, 20)
        rss = process.rss_bytes()
        worker.stop()
        return rest, through, rss

    def file_to_kafka(self, kind: str, settings: dict | None = None) -> Flow:
        topic = self.topic(f"load-{kind}")
        worker = self.worker(kind, {f"source-{topic}": {**SOURCE, "file": self.input, "topic": topic,
                                                        "batch.size": 2000}}, settings)
        worker.launch()
        try:
            watch = self.kafka.watcher(topic)
            return follow(worker, watch, self.lines, self.warm_up)
        finally:
            worker.kill()
            self.kafka.delete_topic(topic)

    def kafka_to_file(self, kind: str, topic: str) -> Flow:
        output = self.folder / f"{kind}.out"
        worker = self.worker(kind, {f"sink-{topic}-{kind}": {**SINK, "file": output, "topics": topic}})
        worker.launch()
        try:
            return follow(worker, lambda: output.stat().st_size // (LINE + 1) if output.exists() else 0, self.lines,
                          self.warm_up)
        finally:
            worker.kill()
            output.unlink(missing_ok=True)

    def bare_producer(self, topic: str) -> Flow:
        return self._bare("bare_producer", self.input, topic, "acks=all", "linger.ms=5", "batch.size=131072",
                          "max.in.flight=1", "queue.buffering.max.kbytes=65536")

    def bare_consumer(self, topic: str) -> Flow:
        return self._bare("bare_consumer", self.lines, topic)

    def _bare(self, program: str, *arguments: object) -> Flow:
        done = subprocess.run(
            [binary_folder() / program, *map(str, arguments), f"bootstrap.servers={self.kafka.bootstrap}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True, timeout=600)
        records, seconds, cpu = map(float, done.stdout.split())
        return Flow(records, seconds, cpu)


def print_row(title: str, java: str, ours: str, ratio: str) -> None:
    print(f"| {title} | {java} | {ours} | {ratio} |", flush=True)


def times(ours: float, java: float | None) -> str:
    return "" if java is None else f"{java / ours:.1f}×"


def run(bench: Bench, kinds: list[str], only: list[str]) -> None:
    java_too = "java" in kinds
    print("| | Java worker | Millrace | ratio |\n|---|---|---|---|", flush=True)
    if "start" in only:
        results = {kind: bench.start_up(kind) for kind in kinds}
        ours, java = results["millrace"], results.get("java")
        for index, (title, unit, scale) in enumerate((("start → REST answers", "s", 1),
                                                      ("start → first line through topic and back", "s", 1),
                                                      ("idle RSS, one source and one sink", "MB", 1e6))):
            print_row(title, f"{java[index] / scale:.2f} {unit}" if java else "",
                      f"{ours[index] / scale:.3f} {unit}" if unit == "s" else f"{ours[index] / scale:.1f} {unit}",
                      times(ours[index], java[index] if java else None))
    loaded = None
    if "source" in only:
        loaded = bench.topic("bare")
        bare = bench.bare_producer(loaded)
        print_flows("file → Kafka, 100-byte lines, JSON envelope, Kafka's default settings",
                    {kind: bench.file_to_kafka(kind) for kind in kinds}, java_too)
        flows = {kind: bench.file_to_kafka(kind, TUNED) for kind in kinds}
        print_flows("the same with producer settings that are best for the Java worker", flows, java_too)
        print_row("bare librdkafka producer, same bytes and tuned settings", "", str(bare),
                  f"{flows['millrace'].rate / bare.rate * 100:.0f} % of its rate")
        print_row("peak RSS under that load", f"{flows['java'].peak_rss / 1e6:.0f} MB" if java_too else "",
                  f"{flows['millrace'].peak_rss / 1e6:.0f} MB", "")
    if "sink" in only:
        if loaded is None:
            loaded = bench.topic("bare")
            bench.bare_producer(loaded)
        bare = bench.bare_consumer(loaded)
        flows = {kind: bench.kafka_to_file(kind, loaded) for kind in kinds}
        print_flows("Kafka → file, the same records", flows, java_too)
        print_row("bare librdkafka consumer, same bytes", "", str(bare),
                  f"{flows['millrace'].rate / bare.rate * 100:.0f} % of its rate")
        print_row("peak RSS under that load", f"{flows['java'].peak_rss / 1e6:.0f} MB" if java_too else "",
                  f"{flows['millrace'].peak_rss / 1e6:.0f} MB", "")


def print_flows(title: str, flows: dict[str, Flow], java_too: bool) -> None:
    ours = flows["millrace"]
    ratio = ""
    if java_too:
        java = flows["java"]
        ratio = f"{java.cpu_per_million / ours.cpu_per_million:.1f}× per CPU second, {ours.rate / java.rate:.1f}× rate"
    print_row(title, str(flows["java"]) if java_too else "", str(ours), ratio)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--warm-up", type=float, default=0.3, help="share of the records before measuring starts")
    parser.add_argument("--only", default="start,source,sink")
    parser.add_argument("--no-java", action="store_true")
    options = parser.parse_args()
    subprocess.run(["cmake", "--build", str(binary_folder().parent), "--target", "bench_baselines"], check=True,
                   stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="millrace-bench.") as name:
        folder = pathlib.Path(name)
        kafka = Kafka(folder / "kafka", {"num.partitions": "1"})
        kafka.start()
        bench = Bench(folder, kafka, options.lines, options.warm_up)
        bench.make_input()
        try:
            run(bench, ["millrace"] if options.no_java else ["java", "millrace"], options.only.split(","))
        finally:
            kafka.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
