"""Tables to topics, with the real worker, PostgreSQL and Kafka."""

import pytest
from jdbc_support import MOVIES, payloads, source

from support.eventually import eventually
from support.services.certificates import Certificates
from support.services.postgres import Postgres

FORREST = ('{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"},'
           '{"type":"int64","optional":false,"name":"org.apache.kafka.connect.data.Timestamp","version":1,"field":"modified"},'
           '{"type":"string","optional":true,"field":"title"},{"type":"int32","optional":true,"field":"year"}],'
           '"optional":false,"name":"movies"},"payload":{"id":1,"modified":1468075975152,"title":"Forrest Gump","year":1994}}')


@pytest.fixture
def database(postgres, unique):
    return postgres.create_database(unique("db"))


def test_tutorial_byte_for_byte(postgres, kafka, make_worker, database, unique):
    postgres.execute(*MOVIES, database=database)
    prefix = unique("psql")
    worker = make_worker(connectors={"movies": source(
        f"{postgres.jdbc_url(database)}?user={postgres.user}&password={postgres.password}", "", "",
        mode="timestamp+incrementing", timestamp__column__name="modified", incrementing__column__name="id", topic__prefix=prefix)}).start()
    assert kafka.texts(prefix + "movies", 2)[0] == FORREST

    postgres.execute("UPDATE movies SET title = 'changed', modified = now() AT TIME ZONE 'UTC' WHERE id = 1", database=database)
    assert payloads(kafka.texts(prefix + "movies", 3))[2]["title"] == "changed"

    postgres.execute("CREATE TABLE actors(id INTEGER PRIMARY KEY, modified TIMESTAMP NOT NULL)",
                     "INSERT INTO actors VALUES (7, '2016-01-01')", database=database)
    assert payloads(kafka.texts(prefix + "actors", 1))[0]["id"] == 7

    postgres.execute("DROP TABLE movies", "INSERT INTO actors VALUES (8, '2017-01-01')", database=database)
    assert [one["id"] for one in payloads(kafka.texts(prefix + "actors", 2))] == [7, 8]
    connector, tasks = worker.rest.states("movies")
    assert connector == "RUNNING" and set(tasks) == {"RUNNING"}
    # The microseconds of the second movie neither looped nor were lost.
    assert len(kafka.texts(prefix + "movies")) == 3


def test_offsets_have_the_java_connectors_keys(postgres, kafka, make_worker, database, unique):
    postgres.execute(*MOVIES, database=database)
    worker = make_worker(connectors={"offsets": source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="timestamp+incrementing",
        timestamp__column__name="modified", incrementing__column__name="id", topic__prefix=unique("o"))}).start()
    expected = [{"partition": {"protocol": "1", "table": "public.movies"},
                 "offset": {"timestamp_nanos": 152001000, "incrementing": 2, "timestamp": 1468075975152}}]
    eventually(lambda: worker.rest.offsets("offsets") == expected, 30, "the stored offset")


def test_an_empty_database_is_an_idle_connector(postgres, kafka, make_worker, database, unique):
    prefix = unique("e")
    worker = make_worker(connectors={"empty": source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="bulk", poll__interval__ms=60000, topic__prefix=prefix)}).start()
    worker.rest.await_states("empty")
    worker.await_log("No table to copy: 0 of 0 visible tables")
    postgres.execute("CREATE TABLE late(id INT)", "INSERT INTO late VALUES (1)", database=database)
    assert payloads(kafka.texts(prefix + "late", 1)) == [{"id": 1}]


def test_a_database_restart_loses_nothing(own_postgres, kafka, make_worker, unique):
    topic = unique("restart")
    own_postgres.execute("CREATE TABLE n(id INT PRIMARY KEY)", "INSERT INTO n SELECT generate_series(1, 100000)")
    worker = make_worker(connectors={"restart": source(
        own_postgres.jdbc_url(), own_postgres.user, own_postgres.password, mode="incrementing", incrementing__column__name="id",
        table__whitelist="n", batch__max__rows=500, topic__prefix=topic)}).start()
    eventually(lambda: sum(kafka.end_offsets(topic + "n").values()) > 1000, 30, "reading has begun")
    own_postgres.kill()
    own_postgres.start()
    own_postgres.execute("INSERT INTO n SELECT generate_series(100001, 100100)")
    seen = {one["id"] for one in payloads(kafka.texts(topic + "n", 100100, timeout=60))}
    assert seen == set(range(1, 100101))
    assert worker.rest.states("restart") == ("RUNNING", ["RUNNING"])


def test_kill_9_of_the_worker_loses_nothing(postgres, kafka, make_worker, database, unique):
    prefix = unique("kill")
    postgres.execute("CREATE TABLE n(id INT PRIMARY KEY)", "INSERT INTO n SELECT generate_series(1, 50000)", database=database)
    worker = make_worker(settings={"offset.flush.interval.ms": 100}, connectors={"kill": source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="incrementing", incrementing__column__name="id",
        batch__max__rows=200, topic__prefix=prefix)}).start()
    eventually(lambda: sum(kafka.end_offsets(prefix + "n").values()) > 500, 30, "reading has begun")
    worker.kill()
    worker.start()
    eventually(lambda: len({one["id"] for one in payloads(kafka.texts(prefix + "n"))}) == 50000, 60, "every id")


def test_mistakes_are_one_sentence_at_validation(postgres, kafka, make_worker, database, unique):
    postgres.execute("CREATE TABLE m(id INT, v TEXT)", database=database)
    worker = make_worker().start()

    def errors(key: str, url: str = postgres.jdbc_url(database), password: str = postgres.password, **more) -> list[str]:
        config = source(url, postgres.user, password, name="v", topic__prefix="v", **more)
        answer = worker.rest.put("/connector-plugins/JdbcSourceConnector/config/validate", config)
        return next(one["value"]["errors"] for one in answer["configs"] if one["value"]["name"] == key)

    assert "because this column is nullable" in errors("incrementing.column.name", mode="incrementing", incrementing__column__name="id")[0]
    assert "does not exist in table" in errors("incrementing.column.name", mode="incrementing", incrementing__column__name="nope")[0]
    assert "password authentication failed" in errors("connection.url", password="wrong", mode="bulk", table__whitelist="m")[0]
    assert "Not a valid JDBC URL" in errors("connection.url", url="postgresql://x", mode="bulk")[0]
    assert "Connection refused" in errors("connection.url", url="jdbc:postgresql://127.0.0.1:1/x", mode="bulk", table__whitelist="m")[0]
    assert errors("connection.url", mode="bulk", table__whitelist="m") == []
    joined = "SELECT a.id, a.v FROM m a JOIN m b ON a.id = b.id"
    assert "does not exist in the query's result (its columns are id, v)" in errors(
        "incrementing.column.name", mode="incrementing", incrementing__column__name="a.id", query=joined)[0]
    assert errors("incrementing.column.name", mode="incrementing", incrementing__column__name="ID", query=joined) == []


def test_tls(kafka, make_worker, unique, tmp_path):
    certificates = Certificates(tmp_path / "certificates")
    certificates.issue("server")
    server = Postgres(certificates=certificates)
    prefix = unique("tls")
    try:
        server.start()
        server.execute("CREATE TABLE m(id INT)", "INSERT INTO m VALUES (1)")
        make_worker(connectors={"tls": source(
            f"{server.jdbc_url()}?sslmode=verify-full&sslrootcert={certificates.path('ca.pem')}", server.user, server.password,
            mode="bulk", table__whitelist="m", poll__interval__ms=60000, topic__prefix=prefix)}).start()
        assert payloads(kafka.texts(prefix + "m", 1)) == [{"id": 1}]
    finally:
        server.close()
