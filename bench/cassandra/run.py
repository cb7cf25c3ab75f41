#!/usr/bin/env python3
"""A million rows of Cassandra: the bare client, the source with Kafka behind it, cqlsh's COPY TO, and both sinks. See README.md."""

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


SINKS = {
    "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector": "INSERT INTO readings SELECT * FROM {topic}",
    "io.lenses.streamreactor.connect.cassandra.CassandraSinkConnector":
        "INSERT INTO sinks.readings SELECT _value.sensor, _value.number, _value.at, _value.note FROM {topic}",
}


def sinks(node: Cassandra, kafka: Kafka, folder: pathlib.Path, rows: int) -> None:
    topic = "to-cassandra"
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    client.produce(topic, (json.dumps({"sensor": f"sensor-{number // 100}", "number": number, "at": 1520611952584 + number,
                                       "note": "x" * 40}) for number in range(rows)))
    node.create_keyspace("sinks")
    for connector_class, kcql in SINKS.items():
        node.execute("DROP TABLE IF EXISTS sinks.readings")
        node.execute("CREATE TABLE sinks.readings (sensor text, number int, at timestamp, note text, PRIMARY KEY (sensor, number))")
        kind = "JSON inserts" if ".sink." in connector_class else "bound columns"
        worker = Worker(folder / kind.replace(" ", "-"), kafka.bootstrap, connectors={kind.replace(" ", "-"): {
            "connector.class": connector_class, "topics": topic, "value.converter.schemas.enable": "false",
            "value.converter": "org.apache.kafka.connect.json.JsonConverter",
            "connect.cassandra.contact.points": f"{node.address}:{node.port}", "connect.cassandra.kcql": kcql.format(topic=topic),
            **({"connect.cassandra.key.space": "sinks"} if ".sink." in connector_class else {})}})
        try:
            begin = time.monotonic()
            worker.start()
            peak = 0
            while client.committed("connect-" + kind.replace(" ", "-"), topic).get(0, 0) < rows:
                peak = max(peak, worker.rss_bytes())
                time.sleep(0.1)
            report(f"sink from Kafka, {kind}", rows, time.monotonic() - begin, worker.cpu_seconds(), peak)
        finally:
            worker.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--cqlsh", default=shutil.which("cqlsh"), help="path of cqlsh; left out when there is none")
    parser.add_argument("--sink-rows", type=int, default=200_000, help="0: leave the sinks out")
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
                if options.sink_rows:
                    sinks(node, kafka, folder, options.sink_rows)
            if options.cqlsh:
                cqlsh(node, options.cqlsh, folder, options.rows)
        finally:
            node.kill()
            kafka.kill()


if __name__ == "__main__":
    main()
