"""What only PostgreSQL has: conversions on assignment, row level security, transactions that can be asked about."""

import json

import pytest
from jdbc_support import payloads, row, sink, source

from support.eventually import eventually

LOGICAL = "org.apache.kafka.connect.data."


@pytest.fixture
def database(postgres, unique) -> str:
    return postgres.create_database(unique("db"))


def record(fields: list[tuple[str, str, dict]], **values) -> str:
    return json.dumps({"schema": {"type": "struct", "optional": False, "fields": [
        {"field": field, "type": kind, "optional": True, **more} for field, kind, more in fields]}, "payload": values})


@pytest.mark.parametrize("mode", ["insert", "upsert", "update"])
def test_values_are_converted_as_the_server_converts_assignments(postgres, kafka, make_worker, database, unique, mode):
    """A fraction goes into an integer column, rounded; a truth value into a text column as a word."""
    topic = kafka.create_topic(unique("t"))
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY, d BIGINT, f INT, b TEXT, r DOUBLE PRECISION)", database=database)
    if mode == "update":
        postgres.execute("INSERT INTO t(id) VALUES (1), (2)", database=database)
    fields = [("id", "int32", {"optional": False}), ("d", "bytes", {"name": LOGICAL + "Decimal", "version": 1, "parameters": {"scale": "2"}}),
              ("f", "double", {}), ("b", "boolean", {}), ("r", "double", {})]
    kafka.produce(topic, [record(fields, id=1, d="BM4=", f=2.75, b=True, r=0.5), record(fields, id=2, d=None, f=7.0, b=False, r=None)])
    make_worker(connectors={"c": sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, table__name__format="t",
                                      insert__mode=mode, pk__mode="record_value", pk__fields="id")}).start()
    expected = [(1, 12, 3, "true", 0.5), (2, None, 7, "false", None)]
    eventually(lambda: postgres.query("SELECT id, d, f, b, r FROM t ORDER BY id", database=database) == expected, 30, "both rows")


def test_a_table_with_row_level_security(postgres, kafka, make_worker, database, unique):
    topic, user = kafka.create_topic(unique("t")), unique("u").replace("-", "_")
    postgres.execute("CREATE TABLE t(id INT, name TEXT)", "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
                     f"CREATE USER {user} PASSWORD 'p'", f"GRANT ALL ON t TO {user}",
                     "CREATE POLICY small ON t USING (true) WITH CHECK (id < 10)", database=database)
    kafka.produce(topic, [row(1), row(2)])
    worker = make_worker(connectors={"c": sink(postgres.jdbc_url(database), user, "p", topic, table__name__format="t")}).start()
    eventually(lambda: postgres.query("SELECT id FROM t ORDER BY id", database=database) == [(1,), (2,)], 30, "both rows")
    kafka.produce(topic, [row(11)])
    trace = worker.rest.await_states("c", tasks=["FAILED"])["tasks"][0]["trace"]
    assert "violates row-level security policy" in trace and f"{topic}-0@2" in trace


def test_a_constraint_that_is_checked_at_the_commit(postgres, kafka, make_worker, database, unique):
    postgres.execute("CREATE TABLE other(id INT PRIMARY KEY)", "INSERT INTO other VALUES (1)",
                     "CREATE TABLE t(id INT REFERENCES other DEFERRABLE INITIALLY DEFERRED, name TEXT, PRIMARY KEY (id))", database=database)
    connectors, topics = {}, {}
    for mode in ("insert", "upsert"):
        topics[mode] = kafka.create_topic(unique(mode))
        kafka.produce(topics[mode], [row(1), row(2)])
        connectors[mode] = {**sink(postgres.jdbc_url(database), postgres.user, postgres.password, topics[mode], table__name__format="t",
                                   insert__mode=mode, pk__mode="record_value", pk__fields="id"), "max.retries": 0}
    worker = make_worker(connectors=connectors).start()
    for mode in connectors:
        assert "violates foreign key constraint" in worker.rest.await_states(mode, tasks=["FAILED"])["tasks"][0]["trace"]
    assert postgres.query("SELECT id FROM t", database=database) == []


def test_awaiting_transactions_skips_no_id(postgres, kafka, make_worker, database, unique):
    prefix = unique("a")
    postgres.execute("CREATE TABLE t(id SERIAL PRIMARY KEY, v TEXT)", database=database)
    make_worker(connectors={name: source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="incrementing", incrementing__column__name="id",
        topic__prefix=f"{prefix}-{name}-", incrementing__await__transactions=await_them) for name, await_them in (
            ("safe", "true"), ("fast", "false"))}).start()
    late = postgres.connect(database)
    late.autocommit = False
    try:
        with late.cursor() as cursor:
            cursor.execute("INSERT INTO t(v) VALUES ('late')")
            postgres.execute("INSERT INTO t(v) VALUES ('early')", database=database)
            # The connector that does not wait passes the row that is not committed yet ...
            assert [one["v"] for one in payloads(kafka.texts(f"{prefix}-fast-t", 1))] == ["early"]
            late.commit()
    finally:
        late.close()
    postgres.execute("INSERT INTO t(v) VALUES ('last')", database=database)
    # ... and never comes back to it; the other one has all of them, in order.
    assert [one["v"] for one in payloads(kafka.texts(f"{prefix}-safe-t", 3))] == ["late", "early", "last"]
    assert [one["v"] for one in payloads(kafka.texts(f"{prefix}-fast-t", 2))] == ["early", "last"]


def test_topics_and_keys_on_request(postgres, kafka, make_worker, database, unique):
    prefix = unique("k")
    postgres.execute("CREATE SCHEMA s", "CREATE TABLE s.t(v TEXT, id INT PRIMARY KEY)", "INSERT INTO s.t VALUES ('x', 1)", database=database)
    make_worker(connectors={"c": {**source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="bulk", poll__interval__ms=3600000, topic__prefix=prefix,
        topic__name__format="${schema}.${table}", key__from__primary__key="true"),
        "key.converter": "org.apache.kafka.connect.json.JsonConverter"}}).start()
    one, = kafka.consume(prefix + "s.t", 1)
    assert json.loads(one.key) == {"schema": {"type": "struct", "fields": [{"type": "int32", "optional": False, "field": "id"}],
                                              "optional": False, "name": "t.Key"}, "payload": {"id": 1}}
    assert json.loads(one.value)["payload"] == {"v": "x", "id": 1}


def test_offsets_under_the_name_with_the_database(postgres, kafka, make_worker, database, unique):
    """Written by the Java connector with its driver 42.7.5, until 10.9.5."""
    prefix = unique("o")
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)", database=database)
    worker = make_worker(mode="distributed", settings={"offset.flush.interval.ms": 200}).start()
    config = source(postgres.jdbc_url(database), postgres.user, postgres.password, mode="incrementing", incrementing__column__name="id",
                    table__whitelist="t", topic__prefix=prefix)
    worker.rest.post("/connectors", {"name": "c", "config": config, "initial_state": "STOPPED"})
    worker.rest.patch("/connectors/c/offsets", {"offsets": [{"partition": {"protocol": "1", "table": f"{database}.public.t"},
                                                             "offset": {"incrementing": 1}}]})
    worker.rest.put("/connectors/c/resume")
    assert payloads(kafka.texts(prefix + "t", 1)) == [{"id": 2}]


def test_what_is_wrong_with_the_tables_fails_the_task_and_is_told_before(postgres, kafka, make_worker, database, unique):
    postgres.execute("CREATE TABLE t(id INT, ts TIMESTAMP, v TEXT NOT NULL)", database=database)
    worker = make_worker(mode="distributed").start()
    cases = {"nullable": ({"mode": "incrementing", "incrementing.column.name": "id"}, "incrementing.column.name",
                          'Cannot make incremental queries using incrementing column id on "public"."t" because this column is nullable.'),
             "missing": ({"mode": "timestamp", "timestamp.column.name": "nope"}, "timestamp.column.name",
                         "Timestamp columns: nope do not exist in table 'public.t'"),
             "nullable-ts": ({"mode": "timestamp", "timestamp.column.name": "ts"}, "timestamp.column.name",
                             'Cannot make incremental queries using timestamp columns ts on "public"."t" because all of these columns are nullable.'),
             "none": ({"mode": "timestamp"}, "timestamp.column.name", "because all of these columns are nullable")}
    for name, (options, key, text) in cases.items():
        config = {**source(postgres.jdbc_url(database), postgres.user, postgres.password, table__whitelist="t", topic__prefix="w"), **options}
        answer = worker.rest.put("/connector-plugins/JdbcSourceConnector/config/validate", {**config, "name": name})
        assert answer["error_count"] == 1
        assert text in next(one["value"]["errors"] for one in answer["configs"] if one["value"]["name"] == key)[0]
        worker.rest.put(f"/connectors/{name}/config", config)
        assert text in worker.rest.await_states(name, tasks=["FAILED"])["tasks"][0]["trace"]


def test_queries_that_end_in_anything(postgres, kafka, make_worker, database, unique):
    """The bounds reach the database whatever stands last, and the columns are those of the result."""
    prefix = unique("q")
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY, v INT)", "INSERT INTO t VALUES (1, 1), (2, 1)", database=database)
    queries = {"comment": "SELECT * FROM t -- all of it", "semicolon": "SELECT * FROM t; -- all of it", "where": "SELECT * FROM t WHERE v = 1 OR v = 2;", "order": "SELECT * FROM t ORDER BY id DESC",
               "case": 'SELECT v, id AS "Id" FROM t'}
    worker = make_worker(connectors={name: source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="incrementing", incrementing__column__name="ID", query=query,
        topic__prefix=f"{prefix}-{name}") for name, query in queries.items()}).start()
    for name in worker.connectors:
        assert len(payloads(kafka.texts(f"{prefix}-{name}", 2))) == 2
    postgres.execute("INSERT INTO t VALUES (3, 1)", database=database)
    for name in worker.connectors:
        assert sorted(one.get("id", one.get("Id")) for one in payloads(kafka.texts(f"{prefix}-{name}", 3))) == [1, 2, 3]


def test_a_text_column_that_orders_otherwise_fails_the_task(postgres, kafka, make_worker, database, unique):
    """'T' sorts behind the blank of the bound: the row would come again at each poll."""
    prefix = unique("x")
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY, ts TEXT NOT NULL)", "INSERT INTO t VALUES (1, '2020-01-02T10:00:00')", database=database)
    worker = make_worker(connectors={"c": source(postgres.jdbc_url(database), postgres.user, postgres.password, mode="timestamp",
                                                 timestamp__column__name="ts", topic__prefix=prefix)}).start()
    trace = worker.rest.await_failed_task("c")
    assert 'Timestamp column ts of table: public.t: "2020-01-02T10:00:00" cannot be followed as a timestamp' in trace
    assert payloads(kafka.texts(prefix + "t", 1)) == [{"id": 1, "ts": "2020-01-02T10:00:00"}]


def test_query_retries_are_counted(postgres, kafka, make_worker, database, unique):
    worker = make_worker(connectors={"c": source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="bulk", query="SELECT 1 / (SELECT 0) AS x", topic__prefix=unique("r"),
        query__retry__attempts=2)}).start()
    trace = worker.rest.await_states("c", tasks=["FAILED"])["tasks"][0]["trace"]
    assert "Failed to query table after retries" in trace and "division by zero" in trace
    assert worker.log_text().count("SQL exception while running query") == 3  # the first one and two more


def test_views_partitioned_tables_arrays_and_unquoted_names(postgres, kafka, make_worker, database, unique):
    postgres.execute("CREATE TABLE base(id INT, name TEXT)", "CREATE VIEW seen AS SELECT * FROM base",
                     "CREATE TABLE parts(id INT, name TEXT) PARTITION BY RANGE (id)", "CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (10)",
                     "CREATE TABLE lower_case(id INT, name TEXT)", database=database)
    rows, arrays = kafka.create_topic(unique("rows")), kafka.create_topic(unique("arrays"))
    kafka.produce(rows, [row(1, "a"), row(2, "b")])

    def array(field: str, kind: str) -> dict:
        return {"field": field, "type": "array", "optional": True, "items": {"type": kind, "optional": True}}

    kafka.produce(arrays, [json.dumps({"schema": {"type": "struct", "optional": False, "fields": [
        array("i", "int32"), array("s", "string"), array("b", "boolean"), array("f", "double"), array("t", "int8")]},
        "payload": {"i": [1, None, -3], "s": ['a"b\\', "", None, "x,y"], "b": [True, False], "f": [0.5], "t": []}})])

    def to(topic: str, **more) -> dict:
        return sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, **more)

    make_worker(connectors={
        "view": to(rows, table__name__format="seen", table__types="VIEW"),
        "parts": to(rows, table__name__format="parts", table__types="TABLE,PARTITIONED TABLE", batch__size=0),
        "lower": to(rows, table__name__format="Lower_Case", quote__sql__identifiers="never", batch__size=1),
        "arrays": to(arrays, table__name__format="public.arrays", auto__create="true")}).start()
    for table in ("base", "low", "lower_case"):
        eventually(lambda: postgres.query(f"SELECT * FROM {table} ORDER BY id", database=database) == [(1, "a"), (2, "b")], 30, table)

    def arrays_are_there() -> bool:
        if not postgres.query("SELECT 1 FROM pg_class WHERE relname = 'arrays'", database=database):
            return False
        found = postgres.query("SELECT * FROM arrays", database=database)
        return found == [([1, None, -3], ['a"b\\', "", None, "x,y"], [True, False], [0.5], [])]
    eventually(arrays_are_there, 30, "the arrays")
    types = [kind for kind, in postgres.query("SELECT format_type(atttypid, -1) FROM pg_attribute WHERE attrelid = 'arrays'::regclass "
                                              "AND attnum > 0 ORDER BY attnum", database=database)]
    assert types == ["integer[]", "text[]", "boolean[]", "double precision[]", "smallint[]"]


@pytest.mark.parametrize("rows", [1, 7, 230])
def test_deletes_of_many_rows(postgres, kafka, make_worker, database, unique, rows):
    """By a key of two columns, some of them twice, some not there."""
    topic = kafka.create_topic(unique("d"))
    postgres.execute("CREATE TABLE t(a INT, b TEXT, v INT, PRIMARY KEY (a, b))",
                     "INSERT INTO t SELECT i, 'b' || i, i FROM generate_series(1, 3000) i", database=database)
    for number in [*range(1, rows + 1), 1, 9999]:
        key = {"schema": {"type": "struct", "optional": False, "fields": [{"field": "a", "type": "int32", "optional": False},
                                                                         {"field": "b", "type": "string", "optional": False}]},
               "payload": {"a": number, "b": f"b{number}"}}
        kafka.produce(topic, [None], key=json.dumps(key))
    make_worker(connectors={"d": {**sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, table__name__format="t",
                                         insert__mode="upsert", pk__mode="record_key", delete__enabled="true"),
                                  "key.converter": "org.apache.kafka.connect.json.JsonConverter"}}).start()
    eventually(lambda: postgres.query("SELECT count(*), min(a) FROM t", database=database) == [(3000 - rows, rows + 1)], 30, "the others")
