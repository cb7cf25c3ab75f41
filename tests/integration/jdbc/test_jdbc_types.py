"""Column types, byte for byte as the Java connector wrote them (tests/golden/jdbc)."""

import json
import pathlib
import sqlite3
from typing import Any, Callable

import pytest
from jdbc_support import source

from support.eventually import eventually

GOLDENS = pathlib.Path(__file__).resolve().parents[2] / "golden/jdbc"
MAPPINGS = ("none", "best_fit", "best_fit_eager_double", "precision_only")


def cases(name: str) -> list[dict[str, Any]]:
    # Not splitlines(): a value holds U+2028.
    return [json.loads(line) for line in (GOLDENS / name).read_text().split("\n") if line]


def check(kafka, make_worker, unique, all_cases: list[dict[str, Any]], url: str, user: str, password: str,
          mappings: tuple[str, ...]) -> None:
    """One connector per mapping copies all tables into one topic; tables that may fail get a connector each."""
    settled = [case for case in all_cases if not any("error" in e or e.get("may_fail") for e in case["expect"].values())]
    fragile = [case for case in all_cases if case not in settled]
    prefix = unique("types")
    connectors = {}

    def connector(name: str, tables: list[str], mapping: str) -> None:
        connectors[name] = source(
            url, user, password, mode="bulk", table__whitelist=",".join(tables), numeric__mapping=mapping, topic__prefix="x",
            poll__interval__ms=3600000, tasks__max=1, transforms="one", transforms__one__type="org.apache.kafka.connect.transforms.RegexRouter",
            transforms__one__regex=".*", transforms__one__replacement=f"{prefix}-{name}")

    for mapping in mappings:
        chosen = [case for case in settled if mapping in case["expect"]]
        connector(mapping, ["t_" + case["name"] for case in chosen], mapping)
    for case in fragile:
        connector("f_" + case["name"], ["t_" + case["name"]], "none")
    worker = make_worker(connectors=connectors).start()
    problems = []
    for mapping in mappings:
        chosen = [case for case in settled if mapping in case["expect"]]
        texts = kafka.texts(f"{prefix}-{mapping}", sum(case["rows"] for case in chosen))
        for case in chosen:
            expected = case["expect"][mapping]
            mark = f'"name":"t_{case["name"]}"}},"payload"'
            got = [text for text in texts if mark in text]
            if got not in (expected["values"], expected.get("better"), expected.get("also")):
                problems.append((case["name"], mapping, got, expected["values"]))
    for case in fragile:
        name, expected = "f_" + case["name"], case["expect"]["none"]
        def settled_now() -> bool:
            _, tasks = worker.rest.states(name)
            return tasks == ["FAILED"] or sum(kafka.end_offsets(f"{prefix}-{name}").values()) >= case["rows"]
        eventually(settled_now, 30, f"{name} failed or delivered")
        if worker.rest.states(name)[1] == ["FAILED"]:
            trace = worker.rest.status(name)["tasks"][0]["trace"]
            if "error" in expected and expected["error"] not in trace and "Caused by" not in trace:
                problems.append((name, "none", trace, expected["error"]))
    assert not problems, problems


def create(run: Callable[[str], Any], all_cases: list[dict[str, Any]]) -> None:
    for case in all_cases:
        for statement in [*(part for part in case["setup"].split(";") if part.strip()), case["create"], case["insert"]]:
            run(statement)


def test_postgresql(postgres, kafka, make_worker, unique):
    all_cases = cases("jdbc_pg_types.jsonl")
    database = postgres.create_database(unique("types"))
    connection = postgres.connect(database, options="-c timezone=UTC")
    with connection.cursor() as cursor:
        create(cursor.execute, all_cases)
    connection.close()
    check(kafka, make_worker, unique, all_cases, postgres.jdbc_url(database), postgres.user, postgres.password, MAPPINGS)


def test_mariadb(mariadb, kafka, make_worker, unique):
    all_cases = cases("jdbc_mariadb_types.jsonl")
    database = mariadb.create_database(unique("types"))
    with mariadb.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00', sql_mode = ''")
        create(cursor.execute, all_cases)
    check(kafka, make_worker, unique, all_cases, mariadb.jdbc_url(database), mariadb.user, mariadb.password, ("none",))


def test_sqlite(kafka, make_worker, unique, tmp_path):
    all_cases = cases("jdbc_sqlite_types.jsonl")
    with sqlite3.connect(tmp_path / "types.db") as connection:
        create(connection.execute, all_cases)
    connection.close()
    check(kafka, make_worker, unique, all_cases, f"jdbc:sqlite:{tmp_path / 'types.db'}", "", "", ("none",))


@pytest.mark.parametrize("enabled", [False, True])
def test_unsupported_columns_on_request(postgres, kafka, make_worker, unique, enabled):
    database = postgres.create_database(unique("db"))
    postgres.execute(
        "CREATE TYPE pair AS (x INT, y TEXT)", "CREATE TABLE u(id INT, a TEXT[], i INET, j INET, c CIDR, p pair, n INTERVAL)",
        "INSERT INTO u VALUES (1, '{x,y}', '10.0.0.1', '10.0.0.1/24', '10.0.0.1', '(1,)', NULL)", database=database)
    prefix = unique("u")
    make_worker(connectors={"u": source(postgres.jdbc_url(database), postgres.user, postgres.password, mode="bulk",
                                        table__whitelist="u", poll__interval__ms=3600000, topic__prefix=prefix,
                                        unsupported__columns__as__text=str(enabled).lower())}).start()
    payload = json.loads(kafka.texts(prefix + "u", 1)[0])["payload"]
    texts = {"a": "{x,y}", "i": "10.0.0.1", "j": "10.0.0.1/24", "c": "10.0.0.1/32", "p": "(1,)", "n": None}
    assert payload == ({"id": 1, **texts} if enabled else {"id": 1})
