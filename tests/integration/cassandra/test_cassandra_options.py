"""What a validation answers about the options of all three connectors, under the names of both generations."""

import pytest

LENSES = "io.lenses.streamreactor.connect.cassandra"
FORMER = "com.datamountaineer.streamreactor.connect.cassandra"

PROGRESS = "connect.progress.enabled"
# The options that files of the original may hold: type, default (-: none), importance. All other names begin with connect.cassandra.
SHARED = """
contact.points STRING localhost HIGH
port INT 9042 HIGH
key.space STRING - HIGH
username STRING "" HIGH
password PASSWORD "" LOW
ssl.enabled BOOLEAN false LOW
trust.store.path STRING "" LOW
trust.store.password PASSWORD "" LOW
trust.store.type STRING JKS MEDIUM
key.store.type STRING JKS MEDIUM
ssl.client.cert.auth BOOLEAN false LOW
key.store.path STRING "" LOW
key.store.password PASSWORD "" LOW
consistency.level STRING "" MEDIUM
error.policy STRING THROW HIGH
max.retries INT 20 MEDIUM
retry.interval INT 60000 MEDIUM
fetch.size INT 5000 MEDIUM
load.balancing.policy STRING TOKEN_AWARE MEDIUM
connect.timeout.ms INT 5000 MEDIUM
read.timeout.ms INT 12000 MEDIUM
kcql STRING - HIGH
"""
SOURCE = SHARED + """
assigned.tables STRING "" LOW
task.buffer.size INT 10000 MEDIUM
batch.size INT 100 MEDIUM
import.poll.interval LONG 1000 MEDIUM
import.allow.filtering BOOLEAN true MEDIUM
time.slice.ms LONG 10000 MEDIUM
slice.duration LONG 10000 MEDIUM
slice.delay.ms LONG 30000 MEDIUM
initial.offset STRING 1900-01-01_00:00:00.0000000Z MEDIUM
mapping.collection.to.json BOOLEAN true MEDIUM
bucket.timeseries.mode STRING "" MEDIUM
bucket.timeseries.format STRING "" MEDIUM
bucket.timeseries.field.name STRING bucket MEDIUM
"""
JSON_SINK = SHARED + """
threadpool.size INT 0 MEDIUM
connect.progress.enabled BOOLEAN false MEDIUM
delete.enabled BOOLEAN false MEDIUM
delete.statement STRING "" MEDIUM
delete.struct_flds LIST "" MEDIUM
default.value STRING "" MEDIUM
"""
BOUND_SINK = """
contact.points STRING localhost
port INT 9042
max.concurrent.requests INT 100
connection.pool.size INT 2
compression STRING none
query.timeout.ms INT 20000
max.batch.size INT 64
load.balancing.local.dc STRING ""
ssl.enabled BOOLEAN false
ssl.provider STRING None
ssl.truststore.path STRING ""
ssl.truststore.password PASSWORD ""
ssl.keystore.path STRING ""
ssl.keystore.password PASSWORD ""
ssl.cipher.suites STRING ""
ssl.hostname.verification BOOLEAN true
ssl.openssl.key.cert.chain STRING ""
ssl.openssl.private.key STRING ""
auth.provider STRING None
auth.username STRING ""
auth.password PASSWORD ""
auth.gssapi.keytab STRING ""
auth.gssapi.principal STRING ""
auth.gssapi.service STRING dse
ignore.errors.mode STRING none
error.policy STRING THROW
max.retries INT 20
retry.interval INT 60000
kcql STRING -
connect.progress.enabled BOOLEAN false
"""
SOURCES = [f"{LENSES}.source.CassandraSourceConnector", f"{FORMER}.source.CassandraSourceConnector", "CassandraSourceConnector"]
JSON_SINKS = [f"{LENSES}.sink.CassandraSinkConnector", f"{FORMER}.sink.CassandraSinkConnector", "CassandraSink"]
BOUND_SINKS = [f"{LENSES}.CassandraSinkConnector", "CassandraSinkConnector"]


def validated(worker, connector_class, **config):
    short = connector_class.rsplit(".", 1)[-1]
    answer = worker.rest.put(f"/connector-plugins/{short}/config/validate", {
        "connector.class": connector_class, "name": "check", "topics": "t",
        **{f"connect.cassandra.{key.replace('_', '.')}": str(value) for key, value in config.items()}})
    return {entry["definition"]["name"]: entry for entry in answer["configs"]}


def errors(answer):
    return {name: entry["value"]["errors"] for name, entry in answer.items() if entry["value"]["errors"]}


@pytest.fixture(scope="module")
def worker(tmp_path_factory, kafka):
    from support.worker import Worker

    running = Worker(tmp_path_factory.mktemp("options"), kafka.bootstrap)
    running.start()
    yield running
    running.kill()


@pytest.mark.parametrize("classes, options, config", [
    (SOURCES, SOURCE, {"key_space": "ks", "kcql": "INSERT INTO t SELECT * FROM s"}),
    (JSON_SINKS, JSON_SINK, {"key_space": "ks", "kcql": "INSERT INTO s SELECT * FROM t"}),
    (BOUND_SINKS, BOUND_SINK, {"kcql": "INSERT INTO ks.s SELECT a FROM t"}),
], ids=["source", "json-sink", "bound-sink"])
def test_every_option_has_its_type_default_and_importance(worker, classes, options, config):
    for connector_class in classes:
        answer = validated(worker, connector_class, **config)
        assert errors(answer) == {}
        for line in options.split("\n"):
            if not line:
                continue
            name, kind, default, *importance = line.split()
            definition = answer[name if name == PROGRESS else f"connect.cassandra.{name}"]["definition"]
            default = {"-": None, '""': "", "1900-01-01_00:00:00.0000000Z": "1900-01-01 00:00:00.0000000Z"}.get(default, default)
            wanted = {"type": kind, "required": default is None}
            if default is not None:
                wanted["default_value"] = "[hidden]" if kind == "PASSWORD" else default
            if importance:
                wanted["importance"] = importance[0]
            assert {key: definition[key] for key in wanted} == wanted, definition
            assert definition["documentation"] and definition["group"] and definition["display_name"]


@pytest.mark.parametrize("connector_class", SOURCES + JSON_SINKS)
def test_missing_options_are_named(worker, connector_class):
    missing = 'Missing required configuration "connect.cassandra.{}" which has no default value.'
    if connector_class == "CassandraSink":  # without a keyspace it is the sink with bound columns
        assert errors(validated(worker, connector_class)) == {"connect.cassandra.kcql": [missing.format("kcql")]}
        return
    assert errors(validated(worker, connector_class)) == {
        f"connect.cassandra.{name}": [missing.format(name)] for name in ("kcql", "key.space")}


GOOD_SOURCE = {"key_space": "ks", "kcql": "INSERT INTO t SELECT * FROM s PK ts INCREMENTALMODE=TIMESTAMP"}


@pytest.mark.parametrize("change, option, text", [
    ({"key_space": " "}, "key.space", "connect.cassandra.key.space must be provided."),
    ({"kcql": " ; "}, "kcql", "Missing [connect.cassandra.kcql]"),
    ({"kcql": "INSERT INTO t SELECT * FROM s INCREMENTALMODE=TOKEN"}, "kcql",
     "Only one primary key column is allowed to be specified in Incremental mode. Received  for source s"),
    ({"kcql": "INSERT INTO t SELECT * FROM s PK a,b INCREMENTALMODE=TIMEUUID"}, "kcql",
     "Only one primary key column is allowed to be specified in Incremental mode. Received a,b for source s"),
    ({"kcql": "INSERT INTO t SELECT a FROM s PK b INCREMENTALMODE=TIMESTAMP"}, "kcql", "must appear in the SELECT statement"),
    ({"kcql": "INSERT INTO t SELECT * FROM s PK b INCREMENTALMODE=SOMETIMES"}, "kcql",
     "use TIMEUUID, TIMESTAMP, TOKEN, DSESEARCHTIMESTAMP or BUCKETTIMESERIES"),
    ({"kcql": "INSERT INTO t SELECT a, a FROM s"}, "kcql", "Field a has already been defined"),
    ({"kcql": "INSERT INTO t SELECT * FROM s BATCH=0"}, "kcql", "BATCH needs a whole number above 0"),
    ({"kcql": "Insert INTO t SELECT * FROM s"}, "kcql", "Invalid syntax. SQL:Insert INTO t SELECT * FROM s . Error message:"),
    ({"import_mode": "now"}, "import.mode", "Unsupported import mode now."),
    ({"kcql": "INSERT INTO t SELECT * FROM s PK b INCREMENTALMODE=BUCKETTIMESERIES"}, "bucket.timeseries.mode",
     "You should specify a bucketMode while using BUCKETTIMESERIES"),
    ({"bucket_timeseries_mode": "DAY"}, "bucket.timeseries.format", "You should specify a bucketFormat while using BUCKETTIMESERIES"),
    ({"consistency_level": "most"}, "consistency.level",
     "'most' is not a valid connect.cassandra.consistency.level. Available values are:ANY, ONE"),
    ({"load_balancing_policy": "any"}, "load.balancing.policy", "TOKEN_AWARE, ROUND_ROBIN, DC_AWARE_ROUND_ROBIN, LATENCY_AWARE"),
    ({"error_policy": "hope"}, "error.policy", "NOOP, THROW, RETRY"),
    ({"port": "none"}, "port", "Invalid value none for configuration connect.cassandra.port: Not a number of type INT"),
    ({"ssl_enabled": "on"}, "ssl.enabled", "Expected value to be either true or false"),
    ({"initial_offset": "2018-03-09 16:12:32Z"}, "initial.offset", "Invalid value 2018-03-09 16:12:32Z for configuration"),
    ({"import_poll_interval": " 5 ", "ssl_enabled": " TRUE ", "consistency_level": "local_quorum", "error_policy": "noop",
      "load_balancing_policy": "round_robin"}, None, None),
])
def test_wrong_values_of_the_source_are_told_at_their_option(worker, change, option, text):
    found = errors(validated(worker, SOURCES[1], **{**GOOD_SOURCE, **change}))
    if option is None:
        assert found == {}
        return
    assert list(found) == [f"connect.cassandra.{option}"], found
    assert len(found[f"connect.cassandra.{option}"]) == 1 and text in found[f"connect.cassandra.{option}"][0], found


@pytest.mark.parametrize("connector_class, config, option, text", [
    (JSON_SINKS[0], {"key_space": "ks", "kcql": "INSERT INTO s SELECT * FROM other"}, "kcql",
     "Mandatory `topics` configuration contains topics not set in connect.cassandra.kcql: Set(t), kcql contains Set(other)"),
    (JSON_SINKS[1], {"key_space": "ks", "kcql": "INSERT INTO s SELECT * FROM t", "delete_enabled": "true"}, "delete.statement",
     "If connect.cassandra.delete.enabled is true, connect.cassandra.delete.statement is required."),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO s SELECT a FROM t"}, "kcql", "KCQL target must be in the form namespace.table, got: s"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t", "contact_points": " , "}, "contact.points", "contact.points must be set"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t", "contact_points": ""}, "contact.points", "contact.points must be set"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t PROPERTIES('speed'='high')"}, "kcql", "property speed=high"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t PROPERTIES('query'='DELETE FROM ks.s')"}, "kcql", "deletesEnabled=false"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT _header FROM t"}, "kcql", "_header"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t", "max_batch_size": "0"}, "max.batch.size", "1"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t", "auth_password": "x"}, "auth.password", "auth.password is given without"),
    (BOUND_SINKS[0], {"kcql": "INSERT INTO ks.s SELECT a FROM t", "ignore_errors_mode": "some"}, "ignore.errors.mode", "NONE, ALL, DRIVER"),
])
def test_wrong_values_of_the_sinks_are_told_at_their_option(worker, connector_class, config, option, text):
    found = errors(validated(worker, connector_class, **config))
    assert list(found) == [f"connect.cassandra.{option}"], found
    assert len(found[f"connect.cassandra.{option}"]) == 1 and text in found[f"connect.cassandra.{option}"][0], found


def test_the_oldest_names_are_complete(worker):
    answer = worker.rest.put("/connector-plugins/CassandraSourceConnector/config/validate", {
        "connector.class": SOURCES[1], "name": "check", "cassandra.key.space": "ks", "cassandra.contact.points": "localhost",
        "cassandra.import.map": "orders:orders-topic", "cassandra.import.timestamp.column": "orders:created",
        "cassandra.import.mode": "incremental", "source.task.batch.size": "10", "cassandra.authentication.mode": "none"})
    assert answer["error_count"] == 0
    values = {entry["value"]["name"]: entry["value"]["value"] for entry in answer["configs"]}
    assert values["connect.cassandra.kcql"] == "INSERT INTO `orders-topic` SELECT * FROM `orders` PK `created`"
    assert values["connect.cassandra.key.space"] == "ks"
    assert values["connect.cassandra.import.poll.interval"] == "60000"
