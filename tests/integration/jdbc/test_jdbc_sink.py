"""Topics to tables, with the real worker, PostgreSQL, MariaDB, an ODBC driver and Kafka."""

import json
import sqlite3

from jdbc_support import row, sink

from support.eventually import eventually


def test_upsert_keeps_the_last_state_through_kill_9(postgres, kafka, make_worker, unique):
    database, topic = postgres.create_database(unique("db")), unique("up")
    kafka.create_topic(topic)
    worker = make_worker(settings={"offset.flush.interval.ms": 200, "consumer.session.timeout.ms": 6000}, connectors={"up": sink(
        postgres.jdbc_url(database), postgres.user, postgres.password, topic, insert__mode="upsert", pk__mode="record_value",
        pk__fields="id", auto__create="true", table__name__format="t")}).start()
    for turn in range(3):
        kafka.produce(topic, [row(number % 1000, f"{turn}-{number}") for number in range(5000)])
        if turn == 1:
            worker.kill()
    worker.start()
    expected = [(number, f"2-{4000 + number}") for number in range(1000)]
    eventually(lambda: postgres.query("SELECT id, name FROM t ORDER BY id", database=database) == expected, 60, "the last state")


def test_a_bad_record_goes_to_the_dead_letter_queue_alone(postgres, kafka, make_worker, unique):
    database, topic = postgres.create_database(unique("db")), unique("dlq")
    dead = topic + "-dead"
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY, name VARCHAR(5))", database=database)
    kafka.create_topic(topic)
    kafka.produce(topic, [row(1, "a"), row(2, "far too long"), row(3, "c"), row(1, "twice"), row(4, "d")])
    make_worker(connectors={"dlq": {**sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, table__name__format="t"),
                                    "errors.tolerance": "all", "errors.deadletterqueue.topic.name": dead,
                                    "errors.deadletterqueue.topic.replication.factor": 1,
                                    "errors.deadletterqueue.context.headers.enable": "true"}}).start()
    records = kafka.consume(dead, 2)
    assert [json.loads(record.value)["payload"]["id"] for record in records] == [2, 1]
    assert "value too long" in dict(records[0].headers)["__connect.errors.exception.message"].decode()
    eventually(lambda: postgres.query("SELECT id FROM t ORDER BY id", database=database) == [(1,), (3,), (4,)], 30, "the good rows")


def test_a_bad_record_fails_the_task_with_its_place(postgres, kafka, make_worker, unique):
    database, topic = postgres.create_database(unique("db")), unique("bad")
    postgres.execute("CREATE TABLE t(id INT PRIMARY KEY, name VARCHAR(5))", database=database)
    kafka.create_topic(topic)
    kafka.produce(topic, [row(1, "a"), row(2, "far too long")])
    worker = make_worker(connectors={"bad": sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic,
                                                 table__name__format="t")}).start()
    trace = worker.rest.await_states("bad", tasks=["FAILED"])["tasks"][0]["trace"]
    assert f"{topic}-0@1" in trace and "value too long for type character varying(5)" in trace


def test_a_database_restart_loses_nothing(own_postgres, kafka, make_worker, unique):
    topic = unique("restart")
    kafka.create_topic(topic)
    worker = make_worker(connectors={"restart": sink(
        own_postgres.jdbc_url(), own_postgres.user, own_postgres.password, topic, insert__mode="upsert", pk__mode="record_value",
        pk__fields="id", auto__create="true", table__name__format="t")}).start()
    kafka.produce(topic, [row(number) for number in range(100)])
    eventually(lambda: own_postgres.query("SELECT count(*) FROM t") == [(100,)], 30, "the first rows")
    own_postgres.kill()
    kafka.produce(topic, [row(number) for number in range(100, 200)])
    worker.await_log("Connection refused")
    own_postgres.start()
    eventually(lambda: own_postgres.query("SELECT count(*) FROM t") == [(200,)], 60, "all rows")
    assert worker.rest.states("restart") == ("RUNNING", ["RUNNING"])


def test_mariadb_creates_evolves_and_deletes(mariadb, kafka, make_worker, unique):
    database, topic = mariadb.create_database(unique("db")), unique("my")
    kafka.create_topic(topic)
    make_worker(settings={"key.converter.schemas.enable": "false"}, connectors={"my": {
        **sink(mariadb.jdbc_url(database), mariadb.user, mariadb.password, topic, insert__mode="upsert", pk__mode="record_key",
               pk__fields="k", auto__create="true", auto__evolve="true", delete__enabled="true", table__name__format="t"),
        "key.converter": "org.apache.kafka.connect.storage.StringConverter"}}).start()
    kafka.produce(topic, [row(1, "a")], key="one")
    kafka.produce(topic, [row(2, "b")], key="two")
    kafka.produce(topic, [None], key="one")
    eventually(lambda: mariadb.query("SELECT k, id, name FROM t", database=database) == [("two", 2, "b")], 30, "one row left")


def test_odbc(kafka, make_worker, unique, tmp_path):
    topic, file = unique("odbc"), tmp_path / "odbc.db"
    sqlite3.connect(file).execute("CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT)").connection.close()
    kafka.create_topic(topic)
    kafka.produce(topic, [row(1, "a"), row(2, "b"), row(1, "c")])
    make_worker(connectors={"odbc": sink(f"odbc:DRIVER=SQLite3;Database={file}", "", "", topic, insert__mode="upsert",
                                         pk__mode="record_value", pk__fields="id", table__name__format="t")}).start()
    eventually(lambda: sqlite3.connect(file).execute("SELECT id, name FROM t ORDER BY id").fetchall() == [(1, "c"), (2, "b")], 30, "two rows")
