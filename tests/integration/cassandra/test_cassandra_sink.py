"""The sink in a real worker: rows, dead letters, a node that goes away."""

import json

from support.eventually import eventually
from support.services.kafka_client import KafkaClient

LEGACY = "com.datamountaineer.streamreactor.connect.cassandra.sink.CassandraSinkConnector"
TODAY = "io.lenses.streamreactor.connect.cassandra.sink.CassandraSinkConnector"
PLAIN_JSON = {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.schemas.enable": "false",
              "key.converter": "org.apache.kafka.connect.storage.StringConverter"}


def connection(node, keyspace):
    return {"connect.cassandra.contact.points": node.address, "connect.cassandra.port": node.port,
            "connect.cassandra.key.space": keyspace, "connect.cassandra.read.timeout.ms": 60000}


def test_rows_deletions_and_dead_letters(cassandra, kafka, make_worker, unique):
    keyspace, topic, letters = "sink_rows", unique("orders"), unique("letters")
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TABLE {keyspace}.orders (id int PRIMARY KEY, product text, qty int)")
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    for number in range(200):
        client.produce(topic, [json.dumps({"id": number, "name": f"p{number}", "qty": number * 2, "other": 1})], key=str(number))
    client.produce(topic, [json.dumps({"id": "no number"})], key="x")
    client.produce(topic, [None], key="7")
    worker = make_worker(connectors={"orders": {
        "connector.class": LEGACY, "topics": topic, **connection(cassandra, keyspace), **PLAIN_JSON,
        "connect.cassandra.export.route.query": f"INSERT INTO orders SELECT id, name AS product, qty FROM {topic} TTL=100000",
        "connect.cassandra.delete.enabled": "true",
        "connect.cassandra.delete.statement": f"DELETE FROM {keyspace}.orders WHERE id = ?",
        "errors.tolerance": "all", "errors.deadletterqueue.topic.name": letters,
        "errors.deadletterqueue.topic.replication.factor": 1, "errors.deadletterqueue.context.headers.enable": "true"}})
    worker.start()

    def rows():
        return {row.id: (row.product, row.qty) for row in cassandra.execute(f"SELECT id, product, qty FROM {keyspace}.orders")}

    wanted = {number: (f"p{number}", number * 2) for number in range(200) if number != 7}
    # The key of the deletion is text, the column an int: it is converted.
    eventually(lambda: rows() == wanted, 60, "all rows but the deleted one")
    letter = client.consume(letters, 1)[0]
    assert letter.text == '{"id": "no number"}'
    message = dict(letter.headers)["__connect.errors.exception.message"].decode()
    assert "Error decoding JSON value for id" in message and f"(table: {keyspace}.orders, topic {topic} partition 0 offset 200)" in message


def test_retry_outlasts_a_node_that_restarts(own_cassandra, kafka, make_worker, unique):
    keyspace, topic, count = "sink_restart", unique("rows"), 2000
    own_cassandra.create_keyspace(keyspace)
    own_cassandra.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY)")
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    client.produce(topic, [json.dumps({"id": 0})])
    worker = make_worker(connectors={"rows": {
        "connector.class": TODAY, "topics": topic, **connection(own_cassandra, keyspace), **PLAIN_JSON,
        "connect.cassandra.kcql": f"INSERT INTO t SELECT * FROM {topic}", "connect.cassandra.error.policy": "RETRY",
        "connect.cassandra.retry.interval": 500, "connect.cassandra.max.retries": 500}})
    worker.start()
    eventually(lambda: own_cassandra.execute(f"SELECT id FROM {keyspace}.t"), 60, "the first row")
    own_cassandra.kill()
    client.produce(topic, [json.dumps({"id": number}) for number in range(1, count)])
    worker.await_log("Error policy set to RETRY")
    own_cassandra.start()
    eventually(lambda: len(own_cassandra.execute(f"SELECT id FROM {keyspace}.t")) == count, 90, "all rows")
    assert worker.rest.states("rows") == ("RUNNING", ["RUNNING"])


def test_bound_columns_with_ttl_write_time_and_deletions(cassandra, kafka, make_worker, unique):
    keyspace, topic = "sink_bound", unique("orders")
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TABLE {keyspace}.orders (pk text, name text, src text, PRIMARY KEY (pk))")
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    client.produce(topic, ['{"name":"one"}'], key="a", headers=[("src", b"web")], timestamp=153000987)
    client.produce(topic, ['{"name":"two"}'], key="b", headers=[("src", b"app")])
    client.produce(topic, ['{"name":null}'], key="b", headers=[("src", None)])
    worker = make_worker(connectors={"orders": {
        "connector.class": "io.lenses.streamreactor.connect.cassandra.CassandraSinkConnector", "topics": topic, **PLAIN_JSON,
        "header.converter": "org.apache.kafka.connect.storage.StringConverter",
        "connect.cassandra.contact.points": f"localhost:{cassandra.port}", "connect.cassandra.query.timeout.ms": 60000,
        "connect.cassandra.kcql": f"INSERT INTO {keyspace}.orders SELECT _key AS pk, _value.name, _header.src FROM {topic} "
                                  "PROPERTIES('ttl'='100000')"}})
    worker.start()

    def rows():
        return [tuple(row) for row in cassandra.execute(f"SELECT pk, name, src, writetime(name) FROM {keyspace}.orders")]

    eventually(lambda: rows() == [("a", "one", "web", 153000987000)], 60, "one row; the other one is deleted")
    assert worker.rest.states("orders") == ("RUNNING", ["RUNNING"])


def test_the_short_name_without_a_keyspace_is_the_sink_with_bound_columns(cassandra, kafka, make_worker, unique):
    keyspace, topic = "sink_short", unique("hits")
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TABLE {keyspace}.hits (page text PRIMARY KEY, total counter)")
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    client.produce(topic, ['{"page":"a","n":2}', '{"page":"b","n":1}', '{"page":"a","n":3}'])
    worker = make_worker(connectors={"hits": {
        "connector.class": "CassandraSinkConnector", "topics": topic, **PLAIN_JSON,
        "connect.cassandra.contact.points": f"localhost:{cassandra.port}", "connect.cassandra.query.timeout.ms": 60000,
        "connect.cassandra.kcql": f"INSERT INTO {keyspace}.hits SELECT page, n AS total FROM {topic}"}})
    worker.start()
    # Only the sink with bound columns can write counters.
    eventually(lambda: sorted(map(tuple, cassandra.execute(f"SELECT page, total FROM {keyspace}.hits"))) == [("a", 5), ("b", 1)], 60,
               "the counted pages")


def test_several_topics_to_one_table_and_deletions_of_each(cassandra, kafka, make_worker, unique):
    keyspace, first, second = "sink_topics", unique("first"), unique("second")
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY, origin text)")
    client = KafkaClient(kafka.bootstrap)
    for topic, number in ((first, 1), (second, 2)):
        client.create_topic(topic)
        client.produce(topic, [json.dumps({"id": number * 10 + n, "origin": "x"}) for n in range(5)], key="k")
        client.produce(topic, [None], key=json.dumps({"id": number * 10}))
    config = {"connector.class": LEGACY, "topics": f"{first},{second}", **connection(cassandra, keyspace), **PLAIN_JSON,
              "connect.cassandra.export.map": f"{first}:t,{second}:t", "connect.cassandra.delete.enabled": "true",
              "connect.cassandra.delete.statement": "DELETE FROM t WHERE id = ?", "connect.cassandra.delete.struct_flds": "id"}
    worker = make_worker(mode="distributed")
    worker.start()
    worker.rest.put_config("topics", {key: str(value) for key, value in config.items()})
    wanted = {*range(11, 15), *range(21, 25)}
    eventually(lambda: {row.id for row in cassandra.execute(f"SELECT id FROM {keyspace}.t")} == wanted, 60, "the rows of both")
    assert worker.rest.states("topics")[1] == ["RUNNING"]
