"""Every type from a table through topics into other tables: what the source reads both sinks can write."""

import pytest

from support.eventually import eventually

SOURCE = "io.lenses.streamreactor.connect.cassandra.source.CassandraSourceConnector"
JSON_SINK = "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector"
BOUND_SINK = "io.lenses.streamreactor.connect.cassandra.CassandraSinkConnector"
VALUES = {
    "ascii": "'plain'", "bigint": "-9223372036854775808", "blob": "0x00ff", "boolean": "true", "date": "'2018-03-09'",
    "decimal": "123456789.123456789", "double": "-1.5e300", "duration": "1mo2d3ns", "float": "2.5", "inet": "'2001:db8::1'",
    "int": "2147483647", "list<int>": "[1, 2, 2]", "set<text>": "{'x', 'it''s'}", "map<text, bigint>": "{'k': 9000000000}",
    "smallint": "-7", "text": "'a \"é\" b'", "time": "'17:12:32.584000001'", "timestamp": "1520611952584",
    "timeuuid": "ac413480-23b4-11e8-8080-808080808080", "tinyint": "-128", "uuid": "123e4567-e89b-12d3-a456-426655440000",
    "varint": "9223372036854775807", "vector<float, 2>": "[1.5, -2]", "list<frozen<list<int>>>": "[[1], []]",
    "map<int, frozen<set<uuid>>>": "{1: {123e4567-e89b-12d3-a456-426655440000}}", "list<frozen<place>>": "[{street: 's', zip: 9}]",
    "list<frozen<tuple<int, text>>>": "[(1, 'a')]",
}
LITERALS = ("list<frozen<place>>", "list<frozen<tuple<int, text>>>")


@pytest.mark.parametrize("as_text", ["true", "false"], ids=["collections as text", "as arrays and maps"])
def test_what_the_source_reads_the_sinks_write(cassandra, make_worker, kafka, unique, as_text):
    keyspace, topic = f"types_{as_text}", unique("types")
    # In arrays, user-defined types and tuples are CQL literals, which no sink reads.
    values = {kind: value for kind, value in VALUES.items() if as_text == "true" or kind not in LITERALS}
    names = [f"c{number}" for number in range(len(values))]
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TYPE {keyspace}.place (street text, zip int)")
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(names, values))
    for table in ("read", "json", "bound"):
        cassandra.execute(f"CREATE TABLE {keyspace}.{table} (id int PRIMARY KEY, {columns})")
    cassandra.execute(f"INSERT INTO {keyspace}.read (id, {', '.join(names)}) VALUES (1, {', '.join(values.values())})")
    cassandra.execute(f"INSERT INTO {keyspace}.read (id) VALUES (2)")
    node = {"connect.cassandra.contact.points": f"localhost:{cassandra.port}"}
    keyspaced = {**node, "connect.cassandra.key.space": keyspace, "connect.cassandra.read.timeout.ms": 60000}
    fields = ", ".join(f"_value.{name}" for name in ("id", *names))
    worker = make_worker(connectors={
        "read": {"connector.class": SOURCE, **keyspaced, "connect.cassandra.bulk.once": "true",
                 "connect.cassandra.mapping.collection.to.json": as_text,
                 "connect.cassandra.kcql": f"INSERT INTO {topic} SELECT * FROM read"},
        "json": {"connector.class": JSON_SINK, **keyspaced, "topics": topic,
                 "connect.cassandra.kcql": f"INSERT INTO json SELECT * FROM {topic}"},
        "bound": {"connector.class": BOUND_SINK, **node, "topics": topic, "connect.cassandra.query.timeout.ms": 60000,
                  "connect.cassandra.kcql": f"INSERT INTO {keyspace}.bound SELECT {fields} FROM {topic} "
                                            "PROPERTIES('codec.unit'='NANOSECONDS')"}})
    worker.start()

    def rows(table):
        return sorted(tuple(row) for row in cassandra.execute(f"SELECT id, {', '.join(names)} FROM {keyspace}.{table}"))

    wanted = rows("read")
    for sink in ("json", "bound"):
        eventually(lambda: len(rows(sink)) == 2 or worker.rest.states(sink)[1] == ["FAILED"], 60, f"both rows in table {sink}")
        assert worker.rest.states(sink)[1] == ["RUNNING"], worker.rest.get(f"/connectors/{sink}/status")
        assert rows(sink) == wanted
