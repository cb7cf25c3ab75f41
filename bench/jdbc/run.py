#!/usr/bin/env python3
"""A million rows from and into PostgreSQL, MariaDB and SQLite, beside what the databases' own tools and librdkafka do. See README.md."""

import argparse
import collections
import os
import pathlib
import re
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from typing import Callable

BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH), str(BENCH.parent / "tests")]

from run import Flow, follow  # noqa: E402
from support.services.kafka import Kafka  # noqa: E402
from support.services.mariadb import MariaDb  # noqa: E402
from support.services.postgres import Postgres  # noqa: E402
from support.worker import Worker, binary_folder  # noqa: E402

CLASS = "io.confluent.connect.jdbc.Jdbc"
# The best that was found for the Java worker; ours gets the same.
SETTINGS = {"producer.linger.ms": 5, "producer.batch.size": 131072, "producer.buffer.memory": 67108864,
            "offset.flush.interval.ms": 10000}
COLUMNS = ("(id BIGINT PRIMARY KEY NOT NULL, amount INT NOT NULL, stock INT, price NUMERIC(12,2), name VARCHAR(40), city VARCHAR(40), "
           "at {timestamp} NOT NULL, ok BOOLEAN)")


def report(title: str, flow: Flow) -> None:
    rss = f"{flow.peak_rss / 1e6:.0f} MB" if flow.peak_rss else ""
    print(f"| {title} | {flow.rate / 1000:.0f} k | {flow.cpu_per_million:.2f} | {rss} |", flush=True)


class Database:
    """A table `readings` full of rows, an empty one `copies`, and the URL of both."""

    name = url = user = password = ""

    def query(self, sql: str) -> list[tuple]:
        raise NotImplementedError

    def empty_copies(self) -> None:
        raise NotImplementedError

    def close(self) -> None:
        pass

    def copied(self) -> int:
        """Rows arrive in the order of their ids."""
        return self.query("SELECT coalesce(max(id), 0) FROM copies")[0][0]


class PostgresDatabase(Database):
    name = "PostgreSQL"

    def __init__(self, folder: pathlib.Path, rows: int):
        self.server = Postgres({"max_wal_size": "4GB", "autovacuum": "off", "shared_buffers": "256MB"}).start()
        self.url, self.user, self.password = self.server.jdbc_url(), self.server.user, self.server.password
        self.connection = self.server.connect()
        for table in ("readings", "copies"):
            self.run(f"CREATE TABLE {table} {COLUMNS.format(timestamp='TIMESTAMP')}")
        self.run("INSERT INTO readings SELECT i, i % 1000, i % 77, (i % 100000) / 100.0, 'name of item ' || i, 'city number ' || i % 1000, "
                 f"'2020-01-01'::timestamp + i * interval '1.000001 second', i % 2 = 0 FROM generate_series(1, {rows}) i")
        self.run("VACUUM (ANALYZE, FREEZE) readings")
        self.run("CHECKPOINT")
        self.csv = folder / "rows.copy"

    def run(self, sql: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def query(self, sql: str) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def empty_copies(self) -> None:
        self.run("TRUNCATE copies")
        self.run("CHECKPOINT")

    def psql(self, command: str, rows: int) -> Flow:
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run(["psql", "-q", "-h", "127.0.0.1", "-p", str(self.server.port), "-U", self.user, "-d", "postgres", "-c", command],
                       env={**os.environ, "PGPASSWORD": self.password}, check=True)
        seconds, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        return Flow(rows, seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    def close(self) -> None:
        self.connection.close()
        self.server.close()


class MariaDatabase(Database):
    name = "MariaDB"

    def __init__(self, folder: pathlib.Path, rows: int):
        self.server = MariaDb({"innodb-buffer-pool-size": "512M", "innodb-log-file-size": "512M"}).start()
        self.server.create_database("bench")
        self.url, self.user, self.password = self.server.jdbc_url("bench"), self.server.user, self.server.password
        for table in ("readings", "copies"):
            self.server.execute(f"CREATE TABLE {table} {COLUMNS.format(timestamp='DATETIME(6)')}", database="bench")
        self.server.execute(
            "INSERT INTO readings SELECT seq, seq % 1000, seq % 77, (seq % 100000) / 100, concat('name of item ', seq), "
            "concat('city number ', seq % 1000), '2020-01-01' + INTERVAL seq * 1.000001 SECOND, seq % 2 "
            f"FROM seq_1_to_{rows}", database="bench")
        self.connection = self.server.connect("bench")

    def query(self, sql: str) -> list[tuple]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def empty_copies(self) -> None:
        self.server.execute("TRUNCATE TABLE copies", database="bench")

    def close(self) -> None:
        self.connection.close()
        self.server.close()


class SqliteDatabase(Database):
    name = "SQLite"

    def __init__(self, folder: pathlib.Path, rows: int):
        file = folder / "bench.db"
        self.url = f"jdbc:sqlite:{file}?synchronous=off"
        self.connection = sqlite3.connect(file, timeout=60, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = wal")
        for table in ("readings", "copies"):
            self.connection.execute(f"CREATE TABLE {table} {COLUMNS.format(timestamp='TIMESTAMP')}")
        self.connection.execute(
            "INSERT INTO readings WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i, i % 1000, i % 77, "
            "(i % 100000) / 100.0, 'name of item ' || i, 'city number ' || i % 1000, 1577836800000 + i * 1000, i % 2 FROM n", (rows,))

    def query(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()

    def empty_copies(self) -> None:
        self.connection.execute("DELETE FROM copies")

    def close(self) -> None:
        self.connection.close()


class CallgrindWorker(Worker):
    """Counts instructions by function, at a fiftieth of the speed. Processor samples are not to be had in every container."""

    def program(self) -> list[str]:
        return ["valgrind", "--tool=callgrind", f"--callgrind-out-file={self.folder / 'callgrind'}", *super().program()]

    PARTS = (("logins (once)", r"libcrypto|OPENSSL"), ("librdkafka", r"librdkafka"), ("memory", r"jemalloc|mem(cpy|move|set|cmp)"), ("JSON", r"::json"),
             ("JDBC connector", r"::jdbc::|libpq|libmariadb|libsqlite"), ("C library, locks, loading", r"libc\.so|ld-linux|libm\.so"),
             ("runtime", r"bin/millrace|libstdc"))

    def print_profile(self) -> None:
        text = subprocess.run(["callgrind_annotate", "--threshold=99.9", self.folder / "callgrind"], check=True, capture_output=True, text=True).stdout
        functions = re.findall(r"^ *([\d,]+) \( *[\d.]+%\)  (.*)$", text, re.MULTILINE)
        total, sums = 0, collections.Counter()
        for count, name in functions:
            if "PROGRAM TOTALS" in name:
                total = int(count.replace(",", ""))
                continue
            part = next((part for part, pattern in self.PARTS if re.search(pattern, name)), "others")
            sums[part] += int(count.replace(",", ""))
        print("".join(f"    {share / total:5.1%}  {part}\n" for part, share in sums.most_common()))
        print("".join(f"    {count:>14}  {name[:150]}\n" for count, name in functions[1:25]), flush=True)


class Bench:
    def __init__(self, folder: pathlib.Path, kafka: Kafka, rows: int, profile: bool):
        self.folder, self.kafka, self.rows, self.profile = folder, kafka, rows, profile
        self._numbers = 0

    def measure(self, title: str, connector: dict, progress: Callable[[], int], settings: dict | None = None) -> Flow:
        self._numbers += 1
        name = f"bench-{self._numbers}"
        kind = CallgrindWorker if self.profile else Worker
        worker = kind(self.folder / name, self.kafka.bootstrap, settings={**SETTINGS, **(settings or {})}, connectors={name: connector})
        worker.launch()
        try:
            flow = follow(worker, progress, self.rows, 0.05)
            report(title, flow)
            if self.profile:
                worker.stop()
                worker.print_profile()
        finally:
            worker.kill()
        return flow

    def source(self, database: Database, batch: int, topic: str) -> Flow:
        self.kafka.create_topic(topic + "readings")
        connector = {"connector.class": CLASS + "SourceConnector", "connection.url": database.url, "connection.user": database.user,
                     "connection.password": database.password, "mode": "bulk", "table.whitelist": "readings", "topic.prefix": topic,
                     "batch.max.rows": batch, "poll.interval.ms": 3600000}
        return self.measure(f"{database.name}: source, `batch.max.rows={batch}`", connector, self.kafka.watcher(topic + "readings"))

    def sink(self, database: Database, topic: str, title: str, **options: object) -> Flow:
        connector = {"connector.class": CLASS + "SinkConnector", "connection.url": database.url, "connection.user": database.user,
                     "connection.password": database.password, "topics": topic + "readings", "table.name.format": "copies",
                     **{key.replace("__", "."): value for key, value in options.items()}}
        return self.measure(f"{database.name}: {title}", connector, database.copied)

    def bare_producer(self, topic: str) -> Flow:
        """The same bytes from a file: the first record's schema around every record's payload."""
        values = self.kafka.texts(topic + "readings", self.rows, timeout=300)
        prefix = values[0][:values[0].index('"payload":') + len('"payload":')]
        lines = self.folder / "payloads"
        with open(lines, "w") as file:
            file.writelines(value[len(prefix):-1] + "\n" for value in values)
        bare = self.kafka.create_topic("bare-producer")
        done = subprocess.run([binary_folder() / "bare_producer", "--prefix", prefix, "--suffix", "}", lines, bare, "acks=all", "linger.ms=5",
                               "batch.size=131072", "max.in.flight=1", "queue.buffering.max.kbytes=65536",
                               f"bootstrap.servers={self.kafka.bootstrap}"], stdout=subprocess.PIPE, text=True, check=True, timeout=600)
        lines.unlink()
        self.kafka.delete_topic(bare)
        return Flow(*map(float, done.stdout.split()))


def run(bench: Bench, database: Database, parts: list[str]) -> None:
    sources = {}
    if isinstance(database, PostgresDatabase):
        floor = database.psql(r"\copy (select * from readings) to /dev/null", bench.rows)
        report("PostgreSQL: `\\copy (select …) to`", floor)
    topic = database.name + "-10000-"
    sources[10000] = bench.source(database, 10000, topic)
    if "source" in parts:
        sources[100] = bench.source(database, 100, database.name + "-100-")
        bench.kafka.delete_topic(database.name + "-100-readings")
        if isinstance(database, PostgresDatabase):
            bare = bench.bare_producer(topic)
            report("bare librdkafka producer, the same bytes", bare)
            for batch, flow in sources.items():
                print(f"| `batch.max.rows={batch}` reaches | {flow.rate / floor.rate:.0%} of `\\copy`, {flow.rate / bare.rate:.0%} of librdkafka | | |")
    if "sink" in parts:
        if isinstance(database, PostgresDatabase):
            database.psql(rf"\copy readings to {database.csv}", bench.rows)
            floor = database.psql(rf"\copy copies from {database.csv}", bench.rows)
            report("PostgreSQL: `\\copy … from`", floor)
            database.csv.unlink()
        database.empty_copies()
        flow = bench.sink(database, topic, "sink, insert")
        if isinstance(database, PostgresDatabase):
            print(f"| the sink reaches | {flow.rate / floor.rate:.0%} of `\\copy` | | |")
        database.empty_copies()
        bench.sink(database, topic, "sink, upsert of new rows", insert__mode="upsert", pk__mode="record_value", pk__fields="id")
    bench.kafka.delete_topic(topic + "readings")


def main() -> int:
    kinds = {"postgresql": PostgresDatabase, "mariadb": MariaDatabase, "sqlite": SqliteDatabase}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--databases", default=",".join(kinds))
    parser.add_argument("--parts", default="source,sink")
    parser.add_argument("--profile", action="store_true", help="print where the instructions go (valgrind; use some 50000 rows)")
    options = parser.parse_args()
    subprocess.run(["cmake", "--build", str(binary_folder().parent), "--target", "bench_baselines"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory(prefix="millrace-bench.") as name:
        folder = pathlib.Path(name)
        kafka = Kafka(folder / "kafka", {"num.partitions": "1"})
        try:
            kafka.start()
            print("| | rows/s | CPU s per million | peak RSS |\n|---|---|---|---|", flush=True)
            for kind in options.databases.split(","):
                database = kinds[kind](folder, options.rows)
                try:
                    run(bench=Bench(folder, kafka, options.rows, options.profile), database=database, parts=options.parts.split(","))
                finally:
                    database.close()
        finally:
            kafka.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
