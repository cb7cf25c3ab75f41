#!/usr/bin/env python3
"""Random cases for the comparison with Kafka Connect's transforms: any class with any options on records of any shape, and any
regular expression.

usage: generated.py transforms|regex SEED CASES FOLDER

writes FOLDER/generated_corpus.jsonl and, from Kafka's own classes, FOLDER/generated_answers.jsonl; ours are compared with them by

    MILLRACE_TRANSFORM_CORPUS=FOLDER BUILD/bin/test_apps --gtest_filter='Corpus.GivesWhatKafkaConnectGivesAtRandom'

The same seed gives the same cases. The files beside this one hold what `checked_in` makes. What differs by intent stays out of the
cases (docs/reference/regular-expressions.md); what Java leaves to the order of its hash maps is left out by `is_settled`.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile
from typing import Any, Callable

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2])]

import corpus  # noqa: E402
from corpus import D, P, T, Json  # noqa: E402

CORPUS, ANSWERS = "generated_corpus.jsonl", "generated_answers.jsonl"

Options = dict[str, str]

INTEGERS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
FLOATS = [0.0, 1.0, -1.0, 0.5, 1.5, 2.9, -2.9, 0.1, 0.9, -0.9, 100.0, 1e7, 9999999.0, 0.001, 1e-5, 127.5, 128.0, 255.9, 32768.0, 65536.5]
DOUBLES = FLOATS + [2147483647.0, -2147483649.5, 9.223372036854775807e18, 1e20, -1e20, 1e300, 123456789.125, 4294967296.0, 1e-300]
STRINGS = ["", "a", "x y", "true", "TRUE", "True", "false", "yes", "1", "0", "-0", "+7", "-129", "127", "128", "32768", "65536", "2147483648", "9223372036854775807",
           "9223372036854775808", " 12 ", "12 ", "1.0", "1.5", "-1.5e3", "1e400", ".5", "5.", "0x10", "0x1p3", "1.5f", "2d", "1L", "NaN", "Infinity", "-Infinity", "+Infinity",
           "infinity", "1_000", "1,000", "--1", "\t3", "٣", "é", "日本", "😀", "\"q\"", "a\\b", "${topic}", "$1", "null", "2024-10-25", "2024-10-25T09:00:00.123Z", "AQI="]
BYTES = ["", "AA==", "AQI=", "AAEC/z4/", "/w=="]
MOMENTS = [0, 1, -1, 999, 1000, -1000, 86399999, 86400000, -86400000, 1729846800123, 1729814400000, 951782400000, 4102444800000, -62135596800000, -12219292800000, 253402300799999]
FIELD_NAMES = ["a", "b", "c", "id", "a.b", "a`b", "x y", "é", "A", "id2", "`q`", "b.c", "a\\b", "$"]
UNIX = [0, 1, -1, 1500, -1500, 1729846800, 1729846800123, 1729846800123456, 1729846800123456789, 9223372036854775807, -9223372036854775808]


class Generator:
    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def pick(self, options: Any) -> Any:
        return self.random.choice(list(options))

    # Schemas

    def leaf(self, kind: str | None = None) -> Json:
        kind = kind or self.pick([*INTEGERS, "float", "double", "boolean", "string", "string", "bytes", "Date", "Time", "Timestamp", "Timestamp", "Decimal"])
        optional = self.chance(0.5)
        if kind in ("Date", "Time", "Timestamp", "Decimal"):
            schema = corpus.logical(kind, optional=optional)
        else:
            schema = {"type": kind, "optional": optional}
            if self.chance(0.15):
                schema["name"] = self.pick(["com.example.N", "n"])
            if self.chance(0.1):
                schema["version"] = self.pick([1, 0, 7])
        if self.chance(0.15):
            schema["doc"] = self.pick(["a doc", ""])
        if self.chance(0.1) and "parameters" not in schema:
            schema["parameters"] = {"p": "v"}
        if self.chance(0.25):
            schema["default"] = self.value({**schema, "optional": False})
        return schema

    def schema(self, depth: int) -> Json:
        if depth == 0 or self.chance(0.75):
            return self.leaf()
        kind = self.pick(["array", "map", "struct", "struct"])
        if kind == "struct":
            return self.struct(depth - 1)
        if kind == "array":
            return {"type": "array", "items": self.schema(depth - 1), "optional": self.chance(0.5)}
        return {"type": "map", "keys": {"type": self.pick(["string", "int32"]), "optional": False}, "values": self.schema(depth - 1), "optional": self.chance(0.5)}

    def struct(self, depth: int) -> Json:
        names = self.random.sample(FIELD_NAMES, self.random.randint(0 if self.chance(0.1) else 1, 6))
        schema: Json = {"type": "struct", "fields": [{**self.schema(depth), "field": name} for name in names], "optional": self.chance(0.4)}
        if self.chance(0.4):
            schema["name"] = "com.example.S"
        if self.chance(0.3):
            schema["version"] = self.pick([1, 3])
        if self.chance(0.2):
            schema["doc"] = "struct doc"
        if self.chance(0.2):
            schema["parameters"] = {"k": "v"}
        return schema

    # Values

    def value(self, schema: Json) -> Json:
        if schema["optional"] and self.chance(0.3):
            return None
        if not schema["optional"] and "default" in schema and self.chance(0.3):
            return None
        kind, name = schema["type"], schema.get("name", "")
        if name == D + "Date":
            return self.pick([0, 1, -1, 10, 19999, -719162])
        if name == D + "Time":
            return self.pick([0, 1, 3723004, 86399999, 86400000])
        if name == D + "Timestamp":
            return self.pick(MOMENTS)
        if name == D + "Decimal":
            return self.pick(["AA==", "AQ==", "/w==", "A+g=", "/h3A", "AQAAAAAAAAAAAA=="])
        if kind in INTEGERS:
            top = 1 << (INTEGERS[kind] - 1)
            return self.pick([0, 1, -1, 5, 100, top - 1, -top])
        if kind in ("float", "double"):
            return self.pick(FLOATS if kind == "float" else DOUBLES)
        if kind == "boolean":
            return self.chance(0.5)
        if kind == "string":
            return self.pick(STRINGS)
        if kind == "bytes":
            return self.pick(BYTES)
        if kind == "array":
            return [self.value(schema["items"]) for _ in range(self.random.randint(0, 3))]
        if kind == "map":  # one entry: Java's maps lose their order
            if self.chance(0.3):
                return {} if schema["keys"]["type"] == "string" else []
            held = self.value(schema["values"])
            return {self.pick(["k", "", "é"]): held} if schema["keys"]["type"] == "string" else [[self.pick([1, -5]), held]]
        return {field["field"]: self.value(field) for field in schema["fields"]}

    def plain(self, depth: int) -> Json:
        """Of no schema."""
        if depth > 0 and self.chance(0.3):
            if self.chance(0.4):
                return [self.plain(depth - 1) for _ in range(self.random.randint(0, 3))]
            return self.plain_map(depth - 1)
        return self.pick([None, True, False, 0, 1, -1, 127, 128, 300, -32769, 70000, 5000000000, 9223372036854775807, -9223372036854775808, self.pick(DOUBLES), self.pick(STRINGS), self.pick(STRINGS)])

    def plain_map(self, depth: int) -> Json:
        names = self.random.sample([*FIELD_NAMES, ""], self.random.randint(0, 5))
        return {name: self.plain(depth) for name in names}

    # Names of fields, most of them there

    def names(self, schema: Json | None, values: list[Json]) -> list[str]:
        if schema is not None:
            found = [f["field"] for f in schema.get("fields", [])]
        else:
            found = sorted({name for v in values if isinstance(v, dict) for name in v})
        return found or ["a"]

    def field(self, names: list[str]) -> str:
        return self.pick(names) if self.chance(0.9) else self.pick([*FIELD_NAMES, "nope", ""])

    def fields(self, names: list[str]) -> str:
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, 3)))
        if self.chance(0.1):
            chosen.append(self.pick([*FIELD_NAMES, "nope", "", chosen[0]]))
        return self.pick([",", ",", " , "]).join(chosen)

    def path(self, schema: Json | None, values: list[Json]) -> str:
        """A V2 path into the schema or the map."""
        steps: list[str] = []
        at: Json = schema if schema is not None else next((v for v in values if isinstance(v, dict)), {})
        while True:
            inner = {f["field"]: f for f in at.get("fields", [])} if schema is not None else at
            if not isinstance(inner, dict) or not inner or (steps and self.chance(0.25)):
                break
            step = self.pick(inner) if self.chance(0.9) else "nope"
            steps.append("`" + step.replace("`.", "\\`.") + "`" if "." in step or step.startswith("`") or self.chance(0.2) else step)
            at = inner.get(step, {})
        if self.chance(0.1):
            steps.insert(self.random.randint(0, len(steps)), self.pick(["", "`", "a", "`x"]))
        return ".".join(steps)

    # Options of each class

    def options(self, name: str, names: list[str], schema: Json | None, values: list[Json]) -> Options:
        maker: Callable[[list[str], Json | None, list[Json]], Options] = getattr(self, name.lower())
        out = maker(names, schema, values)
        if name in ("Cast", "ExtractField", "HeaderFrom", "InsertField", "MaskField", "ReplaceField", "SetSchemaMetadata", "TimestampConverter", "ValueToKey") and self.chance(0.5):
            out["replace.null.with.default"] = self.pick(["true", "false", "false", "FALSE"])
        return out

    def cast(self, names: list[str], schema: Json | None, values: list[Json]) -> Options:
        kinds = [*corpus.TYPES, "INT32", "String"]
        if self.chance(0.03):
            kinds.append(self.pick(["bytes", "date", "", "int"]))
        if not (schema or {}).get("fields") and (schema is not None or not any(isinstance(v, dict) for v in values)) or self.chance(0.1):
            return {"spec": self.pick(kinds)}
        chosen = self.random.sample(names, min(len(names), self.random.randint(1, 4)))
        if self.chance(0.1):
            chosen.append("nope")
        return {"spec": ",".join(f"{c}:{self.pick(kinds)}" for c in chosen)}

    def dropheaders(self, *_: Any) -> Options:
        return {"headers": ",".join(self.random.sample(["h", "g", "x", "H"], self.random.randint(1, 3)))}

    def extractfield(self, names: list[str], schema: Json | None, values: list[Json]) -> Options:
        if self.chance(0.6):
            return {"field": self.path(schema, values), "field.syntax.version": self.pick(["V2", "v2"])}
        return {"field": self.field(names), **({"field.syntax.version": "V1"} if self.chance(0.2) else {})}

    def filter(self, *_: Any) -> Options:
        return {}

    def flatten(self, *_: Any) -> Options:
        return {"delimiter": self.pick([".", "_", "", "::", " ", "é"])} if self.chance(0.7) else {}

    def headerfrom(self, names: list[str], *_: Any) -> Options:
        chosen = [self.field(names) for _ in range(self.random.randint(1, 3))]
        return {"fields": ",".join(chosen), "headers": ",".join(self.pick(["h", "g", "new"]) for _ in chosen), "operation": self.pick(["move", "copy"])}

    def hoistfield(self, *_: Any) -> Options:
        return {"field": self.pick(["x", "a.b", "", "é"])}

    def insertfield(self, names: list[str], *_: Any) -> Options:
        out = {}
        for option in ("topic.field", "partition.field", "timestamp.field", "offset.field", "static.field"):
            if self.chance(0.4 if option != "offset.field" else 0.15):
                out[option] = self.pick(["t", "new", "p", "q", "z", self.pick(names)]) + self.pick(["", "", "!", "?"])
        if "static.field" in out or self.chance(0.05):
            out["static.value"] = self.pick(["", "v", "1", "é"])
        return out

    def insertheader(self, *_: Any) -> Options:
        # Texts of two types that Java prints in the order of a hash map, and zone-dependent ones, stay out.
        return {"header": self.pick(["h", "new", ""]), "value.literal": self.pick([*STRINGS, "[1,2]", "[1,\"a\"]", "{\"a\":1}", "{}", "[]", "[[1],[2,300]]", "14:34:54.346Z", "1e39", "123456789012345678901"])}

    def maskfield(self, names: list[str], *_: Any) -> Options:
        out = {"fields": self.fields(names)}
        if self.chance(0.6):
            out["replacement"] = self.pick(STRINGS[1:] + ["99999999999999999999", "3.9", "-129", "1e3", "0"])
        return out

    def regexrouter(self, *_: Any) -> Options:
        regex, replacement = self.pick(corpus.REGEXES)
        return {"regex": regex, "replacement": replacement}

    # Regular expressions

    LETTERS = "aabbcABZ019_-. éÉß日\u0130\u212a"
    RARE = ["\n", "\r\n", "\t", "\u000b", "\u0085", "\u2028", "\u00a0", "e\u0301", "😀", "\u0430", "\u03c3", "\u03a3", "\u0660", "٣", "$", "^", "&&", "]", "[", "{", "}", "\\", "\u001c", "\u3000", "\u01c5", "ª"]
    CLASSES_OF_ONE = ["\\d", "\\D", "\\w", "\\W", "\\s", "\\S", "\\h", "\\H", "\\v", "\\V", "\\p{Alpha}", "\\P{Alpha}", "\\p{Lower}", "\\p{Upper}", "\\p{Punct}", "\\p{Alnum}", "\\p{Space}", "\\p{Blank}",
                      "\\p{Cntrl}", "\\p{Graph}", "\\p{Print}", "\\p{XDigit}", "\\p{ASCII}", "\\p{L}", "\\pL", "\\PL", "\\p{Lu}", "\\p{Ll}", "\\p{Lt}", "\\p{IsLu}", "\\p{N}", "\\p{Sc}", "\\p{javaLowerCase}", "\\p{javaUpperCase}",
                      "\\p{javaLetter}", "\\p{javaDigit}", "\\p{javaLetterOrDigit}", "\\p{javaWhitespace}", "\\p{javaAlphabetic}", "\\p{IsAlphabetic}", "\\p{IsLatin}", "\\p{IsCyrillic}", "\\p{script=Greek}", "\\p{sc=Han}",
                      "\\p{IsLowercase}", "\\p{IsUppercase}", "\\p{IsPunctuation}", "\\p{IsDigit}", "\\p{IsWhite_Space}", "\\p{general_category=Lu}", "\\p{gc=Nd}", "\\p{InGreek}", "\\p{InCyrillic}", "\\p{block=BasicLatin}",
                      "\\p{IsIdeographic}", "\\p{IsLetter}", "\\p{IsTitlecase}", "\\p{L1}", "\\p{all}", "\\p{LC}", "\\p{LD}", "\\p{IsHex_Digit}", "\\p{IsAssigned}", "\\p{IsControl}", "\\p{IsNoncharacterCodePoint}",
                      "\\p{javaSpaceChar}", "\\p{javaISOControl}", "\\p{javaMirrored}", "\\p{javaTitleCase}", "\\p{javaDefined}", "\\p{javaJavaIdentifierStart}", "\\p{javaJavaIdentifierPart}", "\\p{javaUnicodeIdentifierStart}",
                      "\\p{javaIdeographic}", "\\p{javaIdentifierIgnorable}", "\\p{IsEmoji}", "\\p{InHiragana}", "\\p{In Greek}", "\\p{InLatin-1Supplement}", "\\p{IsGreek}", "\\p{islatin}", "\\p{IsLATIN}", "\\p{IsJoin_Control}"]

    def literal(self) -> str:
        if self.chance(0.1):
            return self.pick([r"\t", r"\n", r"\x41", r"\x{1F600}", r"\u0061", r"\u00e9", r"\0101", r"\.", r"\-", r"\e", r"\cA", r"\\", r"\_", r"\Qa.b\E", r"\Q[\E", r"\uD83D\uDE00", r"\ ", r"\é"])
        return self.pick("aabbcABZ019_- éÉß日").replace(" ", self.pick([" ", "\\ "]))

    def char_class(self, depth: int) -> str:
        out = "[" + ("^" if self.chance(0.3) else "")
        for _ in range(self.random.randint(1, 3)):
            kind = self.random.random()
            if kind < 0.35:
                out += self.pick(["a-c", "b-z", "A-Z", "0-9", "a", "é", "b", "_", "à-ü", "-", "1", ".", "a-", "+--", " ", "&", "^", "$", "\\w-", "a-\\x63", "日"])
            elif kind < 0.6:
                out += self.pick(self.CLASSES_OF_ONE[:30]) if self.chance(0.7) else self.pick(self.CLASSES_OF_ONE)
            elif kind < 0.75 and depth > 0:
                out += self.char_class(depth - 1)
            elif kind < 0.95 and depth > 0:
                out += "&&" + (self.char_class(depth - 1) if self.chance(0.7) else self.pick(["b-z", "^b", "a", "\\w", "^\\d"]))
            else:
                out += self.literal()
        return out + "]"

    def atom(self, depth: int) -> str:
        kind = self.random.random()
        if kind < 0.35 or depth == 0:
            return self.literal()
        if kind < 0.42:
            return "."
        if kind < 0.55:
            return self.pick(self.CLASSES_OF_ONE)
        if kind < 0.7:
            return self.char_class(2)
        if kind < 0.9:
            return self.pick(["(", "(", "(?:", "(?>", "(?i:", "(?s:", "(?x:", "(?iu:", "(?-i:", "(?m:", "(?U:", "(?d:", "(?u:", "(?is-m:", "(?<n>", "(?<n1>"]) + self.regex(depth - 1) + ")"
        if kind < 0.96:
            return self.pick(["^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z", "\\G", "\\R", "\\X", "(?=" + self.regex(1) + ")", "(?!" + self.regex(1) + ")", "(?<=a)", "(?<!1b)", "(?<=a|bc)"])
        return self.pick(["\\1", "\\2", "\\11", "\\k<n>", "(?i)", "(?x)", "(?s)", "(?m)", "(?u)", "(?U)", "(?iu)", "(?d)", "(?-i)", "(?-s)"])

    def regex(self, depth: int) -> str:
        out = ""
        for _ in range(self.random.randint(1, 3)):
            out += self.atom(depth)
            if self.chance(0.35):
                out += self.pick(["*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}"]) + self.pick(["", "", "", "?", "+"])
        if self.chance(0.15) and depth > 0:
            out += "|" + self.regex(depth - 1)
        if self.chance(0.02):
            at = self.random.randint(0, len(out))
            out = out[:at] + self.pick(["(", ")", "[", "]", "{", "}", "*", "\\", "+", "?", "(?", "|", "^", "&&", "#"]) + out[at:]
        return out

    def subject(self) -> str:
        return "".join(self.pick(self.RARE) if self.chance(0.12) else self.pick(self.LETTERS) for _ in range(self.random.randint(0, 5)))

    def regex_case(self, number: int) -> Json:
        regex = self.regex(2)
        records = [{"topic": self.subject()} for _ in range(8)] + [{"topic": t} for t in ("a", "ab", "A", "é", "1", "aab", "bca", "\n", " ", "_", "É", "-")]
        kind = self.random.random()
        if kind < 0.7:  # what matches as a whole, and what its beginning then finds
            options = {"regex": regex, "replacement": self.pick(["<$0>", "<$0>", "x", "[$1]", "$2$1", "${n}", "\\$0", "$10"])}
            return corpus.case(f"{number}: regex", corpus.one("RegexRouter", options), records)
        if kind < 0.85:  # finding
            options = {"regex": f"(?s:.*?)(?:{regex})(?s:.*)", "replacement": "x"}
            return corpus.case(f"{number}: regex found", corpus.one("RegexRouter", options), records)
        predicate = {"predicates": "p", "predicates.p.type": P + "TopicNameMatches", "predicates.p.pattern": regex}
        return corpus.case(f"{number}: pattern", corpus.one("Filter", {"predicate": "p"}, **predicate), records)

    def replacefield(self, names: list[str], *_: Any) -> Options:
        out = {}
        if self.chance(0.5):
            out["exclude"] = self.fields(names)
        if self.chance(0.4):
            out["include"] = self.fields(names)
        if self.chance(0.6):
            # One new name for one old: with two, the order of a hash map decides.
            chosen = [n for n in self.random.sample(names, min(len(names), self.random.randint(1, 3))) if ":" not in n]
            new = self.random.sample(["n1", "n2", "n3", "n 4"], len(chosen))
            out["renames"] = ",".join(f"{a}:{b}" for a, b in zip(chosen, new))
        if self.chance(0.03):
            out[self.pick(["whitelist", "blacklist"])] = self.field(names)
        return out

    def setschemametadata(self, *_: Any) -> Options:
        out = {}
        if self.chance(0.7):
            out["schema.name"] = self.pick(["N", "com.example.New", ""])
        if self.chance(0.6):
            out["schema.version"] = self.pick(["0", "1", "-5", "2147483647", "x", "2147483648", " 4 "])
        return out

    FORMATS = ["yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "yyyyMMdd", "yyyy-MM-dd HH:mm:ss Z", "HH:mm:ss", "EEE, d MMM yyyy", "yy-M-d", "D yyyy", "yyyy-MM-dd'T'HH:mm:ssXXX", "h:mm a", "G yyyy", "SSS", "ss", "yyyy", "M/d/yy", "YYYY-ww-u"]

    def timestampconverter(self, names: list[str], schema: Json | None, values: list[Json]) -> Options:
        out = {"target.type": self.pick(["string", "unix", "Date", "Time", "Timestamp"])}
        if self.chance(0.9):
            out["format"] = self.pick(self.FORMATS)
        if self.chance(0.6):
            out["unix.precision"] = self.pick(["nanoseconds", "microseconds", "milliseconds", "seconds"])
        if (schema or {}).get("fields") or schema is None and any(isinstance(v, dict) for v in values):
            out["field"] = self.field(names)
        return out

    def timestamprouter(self, *_: Any) -> Options:
        out = {}
        if self.chance(0.7):
            out["topic.format"] = self.pick(["${topic}-${timestamp}", "x", "${timestamp}${timestamp}", "$topic", "${topic}", "\\${topic}", "${TOPIC}"])
        if self.chance(0.7):
            out["timestamp.format"] = self.pick([*self.FORMATS, "", "'", "''", "'${topic}'"])
        return out

    def valuetokey(self, names: list[str], *_: Any) -> Options:
        return {"fields": self.fields(names)}

    # Cases

    CLASSES = ["Cast", "DropHeaders", "ExtractField", "Filter", "Flatten", "HeaderFrom", "HoistField", "InsertField", "InsertHeader", "MaskField", "RegexRouter", "ReplaceField", "SetSchemaMetadata",
               "TimestampConverter", "TimestampRouter", "ValueToKey"]
    WEIGHTS = [6, 1, 4, 1, 3, 4, 1, 3, 2, 4, 1, 4, 2, 6, 1, 2]
    ONE_CLASS = ("DropHeaders", "Filter", "InsertHeader", "RegexRouter", "TimestampRouter", "ValueToKey")

    def timestamp_values(self, plain: bool, with_format: str | None) -> list[Json]:
        """What a TimestampConverter of a whole value may meet."""
        texts = ["2024-10-25T09:00:00.123Z", "20241025", "2024-10-25 09:00:00 +0200", "09:00:00", "Fri, 25 Oct 2024", "24-1-2", "299 2024", "9:05 PM", "AD 2024", "123", "10/5/24", "2024-43-5", "", "x"]
        if plain:
            return [self.pick([self.pick(UNIX), self.pick(texts), None, 1.5, True]) for _ in range(4)]
        kind = self.pick(["int64", "string", "Timestamp", "Date", "Time"])
        schema = self.leaf(kind)
        if kind == "int64":
            return [corpus.env(schema, self.pick(UNIX)) for _ in range(4)]
        if kind == "string":
            return [corpus.env(schema, self.pick(texts)) for _ in range(4)]
        return [corpus.env(schema, self.value(schema)) for _ in range(4)]

    def headers(self) -> list[Json]:
        out = []
        for _ in range(self.random.randint(0, 3)):
            schema = self.leaf() if self.chance(0.7) else None
            payload = self.value(schema) if schema is not None else self.pick([None, 1, "x", True, 1.5])
            out.append({"key": self.pick(["h", "g", "x"]), "schema": schema, "payload": payload})
        return out

    def records(self, name: str, plain: bool, part: str, sink: bool) -> tuple[Json | None, list[Json], list[Json]]:
        """The schema (of a struct, most of the time), plain values, and the records."""
        schema, held = None, []
        if plain:
            held = [self.plain_map(2) if self.chance(0.8) else self.plain(1) for _ in range(3)]
            values = list(held)
            if name == "TimestampConverter" and self.chance(0.4):
                values = held = self.timestamp_values(True, None)
        else:
            schema = self.struct(2) if self.chance(0.75) else self.schema(1)
            values = [corpus.env(schema, self.value(schema)) for _ in range(3)]
            if name == "TimestampConverter" and self.chance(0.4):
                values, schema = self.timestamp_values(False, None), None
        if self.chance(0.2):
            values.append(None)
        made = []
        for value in values:
            record: Json = {"topic": self.pick(["topic-1", "topic-1", "other", "a.b_c"]), "partition": self.pick([0, 5]) if sink or self.chance(0.8) else None,
                            "timestamp": self.pick(MOMENTS) if self.chance(0.85) else None, "key": None, "value": None, "headers": self.headers()}
            record["value" if part == "Value" else "key"] = value
            made.append(record)
        return schema, held, made

    def case(self, number: int) -> Json:
        plain, sink, part = self.chance(0.35), self.chance(0.5), self.pick(["Value", "Value", "Value", "Key"])
        steps = self.random.choices(self.CLASSES, self.WEIGHTS, k=self.pick([1, 1, 1, 1, 2, 3]))
        schema, held, records = self.records(steps[0], plain, part, sink)
        names = self.names(schema, held)
        config: Options = {"transforms": ",".join(f"t{i}" if i else "t" for i in range(len(steps)))}
        for i, name in enumerate(steps):
            prefix = f"transforms.{f't{i}' if i else 't'}."
            config[prefix + "type"] = T + name + ("" if name in self.ONE_CLASS else "$" + part)
            config.update({prefix + option: text for option, text in self.options(name, names, schema, held).items()})
            if self.chance(0.15) or name == "Filter":
                config[prefix + "predicate"] = "p"
                if self.chance(0.5):
                    config[prefix + "negate"] = self.pick(["true", "false"])
        if any(option.endswith(".predicate") for option in config):
            config["predicates"] = "p"
            cls, options = self.pick([("RecordIsTombstone", {}), ("HasHeaderKey", {"name": "h"}), ("TopicNameMatches", {"pattern": "topic-.*"}), ("TopicNameMatches", {"pattern": "(?!other)[a-z&&[^x]].*"})])
            config["predicates.p.type"] = P + cls
            config.update({f"predicates.p.{option}": text for option, text in options.items()})
        for converter in ("key.converter", "value.converter"):
            if self.chance(0.3):
                config[converter] = "org.apache.kafka.connect.json.JsonConverter"
                config[converter + ".replace.null.with.default"] = self.pick(["true", "false", "false"])
                if self.chance(0.3):
                    config[converter + ".decimal.format"] = self.pick(["NUMERIC", "base64"])
        return corpus.case(f"{number}: {'+'.join(steps)}", config, records, **({"schemaless": True} if plain else {}), **({"sink": True} if sink else {}))


def cases(seed: int, count: int, kind: str) -> list[Json]:
    generator = Generator(seed)
    make = generator.regex_case if kind == "regex" else generator.case
    return [make(number) for number in range(count)]


def is_settled(entry: Json, answer: Json) -> bool:
    """Whether Java's answer depends on nothing but the case. Schemaless, the order of a hash map says which of two faulty fields is
    reported and which of two members of one name stays; of two faulty transforms, either may be named."""
    if "config_error" in answer:
        return "," not in entry["config"]["transforms"]
    if not entry.get("schemaless"):
        return True
    return "Flatten" not in entry["name"] and not any('"error"' in line for line in answer["out"])


def answered(made: list[Json]) -> tuple[str, str]:
    """The settled ones of the cases, and Java's answers to them, as the files hold them."""
    lines = [json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in made]
    with tempfile.TemporaryDirectory() as classes:
        done = subprocess.run(corpus.java_runner(pathlib.Path(classes)), input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    kept = [(line, answer) for entry, line, answer in zip(made, lines, done.stdout.rstrip("\n").split("\n")) if is_settled(entry, json.loads(answer))]
    return "".join(line + "\n" for line, _ in kept), "".join(answer + "\n" for _, answer in kept)


def checked_in() -> tuple[str, str]:
    return answered(cases(20, 400, "transforms") + cases(21, 200, "regex"))


def main() -> None:
    if len(sys.argv) != 5 or sys.argv[1] not in ("transforms", "regex"):
        sys.exit(__doc__)
    seed, count, folder = int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
    made, answers = answered(cases(seed, count, sys.argv[1]))
    (folder / CORPUS).write_text(made)
    (folder / ANSWERS).write_text(answers)


if __name__ == "__main__":
    main()
