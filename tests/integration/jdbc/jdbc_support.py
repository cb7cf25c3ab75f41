"""What the JDBC tests share."""

import json
from typing import Any

SOURCE = "io.confluent.connect.jdbc.JdbcSourceConnector"
SINK = "io.confluent.connect.jdbc.JdbcSinkConnector"
MOVIES = ("CREATE TABLE movies(id INTEGER PRIMARY KEY, modified TIMESTAMP NOT NULL, title VARCHAR(80), year INTEGER)",
          "INSERT INTO movies VALUES (1, '2016-07-09 14:52:55.152', 'Forrest Gump', 1994), "
          "(2, '2016-07-09 14:52:55.152001', 'Pulp Fiction', 1994)")


def source(url: str, user: str, password: str, **more: Any) -> dict[str, Any]:
    """A source's configuration; dots in option names are written as double underscores."""
    return {"connector.class": SOURCE, "connection.url": url, "connection.user": user, "connection.password": password,
            "poll.interval.ms": 200, "table.poll.interval.ms": 500, "connection.backoff.ms": 500, "tasks.max": 10,
            **{key.replace("__", "."): value for key, value in more.items()}}


def sink(url: str, user: str, password: str, topic: str, **more: Any) -> dict[str, Any]:
    return {"connector.class": SINK, "connection.url": url, "connection.user": user, "connection.password": password,
            "topics": topic, "connection.backoff.ms": 500, "retry.backoff.ms": 200,
            **{key.replace("__", "."): value for key, value in more.items()}}


def payloads(texts: list[str | None]) -> list[Any]:
    return [json.loads(text or "null")["payload"] for text in texts]


def row(number: int, text: str = "x") -> str:
    """A record with a schema: id and name."""
    return json.dumps({"schema": {"type": "struct", "optional": False, "name": "row", "fields": [
        {"field": "id", "type": "int32", "optional": False}, {"field": "name", "type": "string", "optional": True}]},
        "payload": {"id": number, "name": text}})
