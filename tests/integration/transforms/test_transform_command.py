"""`millrace transform` as a user runs it, and a transform of one's own loaded from plugin.path."""

import json
import pathlib
import re
import subprocess
from typing import Any, Callable

import pytest

from support.sdk import plugin_path
from support.worker import binary_folder

T = "org.apache.kafka.connect.transforms."
SCHEMA = {"type": "struct", "optional": False, "fields": [{"type": "string", "optional": True, "field": "s"}, {"type": "int32", "optional": False, "field": "i"}]}


def run(folder: pathlib.Path, config: dict[str, str], lines: list[Any], *options: str) -> subprocess.CompletedProcess[str]:
    file = folder / "connector.properties"
    file.write_text("".join(f"{k}={v}\n" for k, v in config.items()))
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    return subprocess.run([str(binary_folder() / "millrace"), "transform", str(file), *options], input=text, capture_output=True, text=True, timeout=30)


def answers(done: subprocess.CompletedProcess[str]) -> list[Any]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def record(value: Any, **more: Any) -> dict[str, Any]:
    return {"topic": "t", "partition": 0, "timestamp": 123, "key": None, "value": value, "headers": [], **more}


def test_records_pass_through_without_transforms(tmp_path: pathlib.Path) -> None:
    done = run(tmp_path, {"name": "n", "connector.class": "FileStreamSource"}, [record({"schema": SCHEMA, "payload": {"s": "x", "i": 1}}), {"value": None}])
    lines = done.stdout.splitlines()
    assert lines[1] == '{"topic":null,"partition":null,"timestamp":null,"key":null,"value":null,"headers":[]}'
    assert json.loads(lines[0])["value"]["payload"] == {"s": "x", "i": 1}


def test_dropped_and_failing_records_have_lines_of_their_own(tmp_path: pathlib.Path) -> None:
    config = {"name": "n", "transforms": "drop,c", "transforms.drop.type": T + "Filter", "transforms.drop.predicate": "null", "predicates": "null",
              "predicates.null.type": T + "predicates.RecordIsTombstone", "transforms.c.type": T + "Cast$Value", "transforms.c.spec": "s:int32"}
    found = answers(run(tmp_path, config, [record(None), record({"schema": SCHEMA, "payload": {"s": "abc", "i": 1}}), record({"schema": SCHEMA, "payload": {"s": "7", "i": 1}}), "not json"]))
    assert found[0] is None
    assert found[1] == {"error": f'transform "c" ({T}Cast$Value), field "s" (STRING): Value (abc) was out of range for requested data type'}
    assert found[2]["value"]["payload"] == {"s": 7, "i": 1}
    assert "error" in found[3]


def test_broken_lines_are_answered_one_by_one(tmp_path: pathlib.Path) -> None:
    lines = ['{"value":{"a":1}', "[]", '{"value":{}} x', '{"value":{}}{"value":{}}', '{"value":{},"foo":1}', '{"partition":"x"}', '{"headers":{}}',
             '{"headers":[{"payload":1}]}', '{"topic":1}', "\\", '{"value":1}']
    found = answers(run(tmp_path, {"name": "n"}, lines, "--schemaless"))
    assert [set(line) for line in found[:-1]] == [{"error"}] * (len(lines) - 1)
    assert all(isinstance(line["error"], str) and line["error"] for line in found[:-1])
    assert found[-1]["value"] == 1


def test_answers_are_utf_8_whatever_the_lines_are(tmp_path: pathlib.Path) -> None:
    (tmp_path / "connector.properties").write_text("name=n\n")
    lines = [b'\xff\xfe', b'{"value":{}} \xff', b'{"value":"\xff"}', b'{"\xff":1}', b'{"topic":"\xed\xa0\x80"}', b'{"value":{}} ' + b"\xc3\xa9" * 30]
    done = subprocess.run([str(binary_folder() / "millrace"), "transform", str(tmp_path / "connector.properties"), "--schemaless"],
                          input=b"\n".join(lines), capture_output=True, timeout=30)
    assert done.returncode == 0
    assert len([json.loads(line) for line in done.stdout.decode().splitlines()]) == len(lines)


def test_answers_come_line_by_line(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "connector.properties"
    file.write_text("name=n\n")
    with subprocess.Popen([str(binary_folder() / "millrace"), "transform", str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for number in range(3):
            process.stdin.write(f'{{"topic":"t{number}"}}\n')
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["topic"] == f"t{number}"
        process.stdin.close()
        assert process.wait(20) == 0


def test_schemaless_and_steps(tmp_path: pathlib.Path) -> None:
    config = {"name": "n", "transforms": "a,b", "transforms.a.type": T + "HoistField$Value", "transforms.a.field": "x", "transforms.b.type": T + "RegexRouter",
              "transforms.b.regex": "(.*)", "transforms.b.replacement": "p-$1"}
    found = answers(run(tmp_path, config, [record({"i": 1})], "--schemaless", "--steps"))
    assert [line.get("transform") for line in found] == ["a", "b", None]
    assert found[0]["record"] == record({"x": {"i": 1}})
    assert found[2] == record({"x": {"i": 1}}, topic="p-t")


def test_variables_are_resolved(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "names.properties").write_text("field=from file\n")
    (tmp_path / "suffix").write_text("-from dir")
    monkeypatch.setenv("MILLRACE_PREFIX", "from env-")
    config = {"name": "n", "transforms": "h,r", "transforms.h.type": T + "HoistField$Value", "transforms.h.field": f"${{file:{tmp_path}/names.properties:field}}",
              "transforms.r.type": "RegexRouter", "transforms.r.regex": "(.*)", "transforms.r.replacement": f"${{env:MILLRACE_PREFIX}}$1${{dir:{tmp_path}:suffix}}"}
    assert answers(run(tmp_path, config, [record(1)], "--schemaless")) == [record({"from file": 1}, topic="from env-t-from dir")]

    # Those of a worker: its names, its allow-lists. What is not resolved stays as it is.
    worker = tmp_path / "worker.properties"
    worker.write_text("config.providers=file,e\nconfig.providers.e.class=EnvVar\nconfig.providers.e.param.allowlist.pattern=OTHER\n"
                      f"config.providers.file.class=File\nconfig.providers.file.param.allowed.paths={tmp_path}\n")
    config["transforms.r.replacement"] = "x"
    config["transforms.r.regex"] = "${e:MILLRACE_PREFIX}"
    done = run(tmp_path, config, [record(1)], "--schemaless", "--worker", str(worker))
    assert done.returncode == 2 and "transforms.r.regex" in done.stderr, "a variable is no regular expression"
    config["transforms.r.regex"] = "t"
    assert answers(run(tmp_path, config, [record(1)], "--schemaless", "--worker", str(worker))) == [record({"from file": 1}, topic="x")]

    config["transforms.h.field"] = f"${{file:{tmp_path}/none:field}}"
    done = run(tmp_path, config, [])
    assert done.returncode == 2 and done.stderr == f"millrace transform: Could not read properties from file {tmp_path}/none\n"


@pytest.mark.parametrize(("config", "sentence"), [
    ({"transforms": "a"}, "transforms.a.type"),
    ({"transforms": "a", "transforms.a.type": "Nope"}, "Class Nope could not be found."),
    ({"transforms": "a", "transforms.a.type": T + "Cast"}, f"This class is abstract and cannot be created. Did you mean {T}Cast$Key, {T}Cast$Value?"),
    ({"transforms": "a", "transforms.a.type": T + "Cast$Value", "transforms.a.spec": "i:foo"}, "No enum constant"),
    ({"transforms": "a", "transforms.a.type": "RegexRouter", "transforms.a.regex": "(", "transforms.a.replacement": "x"}, "Unclosed group"),
    ({"transforms": "a,a", "transforms.a.type": "Filter"}, "Duplicate alias provided."),
    ({"transforms": "a", "transforms.a.type": "Filter", "transforms.a.predicate": "p"}, "predicates.p"),
])
def test_a_wrong_configuration_is_one_sentence_and_status_2(tmp_path: pathlib.Path, config: dict[str, str], sentence: str) -> None:
    done = run(tmp_path, {"name": "n", **config}, [])
    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_what_is_no_connector_file_is_one_sentence(tmp_path: pathlib.Path) -> None:
    array, broken = tmp_path / "array.json", tmp_path / "broken.json"
    array.write_text("[]")
    broken.write_text('{"name":')
    for path in (tmp_path, array, broken, tmp_path / "none"):
        done = subprocess.run([str(binary_folder() / "millrace"), "transform", str(path)], input="{}", capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        assert str(path) in done.stderr


def test_a_connector_file_in_json(tmp_path: pathlib.Path) -> None:
    settings = {"transforms": "i", "transforms.i.type": T + "InsertField$Value", "transforms.i.topic.field": "t"}
    for number, document in enumerate([{"name": "n", **settings}, {"name": "n", "config": settings}]):
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps(document))
        done = subprocess.run([str(binary_folder() / "millrace"), "transform", str(file), "--schemaless"], input='{"topic":"x","value":{}}\n',
                              capture_output=True, text=True, timeout=30)
        assert [line["value"] for line in answers(done)] == [{"t": "x"}]


def test_a_million_records_in_little_memory(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "connector.properties"
    file.write_text("name=n\n")
    line = b'{"topic":"t","key":null,"value":{"id":1,"s":"' + b"x" * 200 + b'"}}\n'
    with subprocess.Popen([str(binary_folder() / "millrace"), "transform", str(file), "--schemaless"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        for _ in range(1000):
            process.stdin.write(line * 1000)
        peak = re.search(r"VmHWM:\s+(\d+) kB", pathlib.Path(f"/proc/{process.pid}/status").read_text())
        process.stdin.close()
        assert process.wait(60) == 0
    assert peak is not None and int(peak[1]) < 100_000


def test_a_transform_built_outside_the_tree(tmp_path: pathlib.Path, build_plugin: Callable[[str], pathlib.Path]) -> None:
    plugins = pathlib.Path(plugin_path(tmp_path / "plugins", uppercase=build_plugin("examples/transform")))
    (plugins / "broken.so").write_text("no library")
    config = {"name": "n", "transforms": "up", "transforms.up.type": "com.example.Uppercase", "transforms.up.fields": "s"}
    done = run(tmp_path, config, [record({"schema": SCHEMA, "payload": {"s": "abc", "i": 1}})], "--plugin-path", str(plugins))
    assert answers(done)[0]["value"]["payload"] == {"s": "ABC", "i": 1}
    assert "broken.so" in done.stderr
    worker = tmp_path / "worker.properties"
    worker.write_text(f"plugin.path={plugins}\n")
    assert run(tmp_path, config, [], "--worker", str(worker)).returncode == 0
    assert run(tmp_path, config, []).returncode == 2
