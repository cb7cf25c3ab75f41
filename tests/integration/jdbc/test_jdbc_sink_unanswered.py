"""Batches of a full topic, whose answers the PostgreSQL sink takes while the next one is fetched: nothing twice, nothing lost."""

import json

import pytest
from jdbc_support import row, sink

from support.eventually import eventually

ROWS = 20000
BAD = {0, 499, 777, 12345, ROWS - 1}


@pytest.fixture
def database(postgres, unique) -> str:
    database = postgres.create_database(unique("db"))
    # Without a key, so that a row that is written twice is there twice.
    postgres.execute("CREATE TABLE t(id INT, name TEXT CHECK (name <> 'bad'))", database=database)
    return database


def counts(postgres, database: str) -> tuple[int, int]:
    return postgres.query("SELECT count(*), count(DISTINCT id) FROM t", database=database)[0]


@pytest.mark.parametrize("partitions", [1, 4])
def test_bad_rows_are_reported_alone(postgres, kafka, make_worker, database, unique, partitions):
    topic = kafka.create_topic(unique("t"), partitions)
    kafka.produce(topic, [row(number, "bad" if number in BAD else "good") for number in range(ROWS)])
    make_worker(connectors={"c": {**sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, table__name__format="t"),
                                  "errors.tolerance": "all", "errors.deadletterqueue.topic.name": topic + "-dead",
                                  "errors.deadletterqueue.topic.replication.factor": 1}}).start()
    dead = kafka.consume(topic + "-dead", len(BAD))
    assert sorted(json.loads(record.value)["payload"]["id"] for record in dead) == sorted(BAD)
    eventually(lambda: counts(postgres, database) == (ROWS - len(BAD), ROWS - len(BAD)), 30, "each good row, once")
    assert len(kafka.consume(topic + "-dead", len(BAD))) == len(BAD)


def test_a_bad_row_fails_the_task_by_name(postgres, kafka, make_worker, database, unique):
    topic, bad = kafka.create_topic(unique("t")), 12345
    kafka.produce(topic, [row(number, "bad" if number == bad else "good") for number in range(ROWS)])
    worker = make_worker(connectors={"c": sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic,
                                               table__name__format="t")}).start()
    trace = worker.rest.await_states("c", tasks=["FAILED"])["tasks"][0]["trace"]
    assert f"{topic}-0@{bad}" in trace and "violates check constraint" in trace
    written = postgres.query("SELECT count(*), count(DISTINCT id), max(id) FROM t", database=database)[0]
    assert written[0] == written[1] == written[2] + 1 <= bad
    assert kafka.committed("connect-c", topic).get(0, 0) == written[0], (kafka.committed("connect-c", topic), written)


def test_a_clean_stop_writes_nothing_twice(postgres, kafka, make_worker, database, unique):
    topic = kafka.create_topic(unique("t"))
    kafka.produce(topic, [row(number) for number in range(5 * ROWS)])
    worker = make_worker(connectors={"c": sink(postgres.jdbc_url(database), postgres.user, postgres.password, topic, table__name__format="t")})
    for rows in (2000, ROWS, 3 * ROWS):
        worker.start()
        eventually(lambda: counts(postgres, database)[0] >= rows, 60, "some rows", every=0.01)
        worker.stop()
        total, distinct = counts(postgres, database)
        assert total == distinct
    worker.start()
    eventually(lambda: counts(postgres, database) == (5 * ROWS, 5 * ROWS), 60, "each row, once")


def test_a_killed_server_loses_nothing(own_postgres, kafka, make_worker, unique):
    topic = kafka.create_topic(unique("t"))
    own_postgres.execute("CREATE TABLE t(id INT, name TEXT)")
    kafka.produce(topic, [row(number) for number in range(5 * ROWS)])
    worker = make_worker(connectors={"c": sink(own_postgres.jdbc_url(), own_postgres.user, own_postgres.password, topic,
                                               table__name__format="t")}).start()
    for rows in (1000, 2 * ROWS):
        eventually(lambda: own_postgres.query("SELECT count(*) FROM t")[0][0] >= rows, 60, "some rows", every=0.01)
        own_postgres.kill()
        own_postgres.start()
    eventually(lambda: own_postgres.query("SELECT count(DISTINCT id) FROM t")[0][0] == 5 * ROWS, 90, "every row")
    total = own_postgres.query("SELECT count(*) FROM t")[0][0]
    assert total <= 5 * ROWS + 2 * 500, "a batch whose commit was not heard of may be there twice, no more"
    assert worker.rest.states("c") == ("RUNNING", ["RUNNING"])
