"""insert.mode, pk.mode, DDL and deletes on PostgreSQL, MariaDB and SQLite, through a real worker."""

import datetime
import decimal
import json
import sqlite3

import pytest
from jdbc_support import row, sink

from support.eventually import eventually
from support.worker import JSON_CONVERTER, STRING_CONVERTER

LOGICAL = "org.apache.kafka.connect.data."
FIELDS = [("id", "int32", {"optional": False}), ("i8", "int8", {}), ("i64", "int64", {}), ("f32", "float", {}), ("f64", "double", {}),
          ("b", "boolean", {}), ("s", "string", {}), ("y", "bytes", {}),
          ("dec", "bytes", {"name": LOGICAL + "Decimal", "version": 1, "parameters": {"scale": "2"}}),
          ("da", "int32", {"name": LOGICAL + "Date", "version": 1}), ("ti", "int32", {"name": LOGICAL + "Time", "version": 1}),
          ("ts", "int64", {"name": LOGICAL + "Timestamp", "version": 1}), ("d", "string", {"optional": False, "default": "o'k"})]
VALUES = {"id": 1, "i8": -5, "i64": 1 << 40, "f32": 1.5, "f64": 2.25, "b": True, "s": "hé'\\\n\tx", "y": "AAEC/w==", "dec": "BM4=",
          "da": 17000, "ti": 45296789, "ts": 1470209167516, "d": "z"}
EVERY_TYPE = {"type": "struct", "optional": False, "fields": [{"field": field, "type": kind, "optional": True, **more}
                                                             for field, kind, more in FIELDS]}


class Table:
    """A database of the test's own, the same calls whichever it is."""

    def __init__(self, kind: str, request: pytest.FixtureRequest, unique, tmp_path):
        self.kind = kind
        if kind == "sqlite":
            self.file, self.user, self.password = tmp_path / "sink.db", "", ""
            self.url = f"jdbc:sqlite:{self.file}"
        else:
            self.server = request.getfixturevalue(kind)
            self.database = self.server.create_database(unique("db"))
            self.url, self.user, self.password = self.server.jdbc_url(self.database), self.server.user, self.server.password

    def run(self, sql: str) -> list[tuple]:
        """Double quotes around names. A statement without a result answers []."""
        if self.kind == "mariadb":
            sql = sql.replace('"', "`")
        if self.kind == "sqlite":
            connection = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        else:
            connection = self.server.connect(self.database)
        try:
            cursor = connection.cursor()
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def sink(self, topic: str, **more) -> dict:
        return sink(self.url, self.user, self.password, topic, **more)

    def expect(self, sql: str, rows: list[tuple]) -> None:
        seen = []

        def there() -> bool:
            seen[:] = [self.run(sql)]
            return seen == [rows]

        try:
            eventually(there, 30, "the rows")
        except AssertionError as late:
            raise AssertionError(f"{sql}: {seen}, not {rows}") from late


@pytest.fixture(params=["postgres", "mariadb", "sqlite"])
def table(request, unique, tmp_path) -> Table:
    return Table(request.param, request, unique, tmp_path)


@pytest.fixture
def topic(kafka, unique) -> str:
    return kafka.create_topic(unique("t"))


def int_key(number: int) -> str:
    return json.dumps({"schema": {"type": "int32", "optional": False}, "payload": number})


def test_created_tables_hold_every_type(table, topic, kafka, make_worker):
    kafka.produce(topic, [json.dumps({"schema": EVERY_TYPE, "payload": VALUES}),
                          json.dumps({"schema": EVERY_TYPE, "payload": {"id": 2, "d": "only"}})])
    worker = make_worker(connectors={"types": table.sink(topic, auto__create="true", pk__mode="record_value", pk__fields="id",
                                                         table__name__format="types")}).start()
    table.expect("SELECT count(*) FROM types", [(2,)])
    first, second = table.run("SELECT * FROM types ORDER BY id")
    assert second == (2, *[None] * 11, "only")
    plain = (1, -5, 1 << 40, 1.5, 2.25, True, "hé'\\\n\tx")
    assert first[:7] == plain and bytes(first[7]) == b"\0\1\2\xff" and first[12] == "z"
    day, time, moment = datetime.date(2016, 7, 18), datetime.time(12, 34, 56, 789000), datetime.datetime(2016, 8, 3, 7, 26, 7, 516000)
    assert first[8:12] == {
        "postgres": (decimal.Decimal("12.30"), day, time, moment),
        "mariadb": (decimal.Decimal("12.30"), day, datetime.timedelta(seconds=45296, milliseconds=789), moment),
        "sqlite": (12.3, 17000 * 86400000, 45296789, 1470209167516)}[table.kind]
    quote = "`" if table.kind == "mariadb" else '"'
    types = {"postgres": "INT SMALLINT BIGINT REAL DOUBLE:PRECISION BOOLEAN TEXT BYTEA DECIMAL DATE TIME TIMESTAMP",
             "mariadb": "INT TINYINT BIGINT FLOAT DOUBLE TINYINT TEXT VARBINARY(1024) DECIMAL(65,2) DATE TIME(3) DATETIME(3)",
             "sqlite": "INTEGER INTEGER INTEGER REAL REAL INTEGER TEXT BLOB NUMERIC NUMERIC NUMERIC NUMERIC"}[table.kind].split()
    columns = "".join(f"{quote}{field}{quote} {kind.replace(':', ' ')} {'NOT NULL' if field == 'id' else 'NULL'},\n"
                      for (field, _, _), kind in zip(FIELDS, types))
    assert f"{columns}{quote}d{quote} TEXT DEFAULT 'o''k',\nPRIMARY KEY({quote}id{quote}))" in worker.log_text()


@pytest.mark.parametrize("mode", ["insert", "upsert", "update"])
def test_modes_and_keys(table, topic, kafka, make_worker, mode):
    """Two records of one id under two keys, and one that comes twice."""
    for key, records in ((5, [row(1, "a"), row(2, "b")]), (6, [row(1, "c")])):
        kafka.produce(topic, records, key=int_key(key))
    connectors = {}
    for pk_mode, fields, columns in (("none", "", "id INT, name VARCHAR(20)"),
                                     ("kafka", "kt,kp,ko", "kt VARCHAR(99), kp INT, ko BIGINT, id INT, name VARCHAR(20), PRIMARY KEY (kt, kp, ko)"),
                                     ("record_key", "k", "k INT PRIMARY KEY, id INT, name VARCHAR(20)"),
                                     ("record_value", "id", "id INT PRIMARY KEY, name VARCHAR(20)")):
        table.run(f"CREATE TABLE t_{pk_mode}({columns})")
        connectors[pk_mode] = {**table.sink(topic, insert__mode=mode, pk__mode=pk_mode, pk__fields=fields, table__name__format=f"t_{pk_mode}"),
                               "key.converter": JSON_CONVERTER, "max.retries": 0}
    if mode == "update":
        table.run("INSERT INTO t_record_key VALUES (5, 0, 'old')")
        table.run("INSERT INTO t_record_value VALUES (1, 'old')")
    worker = make_worker(connectors=connectors).start()

    def state(pk_mode: str, wanted: str) -> None:
        worker.rest.await_states(pk_mode, tasks=[wanted])
        if wanted == "RUNNING":
            eventually(lambda: kafka.committed(f"connect-{pk_mode}", topic) == {0: 3}, 30, f"{pk_mode}: all three are through")

    by_offset = [(0, 1, "a"), (1, 2, "b"), (2, 1, "c")]
    expected = {"insert": {"none": [(1, "a"), (1, "c"), (2, "b")], "kafka": by_offset, "record_key": None, "record_value": None},
                "upsert": {"none": None, "kafka": by_offset, "record_key": [(5, 2, "b"), (6, 1, "c")], "record_value": [(1, "c"), (2, "b")]},
                "update": {"none": [], "kafka": [], "record_key": [(5, 2, "b")], "record_value": [(1, "c")]}}[mode]
    for pk_mode, columns in (("none", "id, name"), ("kafka", "ko, id, name"), ("record_key", "k, id, name"), ("record_value", "id, name")):
        rows = expected[pk_mode]
        state(pk_mode, "FAILED" if rows is None else "RUNNING")
        assert table.run(f"SELECT {columns} FROM t_{pk_mode} ORDER BY {columns}") == (rows or [])
    if mode == "insert":
        trace = worker.rest.status("record_value")["tasks"][0]["trace"]
        assert f"{topic}-0@2" in trace and "t_record_value" in trace
    if mode == "upsert":
        assert "in UPSERT mode requires key field names to be known" in worker.rest.status("none")["tasks"][0]["trace"]


def test_tables_evolve_and_rows_are_deleted(table, topic, kafka, make_worker):
    worker = make_worker(connectors={"evolve": {
        **table.sink(topic, insert__mode="upsert", pk__mode="record_key", pk__fields="k", auto__create="true", auto__evolve="true",
                     delete__enabled="true", table__name__format="ev_${topic}"), "key.converter": JSON_CONVERTER}}).start()
    name = f'"ev_{topic}"'
    kafka.produce(topic, [row(1, "a")], key=int_key(1))
    kafka.produce(topic, [row(2, "b")], key=int_key(2))
    table.expect(f"SELECT k, id, name FROM {name} ORDER BY k", [(1, 1, "a"), (2, 2, "b")])
    schema = {"type": "struct", "optional": False, "fields": [{"field": "id", "type": "int32", "optional": False},
                                                             {"field": "extra", "type": "string", "optional": True},
                                                             {"field": "n", "type": "int64", "optional": False, "default": 7},
                                                             {"field": "path", "type": "string", "optional": False, "default": r"C:\new"},
                                                             {"field": "raw", "type": "bytes", "optional": False, "default": "AP8="}]}
    kafka.produce(topic, [json.dumps({"schema": schema, "payload": {"id": 3, "extra": "x", "n": 8, "path": "p", "raw": "AQ=="}})], key=int_key(3))
    for key, value in ((1, None), (2, None), (2, row(22, "again")), (9, None)):
        kafka.produce(topic, [value], key=int_key(key))
    table.expect(f"SELECT k, id, name, extra, n, path FROM {name} ORDER BY k", [(2, 22, "again", None, 7, r"C:\new"), (3, 3, None, "x", 8, "p")])
    assert [bytes(raw) for raw, in table.run(f"SELECT raw FROM {name} ORDER BY k")] == [b"\0\xff", b"\1"]
    assert worker.rest.states("evolve") == ("RUNNING", ["RUNNING"])


def test_key_fields_whitelist_and_plain_strings(table, topic, kafka, make_worker, unique):
    key = json.dumps({"schema": {"type": "struct", "optional": False, "fields": [
        {"field": "k", "type": "int32", "optional": False}, {"field": "region", "type": "string", "optional": False}]},
        "payload": {"k": 4, "region": "eu"}})
    words = kafka.create_topic(unique("words"))
    kafka.produce(topic, [row(1, "a")], key=key)
    kafka.produce(words, ["hello", "world"])
    make_worker(connectors={
        "fields": {**table.sink(topic, pk__mode="record_key", fields__whitelist="name", auto__create="true", table__name__format="f"),
                   "key.converter": JSON_CONVERTER},
        "words": {**table.sink(words, auto__create="true", table__name__format="w"), "value.converter": STRING_CONVERTER}}).start()
    table.expect("SELECT * FROM f", [("a", 4, "eu")])
    table.expect("SELECT record_value FROM w", [("hello",), ("world",)])


def test_refusals_are_one_sentence(table, topic, kafka, make_worker, unique):
    table.run("CREATE TABLE narrow(id INT)")
    table.run("CREATE VIEW view_of AS SELECT * FROM narrow")
    kafka.produce(topic, [row(1, "a")])
    tombstones = kafka.create_topic(unique("null"))
    kafka.produce(tombstones, [None])
    cases = {"missing": (table.sink(topic, table__name__format="nosuch"), "is missing and auto-creation is disabled"),
             "narrow": (table.sink(topic, table__name__format="narrow"), "is missing fields ([SinkRecordField{schema=Schema{STRING}, name='name', "
                        "isPrimaryKey=false}]) and auto-evolution is disabled"),
             "view": (table.sink(topic, table__name__format="view_of"), "add VIEW to table.types"),
             "tombstone": (table.sink(tombstones, auto__create="true"), "with a null value and null value schema")}
    worker = make_worker(connectors={name: config for name, (config, _) in cases.items()}).start()
    for name, (_, words) in cases.items():
        assert words in worker.rest.await_states(name, tasks=["FAILED"])["tasks"][0]["trace"]


def test_nested_fields_as_json(table, topic, kafka, make_worker):
    fields = [{"field": "id", "type": "int32", "optional": False},
              {"field": "s", "type": "struct", "optional": True, "fields": [{"field": "it's", "type": "string", "optional": True}]},
              {"field": "m", "type": "map", "optional": True, "keys": {"type": "string"}, "values": {"type": "int32"}},
              {"field": "a", "type": "array", "optional": True, "items": {"type": "struct", "fields": [{"field": "x", "type": "double"}]}}]
    schema = {"type": "struct", "optional": False, "fields": fields}
    kafka.produce(topic, [json.dumps({"schema": schema, "payload": payload}) for payload in (
        {"id": 1, "s": {"it's": "tab\there \\ \"é\""}, "m": {"k": 1}, "a": [{"x": 0.5}]}, {"id": 2, "s": None, "m": None, "a": None})])
    make_worker(connectors={"json": table.sink(topic, auto__create="true", nested__fields__as__json="true", table__name__format="t",
                                               insert__mode="upsert", pk__mode="record_value", pk__fields="id")}).start()
    table.expect("SELECT id FROM t ORDER BY id", [(1,), (2,)])
    first, second = table.run("SELECT s, m, a FROM t ORDER BY id")
    values = [json.loads(value) if isinstance(value, str) else value for value in first]
    assert values == [{"it's": "tab\there \\ \"é\""}, {"k": 1}, [{"x": 0.5}]] and second == (None, None, None)


@pytest.mark.parametrize("mode", ["upsert", "update"])
def test_writes_of_one_batch_keep_their_order(table, topic, kafka, make_worker, mode):
    """Keys that repeat within a batch, closely and far apart."""
    records = [row(number % modulus, f"{modulus}-{number}") for modulus in (1000, 7, 1, 300) for number in range(3000)]
    expected = {}
    for record in records:
        payload = json.loads(record)["payload"]
        expected[payload["id"]] = payload["name"]
    kafka.produce(topic, records)
    if mode == "update":
        table.run("CREATE TABLE t(id INT PRIMARY KEY, name VARCHAR(20))")
        table.run("INSERT INTO t(id) VALUES " + ",".join(f"({number})" for number in range(1000)))
    make_worker(connectors={"order": table.sink(topic, insert__mode=mode, pk__mode="record_value", pk__fields="id", auto__create="true",
                                                table__name__format="t", consumer__override__max__poll__records=5000)}).start()
    table.expect("SELECT id, name FROM t ORDER BY id", sorted(expected.items()))


def test_postgresql_keys_that_only_the_database_finds_equal(postgres, kafka, topic, make_worker, unique):
    database = postgres.create_database(unique("db"))
    postgres.execute("CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
                     "CREATE TABLE t(name TEXT COLLATE ci PRIMARY KEY, id INT)", database=database)
    kafka.produce(topic, [row(number, "A" if number % 2 else "a") for number in range(50)])
    make_worker(connectors={"equal": sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, insert__mode="upsert",
                                          pk__mode="record_value", pk__fields="name", table__name__format="t")}).start()
    eventually(lambda: postgres.query("SELECT id FROM t", database=database) == [(49,)], 30, "the last row")


def test_postgresql_bad_rows_among_many_upserts(postgres, kafka, topic, make_worker, unique):
    database, dead = postgres.create_database(unique("db")), topic + "-dead"
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY, name VARCHAR(5))", database=database)
    bad = {3, 150, 151, 499}
    kafka.produce(topic, [row(number, "too long" if number in bad else "fine") for number in range(500)])
    make_worker(connectors={"bad": {**sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, insert__mode="upsert",
                                           pk__mode="record_value", pk__fields="id", table__name__format="t"),
                                    "errors.tolerance": "all", "errors.deadletterqueue.topic.name": dead,
                                    "errors.deadletterqueue.topic.replication.factor": 1}}).start()
    assert {json.loads(record.value)["payload"]["id"] for record in kafka.consume(dead, len(bad))} == bad
    expected = [(number,) for number in range(500) if number not in bad]
    eventually(lambda: postgres.query("SELECT id FROM t ORDER BY id", database=database) == expected, 30, "the good rows")
