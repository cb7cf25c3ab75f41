"""The same tutorial from every database: PostgreSQL, MariaDB, SQLite, and PostgreSQL and SQLite through their ODBC drivers."""

import json
import socket
import sqlite3
import urllib.parse
import uuid

import pytest
from jdbc_support import MOVIES, payloads, row, sink, source

from support.eventually import eventually
from support.rest import RestError
from support.services.certificates import Certificates
from support.services.mariadb import MariaDb

KINDS = ["postgres", "mariadb", "sqlite", "odbc-postgres", "odbc-sqlite"]
FOLLOW = {"mode": "timestamp+incrementing", "timestamp__column__name": "modified", "incrementing__column__name": "id"}


class Database:
    """A database of the test's own. `now` is an expression for the time in UTC, `namespace` what full names begin with."""

    def __init__(self, kind: str, request: pytest.FixtureRequest, unique, tmp_path):
        self.kind, self.namespace = kind, ""
        self.timestamp = "TIMESTAMP"
        if kind.endswith("sqlite"):
            self.file = tmp_path / "source.db"
            self.now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
            self.url = f"odbc:DRIVER=SQLite3;Database={self.file};Timeout=30000" if "odbc" in kind else f"jdbc:sqlite:{self.file}"
            return
        self.server = request.getfixturevalue(kind.removeprefix("odbc-"))
        self.name = self.server.create_database(unique("db"))
        login = f"user={self.server.user}&password={self.server.password}"
        self.url = f"{self.server.jdbc_url(self.name)}?{login}"
        self.now, self.namespace = "now() AT TIME ZONE 'UTC'", "public."
        if kind == "odbc-postgres":
            self.url = (f"odbc:DRIVER=PostgreSQL Unicode;Server=127.0.0.1;Port={self.server.port};Database={self.name};"
                        f"UID={self.server.user};PWD={self.server.password}")
        if kind == "mariadb":
            self.now, self.namespace, self.timestamp = "utc_timestamp(6)", self.name + ".", "DATETIME(6)"

    def run(self, *statements: str) -> list[tuple]:
        rows = []
        if hasattr(self, "file"):
            connection = sqlite3.connect(self.file, timeout=30, isolation_level=None)
        else:
            connection = self.server.connect(self.name)
        try:
            cursor = connection.cursor()
            for statement in statements:
                cursor.execute(statement)
            if cursor.description:
                rows = list(cursor.fetchall())
        finally:
            connection.close()
        return rows

    def make_movies(self) -> None:
        self.run(*(text.replace("TIMESTAMP", self.timestamp).replace(".152001", ".152") for text in MOVIES))

    def source(self, **more) -> dict:
        return source(self.url, "", "", **more)


@pytest.fixture(params=KINDS)
def database(request, unique, tmp_path) -> Database:
    return Database(request.param, request, unique, tmp_path)


def errors_of_url(worker, config: dict) -> list[str]:
    answer = worker.rest.put("/connector-plugins/JdbcSourceConnector/config/validate", {"name": "v", "topic.prefix": "v", **config})
    return next(one["value"]["errors"] for one in answer["configs"] if one["value"]["name"] == "connection.url")


def ids(kafka, topic: str, count: int | None = None) -> list[int]:
    return [payload["id"] for payload in payloads(kafka.texts(topic, count))]


def test_the_tutorial(database, kafka, make_worker, unique):
    database.make_movies()
    prefix = unique("p")
    worker = make_worker(connectors={"movies": database.source(**FOLLOW, topic__prefix=prefix)}).start()
    first = json.loads(kafka.texts(prefix + "movies", 2)[0])
    assert first["payload"] == {"id": 1, "modified": 1468075975152, "title": "Forrest Gump", "year": 1994}
    assert [(field["field"], field["type"]) for field in first["schema"]["fields"]] == [
        ("id", "int32"), ("modified", "int64"), ("title", "string"), ("year", "int32")]
    assert first["schema"]["fields"][1]["name"] == "org.apache.kafka.connect.data.Timestamp" and first["schema"]["name"] == "movies"
    database.run(f"UPDATE movies SET title = 'changed', modified = {database.now} WHERE id = 1")
    assert payloads(kafka.texts(prefix + "movies", 3))[2]["title"] == "changed"
    database.run(f"CREATE TABLE actors(id INTEGER PRIMARY KEY, modified {database.timestamp} NOT NULL)",
                 "INSERT INTO actors VALUES (7, '2016-01-01 00:00:00.000')")
    assert ids(kafka, prefix + "actors", 1) == [7]
    eventually(lambda: len(worker.rest.get("/connectors/movies/tasks")) == 2, 30, "a task for each table")
    database.run("DROP TABLE movies", f"INSERT INTO actors VALUES (8, {database.now})")
    assert ids(kafka, prefix + "actors", 2) == [7, 8]
    eventually(lambda: worker.rest.states("movies") == ("RUNNING", ["RUNNING"]), 30, "one task goes on")
    assert ids(kafka, prefix + "movies") == [1, 2, 1]


def test_every_mode_with_tables_and_queries(database, kafka, make_worker, unique):
    database.make_movies()
    prefix = unique("p")
    modes = {"bulk": {"mode": "bulk", "poll__interval__ms": 3600000}, "inc": {"mode": "incrementing", "incrementing__column__name": "id"},
             "ts": {"mode": "timestamp", "timestamp__column__name": "modified"}, "both": FOLLOW}
    connectors = {}
    for name, options in modes.items():
        connectors[name] = database.source(table__whitelist="movies", topic__prefix=f"{prefix}-{name}-", **options)
        connectors[name + "-query"] = database.source(query="SELECT * FROM movies", topic__prefix=f"{prefix}-{name}-query", **options)
    worker = make_worker(settings={"offset.flush.interval.ms": 200}, connectors=connectors).start()
    topics = [f"{prefix}-{name}-{kind}" for name in modes for kind in ("movies", "query")]
    for topic in topics:
        assert sorted(ids(kafka, topic, 2)) == [1, 2], topic
    database.run(f"INSERT INTO movies VALUES (3, {database.now}, 'new', 2000)")
    for topic in topics[2:]:
        assert ids(kafka, topic, 3)[2] == 3, topic
    table = {"protocol": "1", "table": database.namespace + "movies"}

    def keys(connector: str) -> list:
        return [(one["partition"], sorted(one["offset"])) for one in worker.rest.offsets(connector)]

    for name, expected in (("inc", ["incrementing"]), ("ts", ["timestamp", "timestamp_nanos"]),
                           ("both", ["incrementing", "timestamp", "timestamp_nanos"])):
        eventually(lambda: keys(name) == [(table, expected)], 30, f"the offset of {name}")
        eventually(lambda: keys(name + "-query") == [({"query": "query"}, expected)], 30, f"the offset of {name}-query")
    assert worker.rest.offsets("inc")[0]["offset"] == {"incrementing": 3} and worker.rest.offsets("bulk") == []
    assert all(ids(kafka, topic) in ([1, 2, 3], [2, 1, 3]) for topic in topics[2:])  # nothing came twice


def test_offsets_over_rest(database, kafka, make_worker, unique):
    database.make_movies()
    prefix = unique("p")
    worker = make_worker(mode="distributed", settings={"offset.flush.interval.ms": 200}).start()
    worker.rest.put("/connectors/movies/config", database.source(table__whitelist="movies", topic__prefix=prefix, **FOLLOW))
    topic = prefix + "movies"
    assert ids(kafka, topic, 2) == [1, 2]
    partition = {"protocol": "1", "table": database.namespace + "movies"}
    eventually(lambda: [one["partition"] for one in worker.rest.offsets("movies")] == [partition], 30, "an offset")

    def stopped() -> None:
        worker.rest.put("/connectors/movies/stop")
        eventually(lambda: worker.rest.states("movies") == ("STOPPED", []), 30, "STOPPED")

    stopped()
    worker.rest.patch("/connectors/movies/offsets", {"offsets": [{"partition": partition, "offset": {
        "timestamp": 1468075975152, "timestamp_nanos": 152000000, "incrementing": 1}}]})
    worker.rest.put("/connectors/movies/resume")
    assert ids(kafka, topic, 3) == [1, 2, 2]
    stopped()
    worker.rest.delete("/connectors/movies/offsets")
    assert worker.rest.offsets("movies") == []
    worker.rest.put("/connectors/movies/resume")
    assert ids(kafka, topic, 5) == [1, 2, 2, 1, 2]


@pytest.mark.parametrize("kind", ["odbc-postgres", "odbc-sqlite"])
def test_odbc_sink_with_deletes(kind, request, kafka, make_worker, unique, tmp_path):
    database, topic = Database(kind, request, unique, tmp_path), kafka.create_topic(unique("t"))
    database.run("CREATE TABLE t(id INTEGER, name VARCHAR(20), k VARCHAR(20) PRIMARY KEY)")
    for key, value in (("one", row(1, "a")), ("two", row(2, "b")), ("two", row(3, "c")), ("one", None)):
        kafka.produce(topic, [value], key=key)
    make_worker(connectors={"odbc": {
        **sink(database.url, "", "", topic, insert__mode="upsert", pk__mode="record_key", pk__fields="k", delete__enabled="true",
               table__name__format="t"), "key.converter": "org.apache.kafka.connect.storage.StringConverter"}}).start()
    eventually(lambda: database.run("SELECT k, id, name FROM t") == [("two", 3, "c")], 30, "one row left")


def test_a_missing_odbc_driver_is_one_sentence(make_worker):
    worker = make_worker().start()
    for url, driver in (("jdbc:sqlserver://127.0.0.1:1;databaseName=x", "ODBC Driver 18 for SQL Server"),
                        ("jdbc:oracle:thin:@//127.0.0.1:1/x", "Oracle"), ("odbc:DRIVER=Nope", "Nope")):
        with pytest.raises(RestError) as refused:
            worker.rest.put("/connectors/odbc/config", source(url, "u", "p", mode="bulk", topic__prefix="p"))
        assert f'the ODBC driver \\"{driver}\\" is not installed' in refused.value.response.text
        assert "SQLite3" in refused.value.response.text


@pytest.mark.parametrize("password", ["plain", "a%20b+c", "a b c"])
def test_mariadb_passwords_in_the_url(mariadb, make_worker, unique, password):
    """Written as they are, as MariaDB's driver has it, or escaped, as all others do."""
    database, user = mariadb.create_database(unique("db")), "u" + uuid.uuid4().hex[:12]
    mariadb.execute(f"CREATE USER '{user}' IDENTIFIED BY '{password}'", f"GRANT ALL ON `{database}`.* TO '{user}'")
    worker = make_worker().start()

    def errors(written: str) -> list[str]:
        config = source(f"{mariadb.jdbc_url(database)}?user={user}&password={written}", "", "", name="c", mode="bulk", topic__prefix="c")
        for key in ("connection.user", "connection.password"):
            del config[key]
        answer = worker.rest.put("/connector-plugins/JdbcSourceConnector/config/validate", config)
        return next(one["value"]["errors"] for one in answer["configs"] if one["value"]["name"] == "connection.url")

    assert errors(password.replace(" ", "%20")) == []
    assert errors(urllib.parse.quote(password)) == []
    assert "Access denied" in errors("wrong%20one")[0]


@pytest.mark.parametrize("url", ["jdbc:mysql://{}?sslMode=REQUIRED", "jdbc:mysql://{}?useSSL=true&requireSSL=true", "jdbc:mariadb://{}?sslMode=trust",
                                 "jdbc:postgresql://{}?sslmode=require"])
def test_tls_that_is_asked_for_is_had_or_refused(postgres, mariadb, make_worker, unique, url):
    """Never a connection in the clear, and never advice about the password."""
    server = postgres if "postgresql" in url else mariadb
    url = url.format(f"127.0.0.1:{server.port}/{server.create_database(unique('db'))}")
    errors = errors_of_url(make_worker().start(), source(url, server.user, server.password, mode="bulk", table__blacklist="x"))
    assert "SSL" in errors[0] and "check the ssl parameters" in errors[0]


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_a_silent_host_is_left_for_the_next(kind, request, make_worker, unique):
    server = request.getfixturevalue(kind)
    database = server.create_database(unique("db"))
    milliseconds = 1000 if kind == "mariadb" else 1
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hosts = f"127.0.0.1:{silent.getsockname()[1]},127.0.0.1"
        url = server.jdbc_url(database).replace("127.0.0.1", hosts) + f"?connectTimeout={milliseconds}"
        worker = make_worker().start()
        config = source(url, server.user, server.password, mode="bulk", table__blacklist="x")
        assert errors_of_url(worker, config) == []
        config["connection.url"] = url.replace(f",127.0.0.1:{server.port}", "")
        assert "check host and port" in errors_of_url(worker, config)[0]


def test_a_database_that_falls_silent(mariadb, postgres, kafka, make_worker, unique):
    """socketTimeout ends the wait for an answer, and the statement is tried again."""
    connectors = {}
    for name, server, sleep in (("pg", postgres, "(SELECT pg_sleep(3600))::text"), ("my", mariadb, "sleep(3600)")):
        url = server.jdbc_url(server.create_database(unique("db"))) + f"?socketTimeout={1000 if name == 'my' else 1}"
        connectors[name] = source(url, server.user, server.password, mode="bulk", query=f"SELECT {sleep} AS x", topic__prefix=unique("s"))
    worker = make_worker(connectors=connectors).start()
    for name in connectors:
        eventually(lambda: sum(f"[{name}|task-0]" in line and "trying again" in line for line in worker.log_text().splitlines()) > 1, 30, "two tries")
    assert worker.rest.states("pg") == worker.rest.states("my") == ("RUNNING", ["RUNNING"])


def test_tls_to_mariadb(kafka, make_worker, unique, tmp_path):
    certificates = Certificates(tmp_path / "certificates")
    certificates.issue("server", alternative_names="DNS:localhost")
    other = Certificates(tmp_path / "other")
    server = MariaDb(certificates=certificates)
    prefix = unique("tls")
    try:
        server.start()
        server.execute("CREATE DATABASE m", "CREATE TABLE m.m(id INT)", "INSERT INTO m.m VALUES (1)",
                       "CREATE USER safe IDENTIFIED BY 'safe' REQUIRE SSL", "GRANT ALL ON m.* TO safe")

        def config(host: str, parameters: str, **more) -> dict:
            return source(f"jdbc:mariadb://{host}:{server.port}/m?{parameters}", "safe", "safe", name="v", mode="bulk",
                          table__whitelist="m", poll__interval__ms=3600000, **more)

        ca = f"serverSslCert={certificates.path('ca.pem')}"
        accepted = {"full": ("localhost", "sslMode=verify-full&" + ca), "ca": ("127.0.0.1", "sslMode=verify-ca&" + ca),
                    "trust": ("127.0.0.1", "sslMode=trust")}
        worker = make_worker(connectors={name: {**config(*where, topic__prefix=f"{prefix}-{name}-"), "name": name}
                                         for name, where in accepted.items()}).start()
        for name in accepted:
            assert payloads(kafka.texts(f"{prefix}-{name}-m", 1)) == [{"id": 1}]

        def refusal(host: str, parameters: str) -> str:
            answer = worker.rest.put("/connector-plugins/JdbcSourceConnector/config/validate", config(host, parameters))
            return "".join(one["value"]["errors"][0] for one in answer["configs"] if one["value"]["errors"])

        assert "certificate" in refusal("127.0.0.1", "sslMode=verify-full&" + ca).lower()
        assert "certificate" in refusal("localhost", f"sslMode=verify-ca&serverSslCert={other.path('ca.pem')}").lower()
        assert "Access denied" in refusal("localhost", "sslMode=disable")
        assert "is not a PEM file" in refusal("localhost", f"sslMode=verify-full&serverSslCert={certificates.path('trust.p12')}")
    finally:
        server.close()
