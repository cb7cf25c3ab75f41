"""Which tables are copied, and where to: real worker, PostgreSQL, MariaDB and Kafka."""

from jdbc_support import payloads, source

from support.eventually import eventually


def test_two_tables_of_one_name(postgres, kafka, make_worker, unique):
    database, prefix = postgres.create_database(unique("db")), unique("p")
    postgres.execute("CREATE TABLE movies(id INT PRIMARY KEY)", "INSERT INTO movies VALUES (1)", "CREATE SCHEMA archive", database=database)
    worker = make_worker(connectors={"two": source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="incrementing", incrementing__column__name="id",
        topic__prefix=prefix)}).start()
    assert payloads(kafka.texts(prefix + "movies", 1)) == [{"id": 1}]
    postgres.execute("CREATE TABLE archive.movies(id INT PRIMARY KEY)", "INSERT INTO archive.movies VALUES (7)",
                     "INSERT INTO movies VALUES (2)", database=database)
    assert payloads(kafka.texts(prefix + "archive.movies", 1)) == [{"id": 7}]
    assert payloads(kafka.texts(prefix + "movies", 2)) == [{"id": 1}, {"id": 2}]
    worker.await_log(f"the rows of archive.movies go to the topic {prefix}archive.movies")
    expected = [({"protocol": "1", "table": "archive.movies"}, 7), ({"protocol": "1", "table": "public.movies"}, 2)]
    eventually(lambda: sorted(((one["partition"], one["offset"]["incrementing"]) for one in worker.rest.offsets("two")),
                              key=str) == expected, 30, "an offset of each")
    worker.kill()
    worker.start()
    postgres.execute("INSERT INTO archive.movies VALUES (8)", "INSERT INTO movies VALUES (3)", database=database)
    assert payloads(kafka.texts(prefix + "archive.movies", 2)) == [{"id": 7}, {"id": 8}]
    assert payloads(kafka.texts(prefix + "movies", 3)) == [{"id": 1}, {"id": 2}, {"id": 3}]


def test_two_tables_of_one_name_in_two_mariadb_databases(mariadb, kafka, make_worker, unique):
    here, there, prefix = mariadb.create_database(unique("here")), mariadb.create_database(unique("there")), unique("p")
    for database, number in ((here, 1), (there, 2)):
        mariadb.execute("CREATE TABLE movies(id INT PRIMARY KEY)", f"INSERT INTO movies VALUES ({number})", database=database)
    make_worker(connectors={"two": source(
        mariadb.jdbc_url(here), mariadb.user, mariadb.password, mode="bulk", poll__interval__ms=3600000, topic__prefix=prefix,
        table__include__list=f"({here}|{there})[.]movies")}).start()
    assert payloads(kafka.texts(prefix + "movies", 1)) == [{"id": 1}]
    assert payloads(kafka.texts(f"{prefix}{there}.movies", 1)) == [{"id": 2}]


def test_tables_are_shared_out_in_contiguous_blocks(postgres, kafka, make_worker, unique):
    database = postgres.create_database(unique("db"))
    postgres.execute(*(f"CREATE TABLE {name}(id INT)" for name in "abcde"), "CREATE VIEW v AS SELECT 1 AS id", database=database)
    worker = make_worker(connectors={"shared": source(
        postgres.jdbc_url(database), postgres.user, postgres.password, mode="bulk", tasks__max=3, topic__prefix=unique("s")),
        "filtered": source(postgres.jdbc_url(database), postgres.user, postgres.password, mode="bulk", tasks__max=1,
                           table__types="table,VIEW", table__include__list="public[.][av],.*b", table__exclude__list=".*b",
                           topic__prefix=unique("f"), quote__sql__identifiers="never")}).start()

    def tables(connector: str) -> list[str]:
        return [task["config"]["tables"] for task in worker.rest.get(f"/connectors/{connector}/tasks")]

    eventually(lambda: tables("shared") == ['"public"."a","public"."b"', '"public"."c","public"."d"', '"public"."e"'], 30, "blocks")
    eventually(lambda: tables("filtered") == ["public.a,public.v"], 30, "include and exclude")
