"""The REST API of a standalone worker, request by request, beside Apache Kafka's: same statuses, same bodies."""

import json
import re
from typing import Any, Callable

from support.eventually import eventually
from support.rest import Response
from support.worker import Worker

SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector"
SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector"
CAST = "org.apache.kafka.connect.transforms.Cast$Value"
STRING = "org.apache.kafka.connect.storage.StringConverter"
JSON = "org.apache.kafka.connect.json.JsonConverter"
PREDICATES = "org.apache.kafka.connect.transforms.predicates."

# Why the two differ where they may, by a pattern of the request's label. A status other than Java's is named too.
NULL_BODY = "Java answers with the text of a NullPointerException; ours says what is missing"
PLUGIN_LIST = "the text lists the worker's plugins, and ours has more"
KNOWN: dict[str, str] = {
    r"body (2|3|6|7|8): .*": NULL_BODY, r"config body (0|2): .*": NULL_BODY, r"offsets body (0|2|13): .*": NULL_BODY,
    r"(source|sink) offsets: null element": NULL_BODY, r"validate empty": NULL_BODY, r"logger empty": NULL_BODY,
    r"body 14: .*": "Java lists the known fields in no fixed order",
    r"body 23: .*": PLUGIN_LIST, r"refused: (empty class|unknown class|class of a transform)": PLUGIN_LIST,
    r"validate: unknown class": PLUGIN_LIST, r"validate: empty class": PLUGIN_LIST,
    r"sink offsets: unknown topic": "ours adds the cause",
    r"sink offsets: offset negative": "ours adds the cause",
    r"odd name": "Java leaves a slash of a connector's name bare in Location, which then leads nowhere",
    r"logger .*read": "the time of the change",
    r"plugin version (9|bad!)": "Java counts the version once for each place it finds the class in",
    r"bad topic creation status": "Java's trace has stack frames",
    r"validate: plugin versions": "ours still lists the keys of the version it has",
}
KNOWN_STATUS: dict[str, tuple[int, int, str]] = {
    r"unknown POST /restart": (500, 404, "Java fails with a NullPointerException"),
    r"unknown POST /tasks/0/restart": (500, 404, "Java fails to start a task of nothing"),
    r"patch body (0|2): .*": (404, 500, "Java looks for the connector before the body; a null patch is refused first here"),
    r"plugin org.apache.kafka.connect.transforms.Cast": (500, 404, "Java cannot instantiate the abstract class"),
    r"validate: plugin version word": (500, 200, "ours reports the version that cannot be read on its key"),
    r"sink offsets: number topic": (500, 400, "Java takes the number for a topic's name and then finds no such topic"),
}

# "~" stands for the side's letter: what runs has names of its own on the one broker. (The distributed workers use k, n and f.)
SRC = {"connector.class": SOURCE, "tasks.max": "1", "file": "in.txt", "topic": "rest-lines-~"}
SNK = {"connector.class": SINK, "tasks.max": "1", "file": "out.txt", "topics": "rest-feed-~",
       "key.converter": STRING, "value.converter": STRING}
# Valid, and starts nothing that could differ in time.
OFF = {"connector.class": SOURCE, "file": "in.txt", "topic": "rest-off"}

Step = tuple[str, str, str, Any, dict[str, str]]


def step(label: str, method: str, path: str, body: Any = None, **headers: str) -> Step:
    return label, method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}


def create(label: str, name: Any, config: Any, **more: Any) -> Step:
    return step(label, "POST", "/connectors", {"name": name, "config": config, **more})


def without(config: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key not in keys}


def unknown_connector() -> list[Step]:
    base = "/connectors/nobody"
    return [step(f"unknown {method} {rest}", method, base + rest, body) for method, rest, body in [
        ("GET", "", None), ("GET", "/config", None), ("GET", "/status", None), ("GET", "/tasks", None),
        ("GET", "/tasks/0/status", None), ("GET", "/topics", None), ("GET", "/offsets", None),
        ("DELETE", "", None), ("PUT", "/pause", None), ("PUT", "/resume", None), ("PUT", "/stop", None),
        ("POST", "/restart", None), ("POST", "/restart?includeTasks=true", None),
        ("POST", "/restart?onlyFailed=true", None), ("POST", "/tasks/0/restart", None),
        ("PUT", "/topics/reset", None), ("DELETE", "/offsets", None), ("PATCH", "/config", {"a": "b"}),
        ("PATCH", "/offsets", {"offsets": [{"partition": {"filename": "x"}, "offset": {"position": 1}}]}),
        ("POST", "/tasks", [{"a": "b"}]), ("PUT", "/fence", None), ("GET", "/tasks-config", None)]]


def http_manners() -> list[Step]:
    return [
        step("no such path", "GET", "/nowhere"),
        step("no such path below", "GET", "/connectors/a/nothing"),
        step("wrong verb", "DELETE", "/connectors"),
        step("wrong verb PATCH", "PATCH", "/connectors/a/status", {}),
        step("wrong verb POST root", "POST", "/", {}),
        step("wrong verb GET restart", "GET", "/connectors/a/restart"),
        step("wrong verb plugins", "POST", "/connector-plugins", {}),
        step("task is no number", "GET", "/connectors/a/tasks/x/status"),
        step("task is negative", "GET", "/connectors/a/tasks/-1/status"),
        step("not acceptable", "GET", "/connectors", Accept="text/plain"),
        step("not acceptable root", "GET", "/", Accept="text/html"),
        step("accepts anything", "GET", "/connectors", Accept="*/*"),
        step("accepts with quality", "GET", "/connectors", Accept="text/html, application/json;q=0.5"),
        step("wrong type", "POST", "/connectors", "{}", Content_Type="text/plain"),
        step("wrong type PUT", "PUT", "/connectors/a/config", "{}", Content_Type="application/xml"),
        step("wrong type form", "PATCH", "/connectors/a/offsets", "{}", Content_Type="application/x-www-form-urlencoded"),
        step("type with charset", "PUT", "/connectors/a/config", "{}", Content_Type="application/json; charset=utf-8"),
        step("trailing slash", "GET", "/connectors/"),
        step("trailing slash plugins", "GET", "/connector-plugins/?connectorsOnly=true"),
    ]


def bad_bodies() -> list[Step]:
    steps = [step(f"body {index}: {body}", "POST", "/connectors", body) for index, body in enumerate([
        "{", "[]", "", "null", "1", '"text"', "{}", '{"name":"a"}', '{"config":null,"name":"a"}', '{"name":"a","config":{}}',
        '{"name":"a","config":[]}', '{"name":"a","config":"x"}', '{"name":"a","config":{"a":{"b":1}}}',
        '{"name":"a","config":{"a":[1]}}', '{"name":"a","foo":1,"config":{}}', '{"name":{"x":1},"config":{}}',
        '{"name":"a","config":{}} x', '{"name":"a","config":{},}', "{'name':'a'}", '{"name":"a" "config":{}}',
        '{"name":"a","config":{"x":tru}}', '{"name":"a","initial_state":"GONE","config":{}}',
        '{"name":"a","initial_state":1,"config":{}}', '{"config":{"connector.class":"x"}}', "nonsense",
        '{"name":"a","config":{"a":"b\n"}}', '{"name":["a"],"config":{}}', '{"name":"a","initial_state":"","config":{}}'])]
    steps += [step(f"config body {index}: {body}", "PUT", "/connectors/a/config", body) for index, body in enumerate([
        "", "[]", "null", "1", '"x"', '{"a":{}}', '{"a":[]}', '{"a":', '{"a":1,"b":true,"c":null,"d":1.50}', "{}"])]
    steps += [step(f"patch body {index}: {body}", "PATCH", "/connectors/a/config", body) for index, body in enumerate([
        "", "[]", "null"])]
    steps += [step(f"offsets body {index}: {body}", "PATCH", "/connectors/a/offsets", body) for index, body in enumerate([
        "", "[]", "null", "{}", '{"offsets":null}', '{"offsets":[]}', '{"offsets":{}}', '{"offsets":[123]}',
        '{"offsets":[{"partition":[]}]}', '{"offsets":[{"partition":1}]}', '{"foo":[]}', '{"offsets":[{"foo":1}]}',
        '{"offsets":"x"}', '{"offsets":[null]}'])]
    return steps


def refused() -> list[Step]:
    configs: dict[str, tuple[Any, Any]] = {
        "no class": ("a", {"topic": "t"}), "only name": ("a", {"name": "a"}),
        "no class, more keys": ("a", {"file": "f", "topic": "t", "tasks.max": "1", "key.converter": STRING}),
        "empty class": ("a", {"connector.class": ""}), "unknown class": ("a", {"connector.class": "com.x.Nope"}),
        "class of a transform": ("a", {"connector.class": CAST}),
        "blank name": (" ", OFF), "no name": (None, OFF), "control name": ("a\u0001b", OFF),
        "mismatch": ("a", {**OFF, "name": "b"}), "name null in config": ("a", {**OFF, "name": None}),
        "tasks.max word": ("a", {**OFF, "tasks.max": "abc"}), "tasks.max 0": ("a", {**OFF, "tasks.max": "0"}),
        "tasks.max null": ("a", {**OFF, "tasks.max": None}), "tasks.max empty": ("a", {**OFF, "tasks.max": ""}),
        "no topic": ("a", without(OFF, "topic")), "empty topic": ("a", {**OFF, "topic": ""}),
        "batch.size word": ("a", {**OFF, "batch.size": "x"}),
        "sink without topics": ("a", without(SNK, "topics")), "sink with both": ("a", {**SNK, "topics.regex": "x"}),
        "sink regex": ("a", {**without(SNK, "topics"), "topics.regex": "["}),
        "sink dlq in topics": ("a", {**SNK, "topics": "t", "errors.deadletterqueue.topic.name": "t"}),
        "converter": ("a", {**OFF, "key.converter": "com.x.Nope"}),
        "unknown null": ("a", {**OFF, "foo": None}), "errors.tolerance": ("a", {**OFF, "errors.tolerance": "x"}),
        "many": ("a", {**without(OFF, "topic"), "tasks.max": "x", "errors.tolerance": "x", "key.converter": "com.x.Nope"}),
        "no transform type": ("a", {**OFF, "transforms": "t"}),
        "predicate": ("a", {**OFF, "predicates": "p", "predicates.p.type": "Nope"}),
        "override word": ("a", {**OFF, "producer.override.linger.ms": "abc"}),
    }
    return [create(f"refused: {label}", name, config) for label, (name, config) in configs.items()]


def validations() -> list[Step]:
    sink = {"connector.class": SINK, "name": "v", "topics": "t", "file": "f"}
    source = {"connector.class": SOURCE, "name": "v", "topic": "t", "file": "f"}
    cast = {"transforms": "t1", "transforms.t1.type": CAST}
    many: dict[str, dict[str, Any]] = {
        "source": source, "sink": sink, "source empty": {"connector.class": SOURCE}, "sink empty": {"connector.class": SINK},
        "source short": {**source, "connector.class": "FileStreamSource"}, "null": {**source, "foo": None, "tasks.max": None},
        "bad words": {**source, "tasks.max": "x", "errors.tolerance": "y", "errors.log.enable": "maybe",
                      "errors.retry.timeout": "z", "config.action.reload": "no", "batch.size": "q", "tasks.max.enforce": "u",
                      "errors.retry.delay.max.ms": "99999999999999999999"},
        "ranges": {**source, "tasks.max": "0", "batch.size": "-1"},
        "unknown keys": {**source, "foo": "bar", "producer.override.foo": "x"},
        "converters": {**source, "key.converter": JSON, "value.converter": STRING, "key.converter.schemas.enable": "false",
                       "header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter"},
        "converter keys bad": {**source, "value.converter": JSON, "value.converter.schemas.enable": "maybe",
                               "value.converter.schemas.cache.size": "x", "value.converter.decimal.format": "odd"},
        "converter classes bad": {**source, "key.converter": "com.x.Nope", "value.converter": "java.lang.String",
                                  "header.converter": SOURCE},
        "converter empty": {**source, "key.converter": ""}, "converter alias": {**source, "key.converter": "StringConverter"},
        "converter short alias": {**source, "key.converter": "String", "header.converter": "Json"},
        "cast": {**source, **cast, "transforms.t1.spec": "int32"},
        "cast bad": {**source, **cast, "transforms.t1.spec": "nothing"}, "cast no spec": {**source, **cast},
        "cast unknown key": {**source, **cast, "transforms.t1.spec": "int32", "transforms.t1.foo": "x"},
        "cast abstract": {**source, **cast, "transforms.t1.type": "org.apache.kafka.connect.transforms.Cast"},
        "transform unknown": {**source, **cast, "transforms.t1.type": "com.x.Nope"},
        "transform other kind": {**source, **cast, "transforms.t1.type": SINK},
        "transform empty type": {**source, **cast, "transforms.t1.type": ""},
        "transform null type": {**source, **cast, "transforms.t1.type": None},
        "transform no type": {**source, "transforms": "t1"}, "transforms twice": {**source, "transforms": "t1,t1"},
        "transforms twice typed": {**source, **cast, "transforms": "t1,t1", "transforms.t1.spec": "int32"},
        "transforms empty": {**source, "transforms": ""}, "transforms blank alias": {**source, "transforms": "a,,b"},
        "two transforms": {**sink, "transforms": "b,a", "transforms.a.type": "org.apache.kafka.connect.transforms.RegexRouter",
                           "transforms.a.regex": "[", "transforms.a.replacement": "x", "transforms.b.type":
                           "org.apache.kafka.connect.transforms.TimestampConverter$Value", "transforms.b.target.type": "x"},
        "transform alias": {**source, **cast, "transforms.t1.type": "HoistField$Key", "transforms.t1.field": ""},
        "transform booleans": {**source, **cast, "transforms.t1.type": "org.apache.kafka.connect.transforms.InsertField$Value",
                               "transforms.t1.replace.null.with.default": "x"},
        "replace field": {**source, **cast, "transforms.t1.type": "org.apache.kafka.connect.transforms.ReplaceField$Value"},
        "mask field": {**source, **cast, "transforms.t1.type": "org.apache.kafka.connect.transforms.MaskField$Value",
                       "transforms.t1.fields": ""},
        # What is required and missing is told twice where a check refuses null as well.
        **{f"missing {name}": {**source, **cast, "transforms.t1.type": f"org.apache.kafka.connect.transforms.{name}"}
           for name in ("DropHeaders", "HeaderFrom$Key", "InsertHeader", "MaskField$Value", "RegexRouter", "ValueToKey")},
        "predicate missing pattern": {**source, "predicates": "p", "predicates.p.type": PREDICATES + "TopicNameMatches"},
        "regex null": {**source, "connector.class": SINK, "topics.regex": None},
        "predicate": {**source, **cast, "transforms.t1.spec": "int32", "transforms.t1.predicate": "p", "predicates": "p",
                      "predicates.p.type": PREDICATES + "TopicNameMatches", "predicates.p.pattern": "x"},
        "predicate bad": {**source, "predicates": "p,q,r", "predicates.p.type": PREDICATES + "TopicNameMatches",
                          "predicates.p.pattern": "[", "predicates.q.type": PREDICATES + "HasHeaderKey",
                          "predicates.r.type": "com.x.Nope"},
        "predicate missing": {**source, **cast, "transforms.t1.spec": "int32", "transforms.t1.predicate": "p"},
        "predicate no type": {**source, "predicates": "p"},
        "predicate other kind": {**source, "predicates": "p", "predicates.p.type": CAST},
        "negate only": {**source, **cast, "transforms.t1.spec": "int32", "transforms.t1.negate": "true"},
        "negate word": {**source, **cast, "transforms.t1.spec": "int32", "transforms.t1.predicate": "p",
                        "transforms.t1.negate": "x"},
        "overrides source": {**source, "producer.override.linger.ms": "5", "consumer.override.max.poll.records": "1",
                             "admin.override.retries": "1"},
        "overrides sink": {**sink, "consumer.override.max.poll.records": "5", "producer.override.linger.ms": "5"},
        "override word": {**source, "producer.override.linger.ms": "abc"},
        "override acks": {**source, "producer.override.acks": "1"},
        "sink no topics": without(sink, "topics"), "sink both": {**sink, "topics.regex": "a.*"},
        "sink regex": {**without(sink, "topics"), "topics.regex": "[a"},
        "sink dlq": {**sink, "errors.deadletterqueue.topic.name": "t"},
        "sink dlq regex": {**without(sink, "topics"), "topics.regex": "t.*", "errors.deadletterqueue.topic.name": "t1"},
        "sink dlq override": {**sink, "errors.deadletterqueue.topic.name": "d", "producer.override.linger.ms": "5",
                              "errors.deadletterqueue.topic.replication.factor": "x"},
        "sink empty topics": {**sink, "topics": ""}, "sink blank topics": {**sink, "topics": " , "},
        "exactly once": {**source, "exactly.once.support": "required", "transaction.boundary": "connector"},
        "exactly once bad": {**source, "exactly.once.support": "x", "transaction.boundary": "y"},
        "topic creation": {**source, "topic.creation.default.replication.factor": "1", "topic.creation.default.partitions": "1",
                           "topic.creation.groups": "g", "topic.creation.g.include": "x", "admin.override.retries": "1"},
        "topic creation bad": {**source, "topic.creation.default.replication.factor": "0",
                               "topic.creation.default.partitions": "x"},
        "topic creation groups": {**source, "topic.creation.groups": "g,g"},
        "plugin versions": {**source, "connector.plugin.version": "9.9.9"},
        "plugin version word": {**source, "connector.plugin.version": "[x", "key.converter": JSON,
                                "key.converter.plugin.version": "[1"},
        "no class": without(source, "connector.class"), "nothing": {}, "unknown class": {**source, "connector.class": "com.x.Nope"},
        "empty class": {**source, "connector.class": ""}, "class null": {**source, "connector.class": None},
        "names empty": {**source, "name": "", "topic": ""}, "control": {**source, "name": "a\u0001b"},
        "spaces": {**source, "tasks.max": " 2 ", "errors.log.enable": " TRUE ", "config.action.reload": "NONE"},
    }
    steps = []
    for label, config in many.items():
        plugin = "FileStreamSink" if config.get("connector.class") == SINK else "FileStreamSource"
        if "class" in label:
            plugin = str(config.get("connector.class") or plugin)
        steps.append(step(f"validate: {label}", "PUT", f"/connector-plugins/{plugin}/config/validate", config))
    return steps + [
        step("validate other", "PUT", "/connector-plugins/FileStreamSinkConnector/config/validate", source),
        step("validate full", "PUT", f"/connector-plugins/{SOURCE}/config/validate", source),
        step("validate suffix", "PUT", "/connector-plugins/SourceConnector/config/validate", source),
        step("validate unknown path", "PUT", "/connector-plugins/Nope/config/validate", {"name": "x"}),
        step("validate empty", "PUT", "/connector-plugins/FileStreamSource/config/validate", ""),
        step("validate array", "PUT", "/connector-plugins/FileStreamSource/config/validate", "[]"),
    ]


def plugins() -> list[Step]:
    transforms = ["Cast$Value", "DropHeaders", "ExtractField$Key", "Filter", "Flatten$Value", "HeaderFrom$Key", "HoistField$Value",
                  "InsertField$Value", "InsertHeader", "MaskField$Value", "RegexRouter", "ReplaceField$Value",
                  "SetSchemaMetadata$Key", "TimestampConverter$Value", "TimestampRouter", "ValueToKey", "Cast"]
    names = [SOURCE, SINK, "FileStreamSource", "FileStreamSinkConnector", JSON, STRING, "JsonConverter", "Nope", "Json", "String",
             "org.apache.kafka.connect.storage.SimpleHeaderConverter", "org.apache.kafka.connect.converters.LongConverter",
             "org.apache.kafka.common.config.provider.FileConfigProvider", "FileConfigProvider",
             "org.apache.kafka.connect.connector.policy.AllConnectorClientConfigOverridePolicy",
             *("org.apache.kafka.connect.transforms." + name for name in transforms),
             *(PREDICATES + name for name in ("HasHeaderKey", "RecordIsTombstone", "TopicNameMatches"))]
    return [step("plugins", "GET", "/connector-plugins"), step("plugins all", "GET", "/connector-plugins?connectorsOnly=false"),
            step("plugins odd flag", "GET", "/connector-plugins?connectorsOnly=yes"),
            *(step(f"plugin {name}", "GET", f"/connector-plugins/{name}/config") for name in names),
            *(step(f"plugin version {version}", "GET", f"/connector-plugins/FileStreamSource/config?version={version}")
              for version in ("latest", "4.1.0", "[4.0,5.0)", "9", "bad!"))]


def loggers() -> list[Step]:
    return [
        step("logger unknown", "GET", "/admin/loggers/com.nobody"),
        step("logger root", "GET", "/admin/loggers/root"), step("logger ROOT", "GET", "/admin/loggers/ROOT"),
        step("logger no level", "PUT", "/admin/loggers/root", {}), step("logger bad", "PUT", "/admin/loggers/root", {"level": "X"}),
        step("logger null", "PUT", "/admin/loggers/root", {"level": None}), step("logger empty", "PUT", "/admin/loggers/root", ""),
        step("logger new", "PUT", "/admin/loggers/com.nobody.x", {"level": "debug"}),
        step("logger new read", "GET", "/admin/loggers/com.nobody.x"),
        step("logger prefix", "PUT", "/admin/loggers/com.nob", {"level": "TRACE"}),
        step("logger cluster", "PUT", "/admin/loggers/com.nob?scope=cluster", {"level": "WARN"}),
        step("logger odd scope", "PUT", "/admin/loggers/com.nob?scope=galaxy", {"level": "ERROR"}),
        step("logger extra field", "PUT", "/admin/loggers/com.nob", {"level": "INFO", "foo": "x"}),
        step("logger nested", "PUT", "/admin/loggers/com.nob", {"level": {"a": 1}}),
        step("logger fatal", "PUT", "/admin/loggers/com.nob", {"level": "fatal"}),
        step("logger off", "PUT", "/admin/loggers/com.nob", {"level": "OFF"}),
        step("logger all", "PUT", "/admin/loggers/com.nob", {"level": "ALL"}),
        step("logger all read", "GET", "/admin/loggers/com.nob"), step("logger again", "PUT", "/admin/loggers/com.nob", {"level": "ALL"}),
        step("logger as it is", "PUT", "/admin/loggers/org.new", {"level": "INFO"}),
    ]


def source_life() -> list[Step]:
    name, base = "src-~", "/connectors/src-~"
    offset = {"partition": {"filename": "in.txt"}, "offset": {"position": 4}}

    def offsets(label: str, *pairs: Any) -> Step:
        return step(f"source offsets: {label}", "PATCH", base + "/offsets", {"offsets": list(pairs)})

    return [
        step("none", "GET", "/connectors"), step("none expanded", "GET", "/connectors?expand=info&expand=status"),
        create("source", name, SRC), create("source again", name, SRC), step("await offsets", "AWAIT", base + "/offsets", {"position": 14}),
        step("names", "GET", "/connectors"), step("names info", "GET", "/connectors?expand=info"),
        step("names status", "GET", "/connectors?expand=status"), step("names both", "GET", "/connectors?expand=status&expand=info"),
        step("names odd", "GET", "/connectors?expand=foo"), step("names empty expand", "GET", "/connectors?expand="),
        step("get", "GET", base), step("config", "GET", base + "/config"), step("tasks", "GET", base + "/tasks"),
        step("status", "GET", base + "/status"), step("task status", "GET", base + "/tasks/0/status"),
        step("task status unknown", "GET", base + "/tasks/7/status"), step("topics", "GET", base + "/topics"),
        step("offsets", "GET", base + "/offsets"), offsets("running", offset),
        step("offsets reset running", "DELETE", base + "/offsets"),
        step("task restart", "POST", base + "/tasks/0/restart"), step("await task", "AWAIT-STATE", base + "/status", "RUNNING"),
        step("restart", "POST", base + "/restart"), step("restart all", "POST", base + "/restart?includeTasks=true"),
        step("await all", "AWAIT-STATE", base + "/status", "RUNNING"),
        step("restart failed", "POST", base + "/restart?onlyFailed=true"),
        step("restart failed all", "POST", base + "/restart?onlyFailed=TRUE&includeTasks=true"),
        step("await running", "AWAIT-STATE", base + "/status", "RUNNING"),
        step("pause", "PUT", base + "/pause"), step("await paused", "AWAIT-STATE", base + "/status", "PAUSED"),
        step("paused", "GET", base + "/status"), offsets("paused", offset),
        step("resume", "PUT", base + "/resume"), step("await resumed", "AWAIT-STATE", base + "/status", "RUNNING"),
        step("replace", "PUT", base + "/config", {**SRC, "batch.size": 7}), step("replaced", "GET", base + "/config"),
        step("replace named", "PUT", base + "/config", {**SRC, "name": name}),
        step("replace mismatch", "PUT", base + "/config", {**SRC, "name": "other"}),
        step("patch", "PATCH", base + "/config", {"batch.size": 9, "foo": "bar"}),
        step("replace invalid", "PUT", base + "/config", without(SRC, "topic")), step("still there", "GET", base + "/config"),
        step("patched away", "PATCH", base + "/config", {"foo": None}), step("patch bad", "PATCH", base + "/config", {"topic": None}),
        step("patch word", "PATCH", base + "/config", {"tasks.max": "abc"}),
        step("patch nothing", "PATCH", base + "/config", {}),
        step("topics reset", "PUT", base + "/topics/reset"),
        step("stop", "PUT", base + "/stop"), step("await stopped", "AWAIT-STATE", base + "/status", "STOPPED"),
        step("stopped", "GET", base + "/status"), step("stopped get", "GET", base), step("stopped tasks", "GET", base + "/tasks"),
        step("stopped restart", "POST", base + "/restart?includeTasks=true"),
        offsets("valid", offset), step("offsets altered", "GET", base + "/offsets"),
        offsets("null offset", {**offset, "offset": None}), step("offsets dropped", "GET", base + "/offsets"),
        offsets("no partition", {"offset": {"position": 1}}), offsets("null partition", {"partition": None, "offset": {"position": 1}}),
        offsets("other partition", {"partition": {"foo": "x"}, "offset": {"position": 1}}),
        offsets("number partition", {"partition": {"filename": 1}, "offset": {"position": 1}}),
        offsets("empty partition", {"partition": {}, "offset": {"position": 1}}),
        offsets("other offset", {"partition": {"filename": "x"}, "offset": {"foo": 1}}),
        offsets("word", {"partition": {"filename": "x"}, "offset": {"position": "abc"}}),
        offsets("text number", {"partition": {"filename": "x"}, "offset": {"position": "12"}}),
        offsets("negative", {"partition": {"filename": "x"}, "offset": {"position": -1}}),
        offsets("decimal", {"partition": {"filename": "x"}, "offset": {"position": 1.5}}),
        offsets("boolean", {"partition": {"filename": "x"}, "offset": {"position": True}}),
        offsets("nested", {"partition": {"filename": "x"}, "offset": {"position": {"a": 1}}}),
        offsets("missing offset", {"partition": {"filename": "x"}}), offsets("null element", None),
        offsets("null position", {"partition": {"filename": "x"}, "offset": {"position": None}}),
        offsets("empty offset", {"partition": {"filename": "x"}, "offset": {}}),
        step("offsets reset", "DELETE", base + "/offsets"), step("offsets gone", "GET", base + "/offsets"),
        step("offsets reset again", "DELETE", base + "/offsets"),
        create("paused from the start", "idle-~", {**SRC, "topic": "rest-idle-~"}, initial_state="paused"),
        step("await idle", "AWAIT-STATE", "/connectors/idle-~/status", "PAUSED"),
        step("paused from the start status", "GET", "/connectors/idle-~/status"),
        create("stopped from the start", "still-~", SRC, initial_state="STOPPED"),
        step("await still", "AWAIT-STATE", "/connectors/still-~/status", "STOPPED"),
        step("stopped from the start status", "GET", "/connectors/still-~/status"),
        step("put new", "PUT", "/connectors/put-~/config", {**SRC, "tasks.max": 3, "topic": "rest-put-~"}),
        create("odd name", "a b/ü+%~", without(SRC, "tasks.max"), initial_state="STOPPED"),
        step("odd name put", "PUT", "/connectors/x%20y%2Bz+%C3%BC-~/config", SRC),
        step("odd name get", "GET", "/connectors/x%20y%2Bz+%C3%BC-~"), step("odd name delete", "DELETE", "/connectors/x%20y%2Bz+%C3%BC-~"),
        create("name with blanks", "  trim-~ ", SRC, initial_state="STOPPED"),
        create("no topic creation", "made-~", {**SRC, "topic.creation.default.partitions": "1"}),
        create("bad topic creation", "made2-~", {**SRC, "topic.creation.default.partitions": "x",
                                                 "topic.creation.default.replication.factor": "1"}),
        create("undefined predicate", "pred-~", {**SRC, "transforms": "t", "transforms.t.type": CAST, "transforms.t.spec": "int32",
                                                 "transforms.t.predicate": "nope"}),
        step("bad topic creation status", "GET", "/connectors/made2-~/status"),
        step("patch name", "PATCH", "/connectors/put-~/config", {"name": "other"}), step("patch name get", "GET", "/connectors/put-~"),
        step("delete a", "DELETE", "/connectors/a"),
        *(step(f"delete {gone}", "DELETE", f"/connectors/{gone}-~") for gone in ("idle", "still", "put", "made", "made2", "pred", "trim")),
        step("delete", "DELETE", base), step("deleted", "GET", base), step("delete again", "DELETE", base),
    ]


def sink_life() -> list[Step]:
    base = "/connectors/snk-~"
    partition = {"kafka_topic": "rest-feed-~", "kafka_partition": 0}

    def offsets(label: str, *pairs: Any) -> Step:
        return step(f"sink offsets: {label}", "PATCH", base + "/offsets", {"offsets": list(pairs)})

    return [
        create("feed", "feed-~", {**SRC, "topic": "rest-feed-~"}),
        create("sink", "snk-~", SNK), step("sink await offsets", "AWAIT", base + "/offsets", {"kafka_offset": 3}), step("sink get", "GET", base),
        step("sink tasks", "GET", base + "/tasks"), step("sink status", "GET", base + "/status"),
        step("sink topics", "GET", base + "/topics"), step("sink offsets", "GET", base + "/offsets"),
        offsets("running", {"partition": partition, "offset": None}),
        step("sink stop", "PUT", base + "/stop"), step("sink await stopped", "AWAIT-STATE", base + "/status", "STOPPED"),
        offsets("valid", {"partition": partition, "offset": {"kafka_offset": 1}}), step("sink altered", "GET", base + "/offsets"),
        offsets("texts", {"partition": {**partition, "kafka_partition": "0"}, "offset": {"kafka_offset": "2"}}),
        step("sink altered again", "GET", base + "/offsets"),
        offsets("no partition", {"offset": {"kafka_offset": 1}}),
        offsets("null partition", {"partition": None, "offset": {"kafka_offset": 1}}),
        offsets("no topic", {"partition": {"kafka_partition": 0}, "offset": {"kafka_offset": 1}}),
        offsets("null topic", {"partition": {**partition, "kafka_topic": None}, "offset": {"kafka_offset": 1}}),
        offsets("null number", {"partition": {**partition, "kafka_partition": None}, "offset": {"kafka_offset": 1}}),
        offsets("number topic", {"partition": {**partition, "kafka_topic": 5}, "offset": {"kafka_offset": 1}}),
        offsets("partition word", {"partition": {**partition, "kafka_partition": "x"}, "offset": {"kafka_offset": 1}}),
        offsets("partition decimal", {"partition": {**partition, "kafka_partition": 0.5}, "offset": {"kafka_offset": 1}}),
        offsets("extra key", {"partition": {**partition, "foo": 1}, "offset": {"kafka_offset": 1}}),
        offsets("offset word", {"partition": partition, "offset": {"kafka_offset": "x"}}),
        offsets("offset decimal", {"partition": partition, "offset": {"kafka_offset": 1.5}}),
        offsets("offset missing", {"partition": partition, "offset": {"foo": 1}}),
        offsets("offset null", {"partition": partition, "offset": {"kafka_offset": None}}),
        offsets("offset negative", {"partition": partition, "offset": {"kafka_offset": -5}}),
        offsets("null element", None), offsets("unknown topic", {"partition": {**partition, "kafka_topic": "nowhere-~"},
                                                               "offset": {"kafka_offset": 1}}),
        offsets("drop", {"partition": partition, "offset": None}), step("sink dropped", "GET", base + "/offsets"),
        step("sink reset", "DELETE", base + "/offsets"), step("sink reset again", "DELETE", base + "/offsets"),
        step("sink gone", "GET", base + "/offsets"),
        create("task fails", "bad-~", {**SNK, "file": "/nowhere/out.txt", "transforms": "t", "transforms.t.type": CAST,
                                       "transforms.t.spec": "int32", "transforms.t.predicate": "nope"}),
        step("delete sink", "DELETE", base),
    ]


def all_steps() -> list[Step]:
    return [step("root", "GET", "/"), step("health", "GET", "/health"), *http_manners(), *unknown_connector(), *bad_bodies(),
            *refused(), *plugins(), *validations(), *loggers(), *source_life(), *sink_life()]


def settled_answer(worker: Worker, method: str, path: str, body: Any, headers: dict[str, str]) -> Response:
    """Java's worker refuses requests while it expects a rebalance, having done nothing of them: they are asked again."""
    answers: list[Response] = []

    def settled() -> bool:
        answers.append(worker.rest.request(method, path, body, headers))
        return "a rebalance is expected" not in answers[-1].text and "due to stale configuration" not in answers[-1].text

    eventually(settled, 60, f"{worker.kind}: an answer to {method} {path}")
    return answers[-1]


def replay(worker: Worker, letter: str, steps: list[Step]) -> dict[str, Any]:
    """label → status, Location and body, with what belongs to one side taken out."""
    def own(text: Any) -> Any:
        return json.loads(json.dumps(text).replace("~", letter)) if text is not None else None

    answers = {}
    for label, method, path, body, headers in steps:
        path = path.replace("~", letter)
        if method == "AWAIT":
            eventually(lambda: [entry["offset"] for entry in worker.rest.get(path)["offsets"]] == [body], 60,
                       f"{worker.kind}: {path} is at {body}")
            continue
        if method == "AWAIT-STATE":
            name = path.split("/")[2]
            eventually(lambda: set(_states(worker, name)) == {body}, 60, f"{worker.kind}: {name} is {body}")
            continue
        if method.startswith("AWAIT-"):
            name = path.split("/")[2]
            eventually(lambda: _AWAITED[method](worker, name) == body, 60, f"{worker.kind}: {label}")
            continue
        answer = settled_answer(worker, method, path, own(body), headers)
        text = re.sub(rf"-{letter}\b|%{letter}\b", lambda m: m[0][:-1] + "~", answer.text).replace(str(worker.port), "PORT")
        try:
            content = json.loads(text) if text else None
        except ValueError:
            content = text
        location = answer.headers.get("location", "").replace(str(worker.port), "PORT")
        answers[label] = {"status": answer.status, "body": content,
                          "location": re.sub(rf"(-|%25){letter}$", r"\1~", location)}
    return answers


def _states(worker: Worker, name: str) -> list[str]:
    connector, tasks = worker.rest.states(name)
    return [connector, *tasks]


# What a step of that name waits for, by its body.
_AWAITED: dict[str, Callable[[Worker, str], Any]] = {
    "AWAIT-TASKS": lambda worker, name: len(worker.rest.states(name)[1]),
    "AWAIT-CONNECTOR-STATE": lambda worker, name: worker.rest.states(name)[0],
    "AWAIT-TASK-STATE": lambda worker, name: worker.rest.states(name)[1][0],
    "AWAIT-RESET": lambda worker, name: worker.rest.request("DELETE", f"/connectors/{name}/offsets").status,
    "AWAIT-NO-STATUS": lambda worker, name: worker.rest.request("GET", f"/connectors/{name}/status").status,
}


def plain(body: Any) -> Any:
    """A body without what may differ: documentation, stack frames, places in the text of a request."""
    if isinstance(body, list):
        return [plain(item) for item in body]
    if not isinstance(body, dict):
        return body
    result = {key: plain(value) for key, value in body.items() if key != "documentation"}
    if isinstance(result.get("message"), str):
        result["message"] = result["message"].split("\n at [")[0]
    if isinstance(result.get("trace"), str):
        result["trace"] = result["trace"].split("\n")[0]
    return result


def is_plugin_list(body: Any) -> bool:
    return isinstance(body, list) and bool(body) and isinstance(body[0], dict) and "class" in body[0]


def fit(java: Any, ours: Any) -> Any:
    """Of a list of plugins, and of the recommended classes, only what Java's has: ours knows more."""
    if is_plugin_list(java) and is_plugin_list(ours):
        return [plugin for plugin in ours if plugin in java]
    if isinstance(java, dict) and isinstance(ours, dict) and "configs" in java and "configs" in ours:
        theirs = {entry["value"]["name"]: entry["value"]["recommended_values"] for entry in java["configs"]}
        for entry in ours["configs"]:
            value = entry["value"]
            value["recommended_values"] = [one for one in value["recommended_values"] if one in theirs.get(value["name"], [])]
    return ours


def without_repeats(body: Any) -> Any:
    """Java lists a plugin for each place it is found in."""
    if is_plugin_list(body):
        return [plugin for index, plugin in enumerate(body) if plugin not in body[:index]]
    if isinstance(body, dict) and "configs" in body:
        for entry in body["configs"]:
            entry["value"]["recommended_values"] = list(dict.fromkeys(entry["value"]["recommended_values"]))
    return body


def difference(label: str, java: dict[str, Any], ours: dict[str, Any]) -> str | None:
    for pattern, (theirs, own, _) in KNOWN_STATUS.items():
        if re.fullmatch(pattern, label):
            statuses = (java["status"], ours["status"])
            return None if statuses == (theirs, own) else f"{label}: statuses {statuses}, known as {(theirs, own)}"
    if java["status"] != ours["status"]:
        return f"{label}: status {java['status']} {java['body']}, ours {ours['status']} {ours['body']}"
    if any(re.fullmatch(pattern, label) for pattern in KNOWN):
        return None
    if java["location"] != ours["location"]:
        return f"{label}: Location {java['location']}, ours {ours['location']}"
    expected = without_repeats(plain(java["body"]))
    found = fit(expected, without_repeats(plain(ours["body"])))
    if expected == found:
        return None
    if isinstance(expected, dict) and isinstance(found, dict) and "configs" in expected and "configs" in found:
        pairs = zip(expected["configs"], found["configs"])
        first = next(((a, b) for a, b in pairs if a != b), (expected, found))
        expected, found = first
    return f"{label}: {json.dumps(expected)[:900]}, ours {json.dumps(found)[:900]}"


def test_same_answers(make_worker: Callable[..., Worker], make_java_worker: Callable[..., Worker]) -> None:
    steps = all_steps()
    assert len({label for label, *_ in steps}) == len(steps), "two requests have one label"
    answers = {}
    for make, letter in ((make_java_worker, "j"), (make_worker, "m")):
        worker = make()
        (worker.folder / "in.txt").write_text("one\ntwo\nthree\n")
        worker.start()
        answers[letter] = replay(worker, letter, steps)
        worker.close()
    found = [difference(label, answer, answers["m"][label]) for label, answer in answers["j"].items()]
    differences = [text for text in found if text]
    assert not differences, f"{len(differences)} of {len(steps)} requests:\n" + "\n".join(differences)
