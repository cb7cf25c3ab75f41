"""The source in a real worker: records, offsets, restarts, a node that goes away, wrong configurations."""

import json
import uuid

import pytest

from support.eventually import eventually
from support.services.kafka_client import KafkaClient

LEGACY = "com.datamountaineer.streamreactor.connect.cassandra.source.CassandraSourceConnector"
TODAY = "io.lenses.streamreactor.connect.cassandra.source.CassandraSourceConnector"
FIELDS = ('{"schema":{"type":"struct","fields":[{"type":"string","optional":true,"field":"device_id"},'
          '{"type":"string","optional":true,"field":"created"},{"type":"int32","optional":true,"field":"button"}],"optional":false%s},'
          '"payload":{"device_id":"%s","created":"%s","button":%d}}')


def metrics(node, keyspace):
    node.create_keyspace(keyspace)
    node.execute(f"CREATE TABLE {keyspace}.metrics (device_id text, created timeuuid, button int, PRIMARY KEY (device_id, created))")
    rows = [("indoor", uuid.UUID("ae7cdfb0-23b4-11e8-8080-808080808080"), 0), ("outdoor", uuid.UUID("ac413481-23b4-11e8-8080-808080808080"), 3)]
    for row in rows:
        node.execute(f"INSERT INTO {keyspace}.metrics (device_id, created, button) VALUES (%s, %s, %s)", row)
    return rows


def connection(node, keyspace):
    return {"connect.cassandra.contact.points": node.address, "connect.cassandra.port": node.port,
            "connect.cassandra.key.space": keyspace, "connect.cassandra.read.timeout.ms": 60000}


def test_the_tutorial_byte_for_byte(cassandra, kafka, make_worker, unique):
    keyspace, topic = "connector", unique("metrics-topic")
    rows = metrics(cassandra, keyspace)
    worker = make_worker(connectors={"metrics": {
        "connector.class": LEGACY, "connect.cassandra.contact.points": f"localhost:{cassandra.port}",
        "connect.cassandra.key.space": keyspace, "connect.cassandra.import.mode": "bulk",
        "connect.cassandra.import.route.query": f"INSERT INTO {topic} SELECT * FROM metrics",
        "connect.cassandra.import.poll.interval": 1000}})
    worker.start()
    texts = KafkaClient(kafka.bootstrap).texts(topic, 4)
    assert sorted(texts[:2]) == sorted(FIELDS % ("", *map(str, row[:2]), row[2]) for row in rows)
    assert sorted(texts[2:4]) == sorted(texts[:2])  # the table again after the interval


@pytest.mark.parametrize("mode", ["standalone", "distributed"])
def test_incremental_rows_arrive_once_also_after_kill_and_restart(cassandra, kafka, make_worker, unique, mode):
    keyspace, topic = f"incremental_{mode}", unique("orders")
    rows = metrics(cassandra, keyspace)
    client = KafkaClient(kafka.bootstrap)
    # Each generation of names in one of the two kinds of worker.
    generation = {"standalone": {
        "connector.class": TODAY,
        "connect.cassandra.kcql": f"INSERT INTO {topic} SELECT * FROM metrics PK created INCREMENTALMODE=TIMEUUID",
    }, "distributed": {
        "connector.class": LEGACY, "connect.cassandra.import.mode": "incremental", "connect.cassandra.import.poll.interval": 1000,
        "connect.cassandra.import.route.query": f"INSERT INTO {topic} SELECT * FROM metrics PK created",
    }}[mode]
    config = {**generation, **connection(cassandra, keyspace), "connect.cassandra.slice.delay.ms": 500,
              "connect.cassandra.slice.duration": 10000000000}
    worker = make_worker(mode=mode, connectors={"metrics": config} if mode == "standalone" else {})
    worker.start()
    if mode == "distributed":
        worker.rest.put_config("metrics", {key: str(value) for key, value in config.items()})
    named = f',"name":"{keyspace}.metrics"' if mode == "standalone" else ""
    assert sorted(client.texts(topic, 2)) == sorted(FIELDS % (named, *map(str, row[:2]), row[2]) for row in rows)

    def insert(button):
        cassandra.execute(f"INSERT INTO {keyspace}.metrics (device_id, created, button) VALUES ('later', now(), %s)", [button])

    def buttons(count):
        return [json.loads(text)["payload"]["button"] for text in client.texts(topic, count)]

    insert(10)
    assert sorted(buttons(3)) == [0, 3, 10]
    worker.stop()
    insert(11)
    worker.start()
    assert sorted(buttons(4)) == [0, 3, 10, 11]
    worker.kill()
    for button in range(20, 40):
        insert(button)
    worker.start()
    wanted = {0, 3, 10, 11, *range(20, 40)}
    eventually(lambda: wanted <= set(buttons(None)), 60, "all rows")
    # At least once: only the last window before the kill may have come twice.
    assert set(buttons(None)) == wanted


def test_several_routes_are_spread_over_tasks(cassandra, kafka, make_worker, unique):
    keyspace = "routes"
    cassandra.create_keyspace(keyspace)
    topics = [unique(f"t{number}") for number in range(3)]
    for number in range(3):
        cassandra.execute(f"CREATE TABLE {keyspace}.t{number} (id int PRIMARY KEY, v text)")
        for row in range(50):
            cassandra.execute(f"INSERT INTO {keyspace}.t{number} (id, v) VALUES (%s, 'x')", [row])
    kcql = ";".join(f"INSERT INTO {topic} SELECT * FROM t{number}" for number, topic in enumerate(topics))
    worker = make_worker(connectors={"routes": {
        "connector.class": TODAY, **connection(cassandra, keyspace), "tasks.max": 2, "connect.cassandra.kcql": kcql,
        "connect.cassandra.bulk.once": "true"}})
    worker.start()
    client = KafkaClient(kafka.bootstrap)
    for topic in topics:
        assert {json.loads(text)["payload"]["id"] for text in client.texts(topic, 50)} == set(range(50))
    assert len(worker.rest.get("/connectors/routes/tasks")) == 2


def test_a_node_that_stops_in_the_middle_of_a_read(own_cassandra, kafka, make_worker, unique):
    keyspace, topic, rows = "restart", unique("rows"), 3000
    own_cassandra.create_keyspace(keyspace)
    own_cassandra.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY, v text)")
    insert = own_cassandra.session().prepare(f"INSERT INTO {keyspace}.t (id, v) VALUES (?, ?)")
    for future in [own_cassandra.session().execute_async(insert, (number, "x" * 100)) for number in range(rows)]:
        future.result()
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    watch = client.watcher(topic)
    worker = make_worker(connectors={"rows": {
        "connector.class": LEGACY, **connection(own_cassandra, keyspace), "connect.cassandra.fetch.size": 5,
        "connect.cassandra.task.buffer.size": 5, "connect.cassandra.batch.size": 5, "connect.cassandra.bulk.once": "true",
        "connect.cassandra.kcql": f"INSERT INTO {topic} SELECT * FROM t"}})
    worker.start()
    eventually(lambda: watch() > 50, 60, "the read is under way")
    own_cassandra.kill()
    seen = watch()
    assert seen < rows, "the read was over before the node stopped"
    own_cassandra.start()
    eventually(lambda: watch() >= rows, 90, "all rows")
    assert {json.loads(text)["payload"]["id"] for text in client.texts(topic, rows)} == set(range(rows))
    assert worker.rest.states("rows") == ("RUNNING", ["RUNNING"])


def test_a_worker_killed_in_mid_window_reads_the_window_again(cassandra, kafka, make_worker, unique):
    keyspace, topic, rows = "mid_window", unique("rows"), 3000
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TABLE {keyspace}.t (id int, created timeuuid, PRIMARY KEY (id, created))")
    insert = cassandra.session().prepare(f"INSERT INTO {keyspace}.t (id, created) VALUES (?, now())")
    for future in [cassandra.session().execute_async(insert, (number,)) for number in range(rows)]:
        future.result()
    client = KafkaClient(kafka.bootstrap)
    client.create_topic(topic)
    watch = client.watcher(topic)
    worker = make_worker(settings={"offset.flush.interval.ms": 20}, connectors={"rows": {
        "connector.class": TODAY, **connection(cassandra, keyspace), "connect.cassandra.fetch.size": 5,
        "connect.cassandra.task.buffer.size": 5, "connect.cassandra.batch.size": 5, "connect.cassandra.slice.delay.ms": 0,
        "connect.cassandra.offset.timezone": "UTC",
        "connect.cassandra.kcql": f"INSERT INTO {topic} SELECT * FROM t PK created INCREMENTALMODE=TIMEUUID"}})
    worker.start()
    eventually(lambda: watch() > 100 and worker.rest.get("/connectors/rows/offsets")["offsets"], 60, "an offset inside of the window")
    worker.kill()
    assert watch() < rows, "the read was over before the worker was killed"
    worker.start()
    eventually(lambda: {json.loads(text)["payload"]["id"] for text in client.texts(topic, None)} == set(range(rows)), 90, "all rows")
    stored = eventually(lambda: [entry for entry in worker.rest.get("/connectors/rows/offsets")["offsets"]
                                 if not entry["offset"]["lo"].startswith("1900")], 60, "the offset behind the window")
    assert stored[0]["partition"] == {"connect.cassandra.assigned.tables": "t"}
    assert set(stored[0]["offset"]) == {"created", "lo"}


@pytest.mark.parametrize("policy", ["THROW", "NOOP"])
def test_a_table_that_is_dropped_fails_the_task_unless_errors_are_left_out(cassandra, kafka, make_worker, unique, policy):
    keyspace, topic = f"dropped_{policy.lower()}", unique("rows")
    cassandra.create_keyspace(keyspace)
    cassandra.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY)")
    cassandra.execute(f"INSERT INTO {keyspace}.t (id) VALUES (1)")
    worker = make_worker(connectors={"rows": {
        "connector.class": TODAY, **connection(cassandra, keyspace), "connect.cassandra.error.policy": policy,
        "connect.cassandra.import.poll.interval": 100, "connect.cassandra.kcql": f"INSERT INTO {topic} SELECT * FROM t"}})
    worker.start()
    client = KafkaClient(kafka.bootstrap)
    client.texts(topic, 1)
    cassandra.execute(f"DROP TABLE {keyspace}.t")
    if policy == "THROW":
        assert f"Reading table {keyspace}.t failed: " in worker.rest.await_failed_task("rows")
        return
    worker.await_log("Error policy NOOP: tried again after the poll interval.")
    cassandra.execute(f"CREATE TABLE {keyspace}.t (id int PRIMARY KEY)")
    cassandra.execute(f"INSERT INTO {keyspace}.t (id) VALUES (2)")
    eventually(lambda: any(json.loads(text)["payload"]["id"] == 2 for text in client.texts(topic, None)), 60, "the new table's row")
    assert worker.rest.states("rows") == ("RUNNING", ["RUNNING"])


@pytest.mark.parametrize("change, sentence", [
    ({"connect.cassandra.kcql": "INSERT INTO x SELECT * FROM missing"}, "Table missing does not exist in keyspace wrong on Cassandra at 127.0.0.1"),
    ({"connect.cassandra.kcql": "INSERT INTO x SELECT nope FROM metrics"}, "Column nope of the SELECT list does not exist in table wrong.metrics"),
    ({"connect.cassandra.key.space": "nowhere"}, "Keyspace nowhere does not exist on Cassandra at 127.0.0.1"),
    ({"connect.cassandra.port": "1"}, "Couldn't connect to Cassandra. no contact point can be reached: node 127.0.0.1:1: Connection refused"),
    ({"connect.cassandra.kcql": "INSERT INTO x SELECT * FROM metrics PK button INCREMENTALMODE=TIMEUUID"},
     "INCREMENTALMODE=TIMEUUID needs a timeuuid column, but button of table wrong.metrics"),
])
def test_wrong_settings_fail_the_task_with_one_sentence(cassandra, make_worker, change, sentence):
    if not cassandra.execute("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = 'wrong'"):
        metrics(cassandra, "wrong")
    config = {"connector.class": TODAY, **connection(cassandra, "wrong"), "connect.cassandra.kcql": "INSERT INTO x SELECT * FROM metrics", **change}
    worker = make_worker()
    worker.start()
    worker.rest.put_config("wrong", {key: str(value) for key, value in config.items()})
    assert sentence in worker.rest.await_failed_task("wrong")


def test_wrong_kcql_is_refused_with_a_caret(cassandra, make_worker):
    worker = make_worker()
    worker.start()
    config = {"connector.class": TODAY, "name": "wrong", "connect.cassandra.key.space": "x", "connect.cassandra.kcql": "INSERT INTO t SELCT * FROM s"}
    answer = worker.rest.put("/connector-plugins/CassandraSourceConnector/config/validate", config)
    errors = {entry["value"]["name"]: entry["value"]["errors"] for entry in answer["configs"]}["connect.cassandra.kcql"]
    assert errors == ['Invalid syntax. SQL:INSERT INTO t SELCT * FROM s . Error message:column 15: expected SELECT, found "SELCT"\n'
                      "INSERT INTO t SELCT * FROM s\n              ^"]
