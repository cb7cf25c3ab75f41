#!/usr/bin/env python3
"""A million rows of Cassandra: the bare client, the source with Kafka behind it, and cqlsh's COPY TO. See README.md."""

import argparse
import json
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.services.cassandra import Cassandra  # noqa: E402
from support.services.kafka import Kafka  # noqa: E402
from support.services.kafka_client import KafkaClient  # noqa: E402
from support.worker import Worker, binary_folder  # noqa: E402

TABLE = "bench.readings"


def report(name: str, rows: int, seconds: float, cpu: float | None, rss: int | None) -> None:
    cpu_text = "-" if cpu is None else f"{cpu / rows * 1e6:.2f} CPU s/M"
    rss_text = "-" if rss is None else f"{rss / 1e6:.0f} MB"
    print(f"{name:<34} {rows / seconds / 1000:8.0f} k rows/s   {cpu_text:>16}   peak RSS {rss_text}", flush=True)


def bare(node: Cassandra, parallel: int) -> None:
    done = subprocess.run([str(binary_folder() / "bare_cassandra"), f"{node.address}:{node.port}", "scan", TABLE, str(parallel)],
                          check=True, capture_output=True, text=True)
    result = json.loads(done.stdout)
    report(f"bare client, {parallel} range(s) at once", result["rows"], result["seconds"], result["cpu_seconds"],
           result["peak_rss_bytes"])


def source(node: Cassandra, kafka: Kafka, folder: pathlib.Path, rows: int, parallel: int) -> None:
    topic = f"readings-{parallel}"
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    worker = Worker(folder / topic, kafka.bootstrap, settings={"producer.linger.ms": 5, "producer.batch.size": 131072}, connectors={
        "readings": {
            "connector.class": "io.lenses.streamreactor.connect.cassandra.source.CassandraSourceConnector",
            "connect.cassandra.contact.points": f"{node.address}:{node.port}",
            "connect.cassandra.key.space": "bench", "connect.cassandra.read.timeout.ms": 60000,
            "connect.cassandra.kcql": f"INSERT INTO {topic} SELECT * FROM readings",
            "connect.cassandra.bulk.once": "true", "connect.cassandra.batch.size": 1000,
            "connect.cassandra.bulk.parallelism": parallel, "connect.cassandra.task.buffer.size": 10000 * parallel}})
    try:
        begin = time.monotonic()
        worker.start()
        peak = 0
        while sum(client.end_offsets(topic).values()) < rows:
            peak = max(peak, worker.rss_bytes())
            time.sleep(0.02)
        seconds, cpu = time.monotonic() - begin, worker.cpu_seconds()
        report(f"source to Kafka, {parallel} range(s)", rows, seconds, cpu, peak)
    finally:
        worker.kill()


def cqlsh(node: Cassandra, program: str, folder: pathlib.Path, rows: int) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    subprocess.run([program, node.address, str(node.port), "--request-timeout=60", "-e",
                    f"COPY {TABLE} TO '{folder / 'copy.csv'}' WITH PAGETIMEOUT=60"], check=True, capture_output=True)
    seconds = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    report("cqlsh COPY TO (CSV file)", rows, seconds, cpu, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cqlsh", default=shutil.which("cqlsh"), help="path of cqlsh; left out when there is none")
    parser.add_argument("--no-worker", action="store_true", help="bare client and cqlsh only")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        node = Cassandra(folder / "cassandra")
        kafka = Kafka(folder / "kafka")
        try:
            node.start()
            subprocess.run([str(binary_folder() / "bare_cassandra"), f"{node.address}:{node.port}", "load", TABLE, str(options.rows)],
                           check=True)
            for parallel in (1, 4):
                bare(node, parallel)
            if not options.no_worker:
                kafka.start()
                for parallel in (1, 4):
                    source(node, kafka, folder, options.rows, parallel)
            if options.cqlsh:
                cqlsh(node, options.cqlsh, folder, options.rows)
        finally:
            node.kill()
            kafka.kill()


if __name__ == "__main__":
    main()
