"""The cases that Kafka Connect's transforms and ours must answer alike: every class, option and error, with schemas and without.

`cases()` makes them; corpus.jsonl is what it made, one case a line, so that the C++ test needs no Python.
"""

import itertools
import json
import pathlib
import subprocess
from typing import Any, Iterator

from support.java import QUICK_START, classpath, java
from support.services.kafka_jars import kafka_jars

FOLDER = pathlib.Path(__file__).resolve().parent
CORPUS = FOLDER / "corpus.jsonl"
GOLDEN = FOLDER / "java_answers.jsonl"

T = "org.apache.kafka.connect.transforms."
P = T + "predicates."
D = "org.apache.kafka.connect.data."

Json = Any


def field(name: str, kind: str, optional: bool = False, **extra: Json) -> Json:
    return {"type": kind, "optional": optional, **extra, "field": name}


def logical(name: str, **extra: Json) -> Json:
    base = {"Date": "int32", "Time": "int32", "Timestamp": "int64", "Decimal": "bytes"}[name]
    out = {"type": base, "optional": False, "name": D + name, "version": 1}
    if name == "Decimal":
        out["parameters"] = {"scale": "2"}
    return {**out, **extra}


def struct(*fields: Json, **extra: Json) -> Json:
    return {"type": "struct", "fields": list(fields), "optional": False, **extra}


def env(schema: Json, payload: Json) -> Json:
    return {"schema": schema, "payload": payload}


# One struct with everything in it. The map has one entry, for Java's maps lose their order.
RICH = struct(
    field("i8", "int8"), field("i16", "int16"), field("i", "int32"), field("l", "int64", True), field("f", "float"),
    field("d", "double", False, default=1.5), field("b", "boolean", True), field("s", "string", True),
    field("by", "bytes", True), {**logical("Decimal"), "field": "dec"}, {**logical("Date"), "field": "date"},
    {**logical("Time"), "field": "time"}, {**logical("Timestamp", optional=True), "field": "ts"},
    field("a", "array", True, items={"type": "int32", "optional": False}),
    field("m", "map", True, keys={"type": "string", "optional": False}, values={"type": "int64", "optional": True}),
    {**struct(field("x", "int32"), field("y", "string", True), optional=True), "field": "n"},
    name="com.example.Rich", version=3, doc="A doc", parameters={"p": "v"}, optional=True)
RICH_PAYLOAD = {"i8": 1, "i16": 300, "i": 70000, "l": 5000000000, "f": 1.5, "d": 2.9, "b": True, "s": " 12 ", "by": "AQI=",
                "dec": "A+g=", "date": 10, "time": 3723004, "ts": 1729846800123, "a": [1, 2], "m": {"k": 7},
                "n": {"x": 1, "y": "q"}}
RICH_VALUES = [env(RICH, RICH_PAYLOAD),
               env(RICH, {**RICH_PAYLOAD, "l": None, "d": None, "b": None, "s": None, "by": None, "ts": None, "a": None,
                          "m": None, "n": None}),
               env(RICH, None)]

PLAIN = {"i": 300, "l": 5000000000, "f": 2.9, "b": True, "s": "text", "n": None, "num": "12", "list": [1, "a", None],
         "m": {"x": 1, "y": {"z": "deep", "": 2}, "e": {}}}


def line(value: Json, **more: Json) -> Json:
    return {"topic": "topic-1", "partition": 0, "timestamp": 1729846800123, "key": None, "value": value, **more}


def one(cls: str, options: dict[str, str], **more: str) -> dict[str, str]:
    return {"transforms": "t", "transforms.t.type": T + cls, **{f"transforms.t.{k}": v for k, v in options.items()}, **more}


def case(name: str, config: dict[str, str], records: list[Json], **more: Json) -> Json:
    return {"name": name, "config": config, **more, "in": records}


def both_parts(cls: str, options: dict[str, str], value: Json, **more: Json) -> Iterator[Json]:
    label = f"{cls} {options}"
    records = [line(v, key=env({"type": "string", "optional": True}, "k")) for v in value]
    yield case(label, one(cls + "$Value", options), records, **more)
    swapped = [line(None, key=v) for v in value]
    yield case(label + " key", one(cls + "$Key", options), swapped, **more)


def schemaless(cls: str, options: dict[str, str], values: list[Json], **more: Json) -> Iterator[Json]:
    yield case(f"{cls} {options} schemaless", one(cls, options), [line(v) for v in values], schemaless=True, **more)


def value_cases(cls: str, options: dict[str, str], values: list[Json], **more: Json) -> Iterator[Json]:
    yield case(f"{cls} {options}", one(cls, options), [line(v) for v in values], **more)


SCALARS = [("int8", [-128, 0, 127]), ("int16", [300, -32768]), ("int32", [70000, -1]), ("int64", [9223372036854775807, -4294967296]),
           ("float", [1.5, -0.9, 1e20, 3.4e38]), ("double", [2.9, -2.9, 1e300, 0.1, 1e7, 1e-5, 100.0]), ("boolean", [True, False]),
           ("string", ["12", "-7", "+5", " 12 ", "abc", "1.5", "true", "TRUE", "NaN", "1e3", "-Infinity", "0x1p3", "1.5f", "", "-", "٣", "-٣٤", "+", "+-1", "-0", "007", "９"]),
           ("bytes", ["AQI=", ""])]
TYPES = ["int8", "int16", "int32", "int64", "float32", "float64", "boolean", "string"]


def cast() -> Iterator[Json]:
    for (kind, values), target in itertools.product(SCALARS, TYPES):
        schema = {"type": kind, "optional": True}
        yield from value_cases("Cast$Value", {"spec": target}, [env(schema, v) for v in [*values, None]])
        yield from value_cases("Cast$Value", {"spec": f"v:{target}"},
                               [env(struct(field("v", kind), field("w", "int32", True)), {"v": v, "w": 1}) for v in values])
    for kind, target in itertools.product(["Date", "Time", "Timestamp", "Decimal"], TYPES):
        # Java 17 prints some floats with more digits than they need.
        payloads = {"Date": [0, 10, -1], "Time": [0, 86399999], "Timestamp": [0, 86400000, 86400001, -1, 1729846800123, -62135596800000],
                    "Decimal": ["A+g=", "/h3A", "AA==", "AQAAAAAAAAAAAA=="]}[kind][:4 if target == "float32" else None]
        yield from value_cases("Cast$Value", {"spec": target}, [env(logical(kind), p) for p in payloads])
        yield from value_cases("Cast$Value", {"spec": f"v:{target}"},
                               [env(struct({**logical(kind), "field": "v"}), {"v": p}) for p in payloads])
    yield from both_parts("Cast", {"spec": "i:int8,f:int32,date:int64,by:string,nope:string"}, RICH_VALUES)
    yield from both_parts("Cast", {"spec": "d:string, l : float32 ,b:int8,s:float64"}, RICH_VALUES)
    yield from both_parts("Cast", {"spec": "a:string"}, RICH_VALUES)
    yield from both_parts("Cast", {"spec": "m:string"}, RICH_VALUES)
    yield from both_parts("Cast", {"spec": "n:string"}, RICH_VALUES)
    yield from both_parts("Cast", {"spec": "int32"}, RICH_VALUES)
    yield from value_cases("Cast$Value", {"spec": "i:string,i:int64"}, RICH_VALUES)
    yield from value_cases("Cast$Value", {"spec": "i:STRING"}, [env({"type": "int32", "optional": False}, 1)])
    yield from value_cases("Cast$Value", {"spec": "int64"}, [
        env({"type": "int32", "optional": True, "default": 7, "name": "N", "version": 2, "doc": "d", "parameters": {"a": "b"}}, v) for v in (1, None)])
    yield from value_cases("Cast$Value", {"spec": "v:int8"}, [env(struct(field("v", "string", True, default="x")), {"v": "1"})])
    yield from value_cases("Cast$Value", {"spec": "v:int8"}, [env(struct(field("v", "string", True, default="300", )), {"v": "1"})])
    for target in TYPES:
        yield from schemaless("Cast$Value", {"spec": target}, [1, 300, 2.9, -0.9, 1e20, True, "12", "x", None, [1], {"a": 1}])
        yield from schemaless("Cast$Value", {"spec": f"v:{target}"},
                              [{"v": v, "o": 1} for v in (1, -129, 70000, 5000000000, 2.9, 1e20, True, False, "12", "abc", None)] + [{"o": 1}])
    yield from schemaless("Cast$Value", {"spec": "x:string,y:int8"}, [{"x": "1"}, None, "text", [1]])
    yield from schemaless("Cast$Value", {"spec": "x:string"}, [{"x": [1]}, {"x": {"a": 1}}])
    for keep in ("true", "false"):
        yield from value_cases("Cast$Value", {"spec": "i:string", "replace.null.with.default": keep},
                               [env(struct(field("i", "int32", True, default=5), field("j", "int32", True, default=6)), {})],
                               )
        yield case(f"Cast null default {keep}", one("Cast$Value", {"spec": "i:string", "replace.null.with.default": keep},
                   **{"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.replace.null.with.default": "false"}),
                   [line(env(struct(field("i", "int32", True, default=5), field("j", "int32", True, default=6)), {"i": None, "j": None}))])
    for spec in ("", "foo", "i:foo", "i:bytes", "array", "a:b:c", "int32,int64", "i:int32,string", "i:", ":int8", " i : int8 "):
        yield from value_cases("Cast$Value", {"spec": spec}, [env(struct(field("i", "int32")), {"i": 1})])
    yield case("Cast without spec", one("Cast$Value", {}), [])


def structure() -> Iterator[Json]:
    """ExtractField, Flatten, HoistField, ReplaceField, SetSchemaMetadata, ValueToKey."""
    for name in ("i", "s", "d", "n", "a", "m", "ts", "nope", ""):
        yield from both_parts("ExtractField", {"field": name}, RICH_VALUES)
    for path in ("n.x", "n.y", "n.z", "n", "i.x", "m.k", "`n`.x", "n.`y`", "nope.x", "n.", "", "`n", "`i`"):
        yield from both_parts("ExtractField", {"field": path, "field.syntax.version": "V2"}, RICH_VALUES)
        yield from schemaless("ExtractField$Value", {"field": path, "field.syntax.version": "v2"},
                              [{"n": {"x": 1, "y": "q", "": 5}, "i": 1, "m": {"k": 7}}, {"n": None}, {}, None, "text"])
    dotted = {"a.b": {"c": 1, "d`e": 2}, "a": {"b": 3}, "x`y": 4, "x`.y": 6, "": {"a": 5}}
    for path in ("a.b", "`a.b`.c", "`a.b`.`d`e`", "x`y", "`x`y`", "`x\\`.y`", ".a", "a..b", "`a.b`", "`a.b", "``", "`a`b`.c"):
        yield from schemaless("ExtractField$Value", {"field": path, "field.syntax.version": "V2"}, [dotted])
        yield from schemaless("ExtractField$Value", {"field": path}, [dotted])
    yield from schemaless("ExtractField$Value", {"field": "s"}, [PLAIN, {}, None, "text", [1], 5])
    yield from value_cases("ExtractField$Value", {"field": "s"}, [env({"type": "string", "optional": False}, "x"), env({"type": "int32", "optional": True}, None)])
    yield from value_cases("ExtractField$Value", {"field": "s", "field.syntax.version": "V3"}, [])
    for keep in ("true", "false"):
        defaults = struct(field("v", "int32", True, default=5))
        yield case(f"ExtractField default {keep}", one("ExtractField$Value", {"field": "v", "replace.null.with.default": keep},
                   **{"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.replace.null.with.default": "false"}),
                   [line(env(defaults, {"v": None})), line(env(defaults, {"v": 1}))])

    nested = struct(field("y", "string", True, default="dy", doc="leaf"),
                    {**struct(field("x", "int32"), field("arr", "array", items={"type": "int64", "optional": True}), optional=True, name="In"), "field": "in"},
                    {**struct({**struct(field("deep", "double", False, default=2.5)), "field": "b"}), "field": "a"},
                    {**struct(), "field": "empty"}, {**logical("Date", optional=True), "field": "day"}, name="Root", version=1, doc="doc")
    full = {"y": "q", "in": {"x": 1, "arr": [1, None]}, "a": {"b": {"deep": 1.5}}, "empty": {}, "day": 3}
    for delimiter in (None, ".", "_", "", " - ", "::"):
        options = {} if delimiter is None else {"delimiter": delimiter}
        yield from both_parts("Flatten", options, [env(nested, full), env(nested, {**full, "in": None, "y": None, "day": None}),
                                                   env({**nested, "optional": True}, full), env({**nested, "optional": True}, None)])
        yield from schemaless("Flatten$Value", options, [PLAIN, {}, None, {"": {"a": 1}}, {"b": {"": 2}}, {"a": {"b": {"c": [1, {"d": 2}]}}}, "text", 5])
    yield from both_parts("Flatten", {}, RICH_VALUES)
    yield from value_cases("Flatten$Value", {}, [env({"type": "int32", "optional": False}, 1), env({"type": "string", "optional": True}, None)])
    yield from value_cases("Flatten$Value", {"delimiter": "_"}, [env(struct(field("a_b", "int32"), {**struct(field("b", "int32")), "field": "a"}), {"a_b": 1, "a": {"b": 2}})])

    for name in ("x", "", "i.j"):
        yield from both_parts("HoistField", {"field": name}, [RICH_VALUES[0], RICH_VALUES[2], env({"type": "int32", "optional": False}, 5), env({"type": "string", "optional": True}, None), env(logical("Date"), 3)])
        yield from schemaless("HoistField$Value", {"field": name}, [None, 1, "a", [1], {"a": 1}])
    yield case("HoistField without field", one("HoistField$Value", {}), [])

    for options in ({"exclude": "b,s"}, {"include": "i,d"}, {"include": "i,d", "exclude": "i"}, {"renames": "i:s,s:i"}, {"renames": "i:s"},
                    {"renames": "i:x,s:y", "exclude": "b"}, {"renames": "nope:x"}, {"renames": "nope:i"}, {"renames": "i:x,i:y"}, {"renames": "i:x,s:x"},
                    {"include": "nope"}, {"exclude": ""}, {}, {"renames": "x"}, {"renames": "a:b:c"}, {"renames": "a:"}, {"renames": ":b"},
                    {"include": "i , s", "renames": "i:I , s:S"}, {"renames": "i:"}, {"exclude": "i,l", "renames": "i:q"}, {"renames": "i:"+"z", "include": "i"}):
        yield from both_parts("ReplaceField", options, RICH_VALUES)
        if options.get("renames") not in ("i:s", "i:x,s:x"):  # two fields of one name: which one stays is up to Java's hash order
            yield from schemaless("ReplaceField$Value", options, [{"i": 1, "s": "x", "b": True}, {}, None, {"q": None}, [1]])
    yield from value_cases("ReplaceField$Value", {"exclude": "x"}, [env({"type": "int32", "optional": False}, 1)])

    for options in ({"schema.name": "N"}, {"schema.version": "9"}, {"schema.name": "N", "schema.version": "-1"}, {"schema.name": ""}, {}, {"schema.version": "x"}):
        yield from both_parts("SetSchemaMetadata", options, [*RICH_VALUES, env(struct(field("a", "int32")), {"a": 1})])
    for schema, payload in (({"type": "int32", "optional": False}, 1), ({"type": "array", "items": {"type": "int32", "optional": False}, "optional": False}, [1]),
                            ({"type": "map", "keys": {"type": "string", "optional": False}, "values": {"type": "int32", "optional": False}, "optional": False}, {"a": 1})):
        yield from value_cases("SetSchemaMetadata$Value", {"schema.name": "N"}, [env(schema, payload)])
    yield from schemaless("SetSchemaMetadata$Value", {"schema.name": "N"}, [None, 1, {"a": 1}])

    for fields in ("i", "s,i", "i,i", "nope", "d,n,a", "", "ts"):
        yield from value_cases("ValueToKey", {"fields": fields}, RICH_VALUES + [None, env({"type": "int32", "optional": False}, 1)])
        yield from schemaless("ValueToKey", {"fields": fields}, [PLAIN, {}, None, "text"])
    yield case("ValueToKey without fields", one("ValueToKey", {}), [])


def content() -> Iterator[Json]:
    """InsertField, MaskField, headers."""
    for options in ({"topic.field": "t!", "timestamp.field": "ts1", "static.field": "st", "static.value": "z", "partition.field": "p?"},
                    {"topic.field": "t"}, {"partition.field": "p!"}, {"timestamp.field": "w?"}, {"timestamp.field": "w!"}, {"static.field": "st!", "static.value": ""},
                    {"offset.field": "o"}, {"offset.field": "o!"}, {"topic.field": "i"}, {"topic.field": "tp!?"}, {"topic.field": "tp?!"}, {"topic.field": "!"}, {"topic.field": "?"},
                    {"static.value": "x"}, {}, {"static.field": "s9"}):
        for sink in (False, True):
            records = [line(v) for v in RICH_VALUES] + [line(RICH_VALUES[0], timestamp=None), line(env({"type": "int32", "optional": False}, 1))]
            if not sink:  # a sink record always has a partition
                records.append(line(RICH_VALUES[0], partition=None))
            yield case(f"InsertField {options} sink {sink}", one("InsertField$Value", options), records, sink=sink)
            yield case(f"InsertField key {options} sink {sink}", one("InsertField$Key", options), [line(None, key=RICH_VALUES[0])], sink=sink)
            yield case(f"InsertField {options} sink {sink} schemaless", one("InsertField$Value", options),
                       [line({"a": 1}), line({"t": 1, "st": 2}), line(None), line("x"), line({"a": 1}, partition=0 if sink else None, timestamp=None)], sink=sink, schemaless=True)

    for options in ({"fields": "i,s,d"}, {"fields": "i,s,f,d,l", "replacement": "7"}, {"fields": "i8", "replacement": "-129"}, {"fields": "i", "replacement": "3.9"},
                    {"fields": "l", "replacement": "99999999999999999999"}, {"fields": "i", "replacement": "abc"}, {"fields": "s", "replacement": "abc"}, {"fields": "dec"},
                    {"fields": "dec", "replacement": "1.25"}, {"fields": "dec", "replacement": "x"}, {"fields": "date,time,ts"}, {"fields": "ts", "replacement": "1"}, {"fields": "by"}, {"fields": "n"}, {"fields": "a,m"}, {"fields": "a", "replacement": "1"},
                    {"fields": "b"}, {"fields": "b", "replacement": "true"}, {"fields": "nope"}, {"fields": "f", "replacement": "1e3"}, {"fields": "d", "replacement": " 5"}, {"fields": ""}, {"fields": "i", "replacement": ""}, {}):
        yield from both_parts("MaskField", options, RICH_VALUES + [env({"type": "int32", "optional": False}, 1)])
        yield from schemaless("MaskField$Value", options, [{"i": 1, "s": "x", "d": 1.5, "l": 5, "f": 2.5, "b": True, "a": [1], "m": {"x": 1}, "n": {"y": 1}}, {}, {"i": None}, None, [1]])

    headers = [{"key": "a", "schema": {"type": "string", "optional": False}, "payload": "1"}, {"key": "b", "payload": 2}, {"key": "a", "schema": None, "payload": None}]
    for names in ("a", "b", "a,b", "nope", "", "A"):
        yield case(f"DropHeaders {names}", one("DropHeaders", {"headers": names}), [line(None, headers=headers), line(None)])
    for operation in ("move", "copy", "MOVE"):
        for fields, names in (("i,s", "hi,hs"), ("i,i", "h1,h2"), ("nope", "h"), ("n,a", "a,a"), ("d", "hd"), ("i", "a,b"), ("", "x"), ("i", "")):
            options = {"fields": fields, "headers": names, "operation": operation}
            records = [line(v, headers=headers) for v in RICH_VALUES] + [line(env({"type": "int32", "optional": False}, 1)), line(None)]
            yield case(f"HeaderFrom {options}", one("HeaderFrom$Value", options), records)
            yield case(f"HeaderFrom key {options}", one("HeaderFrom$Key", options), [line(None, key=RICH_VALUES[0])])
            yield case(f"HeaderFrom {options} schemaless", one("HeaderFrom$Value", options), [line({"i": 1, "s": "x", "n": {"a": 1}}), line({}), line(None), line([1])], schemaless=True)
    for text in ("1", "true", "[1,2]", "null", "", "text", "128", "1.5", "2019-08-23", "14:34:54.346Z", "2019-08-23T14:34:54.346Z", "99999999999999999999", '{"a":1}', '{"a":1,"b":"x"}', "{}", "[1,\"a\"]", "[]", "  x ", '"quoted"'):
        yield case(f"InsertHeader {text}", one("InsertHeader", {"header": "h", "value.literal": text}), [line(None, headers=headers), line({"schema": None, "payload": 1})])
    yield case("InsertHeader without value", one("InsertHeader", {"header": "h"}), [])


REGEXES = [("(.*)-(\\d)", "$2_$1"), ("topic-1", "x"), ("topic", "x"), ("(?<a>[a-z]+)-(?<n>\\d+)", "${n}.${a}"), ("(.*)", "\\$1"), (".*", ""), ("(.)(.*)", "$11"),
           ("topic-1", "$2"), ("topic-1", "${zz}"), ("topic-1", "$"), ("topic-1", "${"), ("topic-1", "$x"), ("topic-1", "\\"), ("[a-z&&[^b]]+-\\d", "ok"), ("\\Qtopic-\\E.", "quoted"),
           ("(?!internal).*", "looked"), ("topic-(?=1).", "ahead"), ("t++opic-1", "possessive"), ("(?i)TOPIC-1", "ci"), ("\\p{Lower}+-\\p{Digit}", "posix"), ("(", "x"), ("[a", "x"), ("*a", "x"), ("a{", "x"),
           ("topic-1|topic", "<$0>"), ("\\w+-\\d+", "word"), ("topic.1", "dot"), ("(topic)(-1)?", "$1$2"), ("(x)?topic-1", "[$1]"), ("[\\w-]+", "cls"), ("[a-p[q-z]]+-1", "union"), ("\\u0074opic-\\x31", "escapes")]


def routing() -> Iterator[Json]:
    for regex, replacement in REGEXES:
        yield case(f"RegexRouter {regex} {replacement}", one("RegexRouter", {"regex": regex, "replacement": replacement}),
                   [line(None), line(None, topic="other"), line(None, topic="topic-1")])
    yield case("RegexRouter without regex", one("RegexRouter", {"replacement": "x"}), [])
    moments = [0, 1729846800123, -1, -62135596800001, 253402300800000, None]
    for options in ({}, {"topic.format": "x"}, {"topic.format": "${timestamp}/${topic}/${topic}"}, {"timestamp.format": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}, {"timestamp.format": "b"},
                    {"timestamp.format": "EEEE d MMMM yy h:mm a z Z X XX k K u w W F D G Y"}, {"timestamp.format": "'unclosed"}, {"topic.format": ""}):
        yield case(f"TimestampRouter {options}", one("TimestampRouter", options), [line(None, timestamp=m) for m in moments], sink=False)

    tombstone = line(None, topic="a", headers=[{"key": "h", "payload": 1}])
    plain = line(env({"type": "int32", "optional": False}, 1), topic="b")
    for cls, options in (("RecordIsTombstone", {}), ("HasHeaderKey", {"name": "h"}), ("HasHeaderKey", {"name": ""}), ("HasHeaderKey", {}), ("TopicNameMatches", {"pattern": "a"}),
                         ("TopicNameMatches", {"pattern": "[b-z]"}), ("TopicNameMatches", {"pattern": "(?!a).*"}), ("TopicNameMatches", {"pattern": "["}), ("TopicNameMatches", {})):
        for negate in (None, "true", "false"):
            config = {"predicates": "p", "predicates.p.type": P + cls, **{f"predicates.p.{k}": v for k, v in options.items()}}
            extra = {} if negate is None else {"negate": negate}
            yield case(f"Filter by {cls} {options} {negate}", one("Filter", {"predicate": "p", **extra}, **config), [tombstone, plain])


def timestamps() -> Iterator[Json]:
    moments = [0, 1, -1, 86399999, 86400000, 1729846800123, -1500, 951782400000, -12219292800000, -12219292800001, -62135596800000, 253402300799999, 4102444800000]
    targets = ["string", "unix", "Date", "Time", "Timestamp"]
    precisions = ["nanoseconds", "microseconds", "milliseconds", "seconds"]
    for target, precision in itertools.product(targets, precisions):
        options = {"target.type": target, "unix.precision": precision, "format": "yyyy-MM-dd HH:mm:ss.SSS"}
        inputs = [env(logical("Timestamp"), m) for m in [*moments, 9223372036854775, -9223372036854775]] + [env(logical("Timestamp", optional=True), None)]
        inputs += [env(logical("Date"), d) for d in (0, 10, -1)] + [env(logical("Time"), t) for t in (0, 3723004)]
        inputs += [env({"type": "int64", "optional": True, "name": "n", "doc": "d", "default": 5}, v) for v in (0, 1729846800, 1729846800123, 1729846800123456789, -1500, None)]
        inputs += [env({"type": "string", "optional": True}, s) for s in ("2024-10-25 09:00:00.123", "1970-01-01 00:00:00.000", "x", None)]
        yield from value_cases("TimestampConverter$Value", options, inputs)
        with_field = {**options, "field": "v"}
        yield from value_cases("TimestampConverter$Value", with_field,
                               [env(struct({**logical("Timestamp", optional=True), "field": "v"}, field("o", "int32", True, default=3), name="S", optional=True), {"v": m, "o": None}) for m in (0, 1729846800123, None)]
                               + [env(struct(field("v", "int64"), field("o", "int32", True), name="S"), {"v": m, "o": 1}) for m in (0, 1729846800123)])
        yield from schemaless("TimestampConverter$Value", with_field, [{"v": 1729846800123, "o": 1}, {"v": "2024-10-25 09:00:00.123"}, {"v": None}, {}, None, {"v": 1.5}, {"v": True}, {"v": "x"}, [1]])
        yield from schemaless("TimestampConverter$Value", options, [1729846800123, "2024-10-25 09:00:00.123", None, 1.5, True, {"a": 1}])
    for name in ("ts", "date", "time", "l", "s", "i", "nope", "n"):
        yield from both_parts("TimestampConverter", {"target.type": "unix", "field": name, "format": "ss"}, RICH_VALUES)
        yield from both_parts("TimestampConverter", {"target.type": "Timestamp", "field": name}, RICH_VALUES)
    yield from value_cases("TimestampConverter$Value", {"target.type": "unix"}, [env({"type": "int32", "optional": True}, v) for v in (1, None)] + RICH_VALUES)
    for options in ({"target.type": "string"}, {"target.type": "nope"}, {"target.type": "date"}, {}, {"target.type": "string", "format": "b"}, {"target.type": "unix", "unix.precision": "Seconds"}, {"target.type": "string", "format": "'x"}):
        yield from value_cases("TimestampConverter$Value", options, [env(logical("Timestamp"), 0)])

    formats = ["yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "yyyy-MM-dd'T'HH:mm:ss.SSSZ", "yyyy-MM-dd'T'HH:mm:ssX", "yyyy-MM-dd'T'HH:mm:ssXX", "yyyy-MM-dd'T'HH:mm:ssXXX", "yyyyMMdd", "yyyyMMddHHmmss", "yyyyMMddHHmmssSSS",
               "dd/MMM/yyyy:HH:mm:ss Z", "EEE, d MMM yyyy HH:mm:ss z", "EEEE, MMMM d, yyyy h:mm:ss a", "yy-M-d H:m:s.S", "D yyyy", "yyyy-'W'ww-u", "YYYY-'W'ww-EEE", "MM/dd/yyyy hh:mm a", "yyyy.MM.dd G 'at' HH:mm:ss z",
               "H", "k:mm", "K:mm a", "h a", "yyyyy.MMMMM.dd", "SSSSSS", "s", "ss.SS", "W F E yyyy MM", "LLLL yyyy", "'it''s' yyyy", "yyyy-MM-dd HH:mm:ss zzzz", "yyyy", "y", "yyy", "MMM", "EEEEE", "aaaa", "G", "u", "w", "Y", "ww YYYY", "F", "W"]
    days = [0, 1729846800123, -1, 951782400000 + 43200000, -12219292800001, -12219292800000, -62135596800001, 1735603200000, 1704067199999, 1419984000000, 253402300799999]
    for pattern in formats:
        yield from value_cases("TimestampConverter$Value", {"target.type": "string", "format": pattern}, [env(logical("Timestamp"), m) for m in days])
    texts = {
        "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'": ["2024-10-25T09:00:00.123Z", "2024-10-25T09:00:00.1Z", "2024-13-45T25:61:61.1234Z", "2024-10-25T09:00:00.123", " 2024-10-25T09:00:00.123Z", "2024-10- 5T09:00:00.123Zrest", "-5-01-01T00:00:00.000Z", "1500-02-29T00:00:00.000Z", "1582-10-10T00:00:00.000Z", "1582-10-04T00:00:00.000Z", "1582-10-15T00:00:00.000Z"],
        "yyyy-MM-dd'T'HH:mm:ssX": ["2024-10-25T09:00:00Z", "2024-10-25T09:00:00+02", "2024-10-25T09:00:00-0530", "2024-10-25T09:00:00z", "2024-10-25T09:00:00"],
        "yyyy-MM-dd'T'HH:mm:ssXXX": ["2024-10-25T09:00:00Z", "2024-10-25T09:00:00+02:00", "2024-10-25T09:00:00-05:30", "2024-10-25T09:00:00+0200"],
        "yyyy-MM-dd'T'HH:mm:ssXX": ["2024-10-25T09:00:00+0200", "2024-10-25T09:00:00+02:00"],
        "yyyy-MM-dd HH:mm:ss Z": ["2024-10-25 09:00:00 +0200", "2024-10-25 09:00:00 GMT", "2024-10-25 09:00:00 GMT+02:00", "2024-10-25 09:00:00 GMT-1:30", "2024-10-25 09:00:00 +02:00", "2024-10-25 09:00:00 +2460"],
        "yyyyMMdd": ["20241025", "202410259", "2024102", "2024 1 5", "x", "", "20241301"],
        "yyyyMMddHHmmssSSS": ["20241025090000123", "2024102509000012"],
        "yy-MM-dd": ["٢٤-01-02", "2E1-01-02", "24E0-01-02", "-4-01-02", "24-01-02", "99-01-02", "2024-01-02", "5-01-02", "005-01-02", "-5-01-02"],
        "yyyy": ["2020xx", "20", "20200", "1E3", "2E", "99999999999", "+5", "-5", "- 5", "\t2020", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "25E-1", "٢٠٢٤", "2E99999"],
        "SSS": ["9223372036854775807", "4294967296", "-1", "1E20"],
        "yyyyMMddHH": ["٢٠٢٤١٠٢٥٠٩", "2024102٥09"],
        "EEE, d MMM yyyy HH:mm:ss z": ["Fri, 25 Oct 2024 09:00:00 UTC", "fri, 25 OCT 2024 09:00:00 GMT", "Mon, 25 October 2024 09:00:00 UTC", "Xyz, 25 Oct 2024 09:00:00 UTC", "Friday, 25 oct 2024 09:00:00 utc"],
        "EEEE, MMMM d, yyyy h:mm:ss a": ["Friday, October 25, 2024 9:00:00 PM", "Fri, Oct 25, 2024 12:00:00 am", "Friday, October 25, 2024 13:00:00 pm"],
        "D yyyy": ["299 2024", "366 2023", "0 2024", "400 2024"],
        "yyyy D": ["2024 60"],
        "YYYY-'W'ww-u": ["2024-W43-5", "2025-W01-1", "2024-W60-9", "2024-W01-0"],
        "yyyy-ww": ["2024-43", "2024-01", "2024-53"],
        "yyyy MM W E": ["2024 10 2 Fri", "2024 10 0 Sun"],
        "yyyy MM F E": ["2024 10 2 Fri", "2024 10 -1 Fri", "2024 10 0 Mon"],
        "E": ["Fri", "Sunday"],
        "yyyy E": ["2024 Fri"],
        "u yyyy": ["5 2024"],
        "K:mm a": ["0:30 PM", "11:59 AM"],
        "h a": ["12 AM", "12 PM", "1 PM", "0 PM"],
        "k:mm": ["24:00", "1:30", "25:00"],
        "a": ["PM", "AM", "noon"],
        "H a": ["5 PM"],
        "yyyy G": ["2024 AD", "44 BC", "44 bc", "0 AD"],
        "MMM": ["Jan", "jun", "September", "Sept"],
        "yyyy M": ["2024 0", "2024 13", "2024 -1"],
        "HH:mm:ss.SSS": ["09:00:00.123", "9:0:0.1", "25:61:61.1000", "-1:00:00.000"],
        "yyyy''MM": ["2024'10"],
        "ss": ["x", "", " ", "61"],
    }
    for pattern, lines in texts.items():
        for target in ("unix", "string"):
            yield from value_cases("TimestampConverter$Value", {"target.type": target, "format": pattern}, [env({"type": "string", "optional": False}, t) for t in lines])


def chains() -> Iterator[Json]:
    yield case("a long chain", {
        "transforms": "flat,cast,mask,key,route", "transforms.flat.type": T + "Flatten$Value", "transforms.flat.delimiter": "_",
        "transforms.cast.type": T + "Cast$Value", "transforms.cast.spec": "n_x:string,d:float32", "transforms.mask.type": T + "MaskField$Value", "transforms.mask.fields": "s",
        "transforms.key.type": T + "ValueToKey", "transforms.key.fields": "n_x", "transforms.route.type": T + "RegexRouter", "transforms.route.regex": "(.*)", "transforms.route.replacement": "p.$1"},
        [line(env(struct(*[f for f in RICH["fields"] if f["field"] != "m"]), {k: v for k, v in RICH_PAYLOAD.items() if k != "m"}))] * 2)
    yield case("no transforms", {"name": "n"}, [line(v) for v in RICH_VALUES] + [line(None), {}, {"topic": "t"}, {"value": env(None, {"a": 1})}])
    yield case("no transforms schemaless", {"name": "n"}, [line(PLAIN), line(None), {}], schemaless=True)
    yield case("numeric decimals", {"value.converter": "org.apache.kafka.connect.json.JsonConverter", "value.converter.decimal.format": "NUMERIC"}, [line(RICH_VALUES[0])])
    yield case("rename then insert the topic", {
        "transforms": "r,i", "transforms.r.type": T + "RegexRouter", "transforms.r.regex": "topic-(.*)", "transforms.r.replacement": "new-$1",
        "transforms.i.type": T + "InsertField$Value", "transforms.i.topic.field": "t"}, [line({"a": 1})], schemaless=True)


def cases() -> list[Json]:
    made = [*cast(), *structure(), *content(), *routing(), *timestamps(), *chains()]
    for number, entry in enumerate(made):
        entry["name"] = f"{number}: {entry['name']}"
    return made


def java_runner(classes: pathlib.Path) -> list[str]:
    """The command that answers a corpus with Kafka Connect's classes. `classes`: a folder for what is compiled for it."""
    jars = classpath(kafka_jars())
    subprocess.run(["javac", "-J-Xmx256m", "-nowarn", "-cp", jars, "-d", classes, FOLDER / "java" / "TransformRunner.java"], check=True, capture_output=True)
    return [java(), *QUICK_START, "-Xmx256m", "-Duser.timezone=UTC", "-Duser.language=en", "-Duser.country=US", "-cp", f"{classes}:{jars}",
            "TransformRunner"]


def text() -> str:
    return "".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n" for entry in cases())


if __name__ == "__main__":
    CORPUS.write_text(text())
