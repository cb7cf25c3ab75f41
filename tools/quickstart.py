#!/usr/bin/env python3
"""The guided tour behind ./quickstart."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
sys.path.insert(0, str(ROOT / "tests"))

from support.eventually import eventually  # noqa: E402
from support.ports import free_port  # noqa: E402
from support.process import ManagedProcess  # noqa: E402
from support.rest import Rest  # noqa: E402
from support.services.kafka import Kafka  # noqa: E402
from support.services.kafka_jars import kafka_jars  # noqa: E402

BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


class Tour:
    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self._began = self._step_began = time.monotonic()
        self._step = 0

    def step(self, text: str) -> None:
        self._step += 1
        self._step_began = time.monotonic()
        print(f"\n{BOLD}{self._step}. {text}{PLAIN}", flush=True)

    def done(self, text: str) -> None:
        print(f"   {text} {DIM}({time.monotonic() - self._step_began:.1f} s){PLAIN}", flush=True)

    def show(self, text: str) -> None:
        for line in text.splitlines():
            print(f"     {line}", flush=True)

    def typed(self, command: str) -> None:
        print(f"   {BOLD}$ {command}{PLAIN}", flush=True)

    def seconds(self) -> float:
        return time.monotonic() - self._began


def build(tour: Tour) -> None:
    log = ROOT / "build/quickstart-build.log"
    log.parent.mkdir(exist_ok=True)
    with open(log, "w") as output:
        for command in (["cmake", "--preset", "release"],
                        ["cmake", "--build", "--preset", "release", "--target", "millrace", "-j", str(os.cpu_count() or 2)]):
            tour.typed(" ".join(command))
            if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output,
                              stderr=subprocess.STDOUT).returncode:
                output.flush()
                tour.show("\n".join(log.read_text().splitlines()[-25:]))
                raise SystemExit(f"the build failed; all of its output is in {log}")
    tour.done(f"{BIN.relative_to(ROOT)}/connect-standalone is {(BIN / 'millrace').stat().st_size / 1e6:.1f} MB")


def write(tour: Tour, name: str, content: str) -> None:
    (tour.folder / name).write_text(content)
    print(f"   {name}:")
    tour.show(content)


def write_configuration(tour: Tour, bootstrap: str, rest_port: int) -> None:
    write(tour, "worker.properties",
          f"bootstrap.servers={bootstrap}\n"
          f"listeners=http://127.0.0.1:{rest_port}\n"
          "key.converter=org.apache.kafka.connect.json.JsonConverter\n"
          "value.converter=org.apache.kafka.connect.json.JsonConverter\n"
          f"offset.storage.file.filename={tour.folder}/connect.offsets\n"
          "offset.flush.interval.ms=1000\n")
    write(tour, "file-source.properties",
          "name=local-file-source\nconnector.class=FileStreamSource\ntasks.max=1\n"
          f"file={tour.folder}/test.txt\ntopic=connect-test\n")
    write(tour, "file-sink.properties",
          "name=local-file-sink\nconnector.class=FileStreamSink\ntasks.max=1\n"
          f"file={tour.folder}/test.sink.txt\ntopics=connect-test\n")


def watch(tour: Tour, kafka: Kafka, rest: Rest, worker: ManagedProcess) -> None:
    def sink() -> str:
        path = tour.folder / "test.sink.txt"
        return path.read_text() if path.exists() else ""

    began = time.monotonic()
    worker.wait_until(lambda: sink() == "foo\nbar\n", 60, "both lines in test.sink.txt")
    tour.typed("cat test.sink.txt")
    tour.show(sink())
    tour.done("what was in test.txt went through the topic into test.sink.txt")

    tour.step("Appends a line while everything runs")
    tour.typed("echo 'Another line' >> test.txt")
    with open(tour.folder / "test.txt", "a") as file:
        file.write("Another line\n")
    began = time.monotonic()
    worker.wait_until(lambda: sink().endswith("Another line\n"), 60, "the new line in test.sink.txt")
    arrived = time.monotonic() - began
    tour.typed("tail -n 1 test.sink.txt")
    tour.show(sink().splitlines()[-1])
    tour.done(f"it arrived {arrived * 1000:.0f} ms later")

    tour.step("Looks at the topic, the REST API and the sink's progress")
    tour.typed(f"kcat -b {kafka.bootstrap} -t connect-test -C -e -q")
    tour.show("\n".join(str(record.text) for record in kafka.consume("connect-test", 3)))
    tour.typed(f"curl {rest.url}/connectors/local-file-sink/status")
    tour.show(rest.request("GET", "/connectors/local-file-sink/status").text)
    eventually(lambda: kafka.lag("connect-local-file-sink", "connect-test") == 0, 30, "lag 0")
    tour.show("consumer group connect-local-file-sink: lag 0")
    tour.done(f"the worker uses {worker.rss_bytes() / 1e6:.0f} MB of memory")


def run(tour: Tour) -> None:
    print(f"{BOLD}Millrace quick start{PLAIN}: a Kafka Connect worker without the JVM.")
    print(f"Everything happens in {tour.folder}, on free ports, and is gone at the end.")

    tour.step("Builds the worker")
    build(tour)

    tour.step("Fetches Apache Kafka (only the broker needs Java) from Maven Central, once")
    tour.done(f"jars in {kafka_jars()}")

    tour.step("Starts a single-node Kafka")
    kafka = Kafka(tour.folder / "kafka")
    kafka.start()
    kafka.create_topic("connect-test")
    tour.done(f"it listens on {kafka.bootstrap}; its log is kafka/kafka.log")

    tour.step("Writes the three files of Kafka's tutorial, and two lines of input")
    rest = Rest(f"http://127.0.0.1:{free_port()}")
    write_configuration(tour, kafka.bootstrap, int(rest.url.rpartition(":")[2]))
    tour.typed("printf 'foo\\nbar\\n' > test.txt")
    (tour.folder / "test.txt").write_text("foo\nbar\n")

    tour.step("Starts the worker")
    tour.typed("connect-standalone worker.properties file-source.properties file-sink.properties")
    worker = ManagedProcess(
        "connect-standalone",
        [BIN / "connect-standalone", "worker.properties", "file-source.properties", "file-sink.properties"],
        tour.folder / "worker.log", cwd=tour.folder)
    began = time.monotonic()
    worker.wait_until(rest.is_up, 60, f"REST at {rest.url}")
    tour.show(f"REST answers at {rest.url} after {time.monotonic() - began:.2f} s")
    watch(tour, kafka, rest, worker)

    tour.step("Stops the worker (SIGTERM) and Kafka")
    status = worker.terminate()
    if status:
        raise SystemExit(f"the worker ended with status {status}:\n{worker.log_tail()}")
    tour.done("the worker stopped cleanly, exit status 0")
    kafka.stop()
    tour.done("Kafka stopped")


def main() -> int:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-quickstart."))
    tour = Tour(folder)
    try:
        run(tour)
    except (AssertionError, RuntimeError) as error:
        print(f"\nquickstart failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)  # servers that still run are killed at exit
    print(f"\n{BOLD}Done{PLAIN} in {tour.seconds():.0f} s. Next: README.md, docs/architecture.md, ./test")
    return 0


if __name__ == "__main__":
    sys.exit(main())
