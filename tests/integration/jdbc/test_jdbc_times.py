"""Time zones, granularities and bounds of timestamps: both directions, on the databases that treat them differently."""

import datetime
import json

import pytest
from jdbc_support import payloads, sink, source

from support.eventually import eventually

LOGICAL = "org.apache.kafka.connect.data."
WALL = "2016-08-03 07:26:07.516123"
IN_NEW_YORK = 1470223567516  # WALL read there, in ms since 1970
GRANULARITIES = {"connect_logical": IN_NEW_YORK, "micros_long": IN_NEW_YORK * 1000 + 123, "micros_string": str(IN_NEW_YORK * 1000 + 123),
                 "micros_iso_datetime_string": "2016-08-03T07:26:07.516123", "nanos_long": IN_NEW_YORK * 1000000 + 123000,
                 "NANOS_STRING": str(IN_NEW_YORK * 1000000 + 123000), "nanos_iso_datetime_string": "2016-08-03T07:26:07.516123000"}


class Server:
    """PostgreSQL or MariaDB with an empty database. `wall` and `instant` are its two kinds of timestamps, `there` the wall time in New York."""

    def __init__(self, kind: str, request: pytest.FixtureRequest, unique):
        self.server = request.getfixturevalue(kind)
        self.database = self.server.create_database(unique("db"))
        self.url = self.server.jdbc_url(self.database)
        self.wall, self.instant = ("TIMESTAMP", "TIMESTAMPTZ") if kind == "postgres" else ("DATETIME(6)", "TIMESTAMP(6)")
        self.there = "now() AT TIME ZONE 'America/New_York'" if kind == "postgres" else "utc_timestamp(6) - INTERVAL {hours} HOUR"
        if kind == "mariadb":  # its zone tables are not loaded
            import zoneinfo
            offset = datetime.datetime.now(zoneinfo.ZoneInfo("America/New_York")).utcoffset()
            self.there = self.there.format(hours=-int(offset.total_seconds() // 3600))

    def run(self, *statements: str) -> list[tuple]:
        connection = self.server.connect(self.database)
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def source(self, **more) -> dict:
        return source(self.url, self.server.user, self.server.password, **more)

    def sink(self, topic: str, **more) -> dict:
        return sink(self.url, self.server.user, self.server.password, topic, **more)


@pytest.fixture(params=["postgres", "mariadb"])
def server(request, unique) -> Server:
    return Server(request.param, request, unique)


def test_every_granularity_in_a_zone(server, kafka, make_worker, unique):
    """Values, offsets with microseconds, and rows that were written a moment ago by the wall clock of that zone."""
    prefix = unique("g")
    server.run(f"CREATE TABLE t(id INT PRIMARY KEY, ts {server.wall} NOT NULL)", f"INSERT INTO t VALUES (1, '{WALL}')")
    worker = make_worker(settings={"offset.flush.interval.ms": 200}, connectors={name.lower().replace("_", "-"): server.source(
        table__whitelist="t", mode="timestamp", timestamp__column__name="ts", db__timezone="America/New_York", timestamp__granularity=name,
        topic__prefix=f"{prefix}-{name}-") for name in GRANULARITIES}).start()
    for name, value in GRANULARITIES.items():
        assert payloads(kafka.texts(f"{prefix}-{name}-t", 1)) == [{"id": 1, "ts": value}]
        offset = {"timestamp": IN_NEW_YORK, "timestamp_nanos": 516123000}
        eventually(lambda: [one["offset"] for one in worker.rest.offsets(name.lower().replace("_", "-"))] == [offset], 30, "the offset")
    server.run(f"INSERT INTO t VALUES (2, {server.there})")
    for name in GRANULARITIES:
        assert [one["id"] for one in payloads(kafka.texts(f"{prefix}-{name}-t", 2))] == [1, 2]


def test_bounds(server, kafka, make_worker, unique):
    """timestamp.initial is exclusive, a delay holds rows back, the first of several columns that is not NULL counts, a suffix stands last."""
    prefix = unique("b")
    server.run(f"CREATE TABLE t(id INT PRIMARY KEY, a {server.wall} NULL, b {server.wall} NOT NULL)",
               "INSERT INTO t VALUES (1, NULL, '2020-01-01 00:00:00'), (2, '2020-01-03 00:00:00', '2019-01-01 00:00:00'), "
               "(3, NULL, '2020-01-02 00:00:00')")
    common = {"table__whitelist": "t", "mode": "timestamp", "timestamp__column__name": "a, b"}
    connectors = {"all": {}, "initial": {"timestamp__initial": 1577836800000}, "now": {"timestamp__initial": -1},
                  "late": {"timestamp__delay__interval__ms": 3600000}, "suffix": {"query__suffix": "LIMIT 1"}}
    make_worker(connectors={name: server.source(topic__prefix=f"{prefix}-{name}-", **common, **more) for name, more in connectors.items()}).start()

    def ids(name: str, count: int | None = None) -> list[int]:
        return [one["id"] for one in payloads(kafka.texts(f"{prefix}-{name}-t", count))]

    assert ids("all", 3) == [1, 3, 2]
    assert ids("suffix", 3) == [1, 3, 2]
    assert ids("initial", 2) == [3, 2]
    utc = "now() AT TIME ZONE 'UTC'" if server.wall == "TIMESTAMP" else "utc_timestamp(6)"
    server.run(f"INSERT INTO t VALUES (4, NULL, {utc})")
    assert ids("all", 4)[3] == 4
    assert ids("now", 1) == [4]
    assert ids("late", 3) == [1, 3, 2]


def test_instants_do_not_depend_on_the_zone(server, kafka, make_worker, unique):
    prefix = unique("i")
    server.run(f"CREATE TABLE t(id INT PRIMARY KEY, ts {server.instant} NOT NULL)")
    connection = server.server.connect(server.database)
    try:
        cursor = connection.cursor()
        cursor.execute("SET TIME ZONE 'UTC'" if server.instant == "TIMESTAMPTZ" else "SET time_zone = '+00:00'")
        cursor.execute("INSERT INTO t VALUES (1, '2016-08-03 07:26:07.516123')")
        connection.commit()
    finally:
        connection.close()
    make_worker(connectors={zone[:3].lower(): server.source(
        table__whitelist="t", mode="timestamp+incrementing", timestamp__column__name="ts", incrementing__column__name="id",
        db__timezone=zone, topic__prefix=f"{prefix}-{zone[:3]}-") for zone in ("America/New_York", "JST", "UTC")}).start()
    for zone in ("Ame", "JST", "UTC"):
        assert payloads(kafka.texts(f"{prefix}-{zone}-t", 1)) == [{"id": 1, "ts": 1470209167516}]
    server.run("INSERT INTO t VALUES (2, now())")
    for zone in ("Ame", "JST", "UTC"):
        assert [one["id"] for one in payloads(kafka.texts(f"{prefix}-{zone}-t", 2))] == [1, 2]


@pytest.mark.parametrize("zone", ["America/New_York", "JST"])
def test_dates_and_instants_come_once_in_every_zone(server, kafka, make_worker, unique, zone):
    """A DATE column is followed from midnight in the zone, a query's column by what its type means."""
    prefix = unique("d")
    server.run(f"CREATE TABLE t(id INT PRIMARY KEY, d DATE NOT NULL, ts {server.instant} NOT NULL)", "INSERT INTO t VALUES (1, '2020-01-01', '2020-01-01')")
    cases = {"date": ("d", {"table__whitelist": "t"}), "query": ("ts", {"query": "SELECT id, ts FROM t"})}
    make_worker(connectors={name: server.source(mode="timestamp", timestamp__column__name=column, db__timezone=zone, topic__prefix=f"{prefix}-{name}-",
                                                poll__interval__ms=20, **more) for name, (column, more) in cases.items()}).start()
    topics = [f"{prefix}-date-t", f"{prefix}-query-"]
    assert [[one["id"] for one in payloads(kafka.texts(topic, 1))] for topic in topics] == [[1], [1]]
    for number in range(2, 6):  # several polls lie between
        server.run(f"INSERT INTO t VALUES ({number}, '2020-01-0{number}', now())")
        for topic in topics:
            assert [one["id"] for one in payloads(kafka.texts(topic, number))] == list(range(1, number + 1))


def test_columns_of_two_kinds_are_warned_about(server, make_worker, unique):
    server.run(f"CREATE TABLE t(id INT PRIMARY KEY, a {server.wall} NOT NULL, b {server.instant} NOT NULL)")
    common = {"table__whitelist": "t", "mode": "timestamp", "topic__prefix": unique("k"), "db__timezone": "America/New_York"}
    worker = make_worker(connectors={"one": server.source(timestamp__column__name="b", **common),
                                     "two": server.source(timestamp__column__name="a,b", **common)}).start()
    warning = "mixes columns with and without a time zone"
    eventually(lambda: any(warning in line and "[two|task-0]" in line for line in worker.log_text().splitlines()), 30, "the warning")
    assert not any(warning in line and "[one|task-0]" in line for line in worker.log_text().splitlines())


def test_the_sink_writes_in_a_zone(server, kafka, make_worker, unique):
    topic = kafka.create_topic(unique("t"))
    fields = [("id", "int32", None), ("da", "int32", "Date"), ("ti", "int32", "Time"), ("ts", "int64", "Timestamp"), ("micros", "int64", None),
              ("text", "string", None)]
    kafka.produce(topic, [json.dumps({"schema": {"type": "struct", "optional": False, "fields": [
        {"field": field, "type": kind, "optional": field != "id", **({"name": LOGICAL + name, "version": 1} if name else {})}
        for field, kind, name in fields]},
        "payload": {"id": 1, "da": 17000, "ti": 26767516, "ts": 1470209167516, "micros": 1470209167516999, "text": "1470209167516999"}})])
    make_worker(connectors={name: server.sink(
        topic, table__name__format=name, auto__create="true", db__timezone="America/New_York", date__timezone=zone,
        timestamp__fields__list="micros,text") for name, zone in (("in_zone", "DB_TIMEZONE"), ("in_utc", "UTC"))}).start()
    there = datetime.datetime(2016, 8, 3, 3, 26, 7, 516000)
    time = datetime.time(2, 26, 7, 516000) if server.wall == "TIMESTAMP" else datetime.timedelta(hours=2, minutes=26, seconds=7, microseconds=516000)
    for name, day in (("in_zone", datetime.date(2016, 7, 17)), ("in_utc", datetime.date(2016, 7, 18))):
        expected = [(1, day, time, there, there.replace(microsecond=516999), there.replace(microsecond=516999))]

        def written() -> bool:
            try:
                return server.run(f"SELECT id, da, ti, ts, micros, text FROM {name}") == expected
            except Exception:  # noqa: BLE001 - the table may not be there yet
                return False
        eventually(written, 30, f"the row of {name}")
