"""Every hook of the SDK is called by the worker as Kafka Connect calls its own: hooks.cc writes the calls down."""

import pathlib
import re
from typing import Callable

import pytest

from support.eventually import eventually
from support.sdk import plugin_path
from support.services.kafka import Kafka
from support.worker import ROOT, STRING_CONVERTER, Worker


@pytest.fixture
def plugins(build_plugin: Callable[[str], pathlib.Path], tmp_path: pathlib.Path) -> str:
    return plugin_path(tmp_path / "plugins", hooks=build_plugin("tests/integration/plugins/hooks"),
                       journal=build_plugin("examples/journal"))


def lines(path: pathlib.Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def test_the_hooks_of_a_source(kafka: Kafka, make_worker: Callable[..., Worker], unique: Callable[[str], str], plugins: str, tmp_path: pathlib.Path) -> None:
    topic, calls = unique("hooks"), tmp_path / "calls"
    config = {"connector.class": "HooksSource", "topic": topic, "calls": calls, "value.converter": STRING_CONVERTER}
    worker = make_worker({"plugin.path": plugins}, {"hooks": config}).start()
    assert kafka.texts(topic, 3) == ["v1", "v2", "v3"], "a retriable error of poll is retried"
    eventually(lambda: "source.commit_record {n=3} " + f"{topic}@2" in lines(calls) and "source.commit" in lines(calls), 30, "the commits")
    found = lines(calls)
    assert found[:4] == ["connector.start", "connector.task_configs 1", "source.start from null", "source.transactions none"]
    assert [line for line in found if line.startswith("source.commit_record")] == [f"source.commit_record {{n={n}}} {topic}@{n - 1}" for n in (1, 2, 3)]
    assert [header for r in kafka.consume(topic, 3) for header in r.headers or []] == [("n", b"1"), ("n", b"2"), ("n", b"3")]

    worker.rest.put("/connectors/hooks/stop")
    eventually(lambda: {"source.stop", "connector.stop"} <= set(lines(calls)), 30, "both stops")
    worker.rest.patch("/connectors/hooks/offsets", {"offsets": [{"partition": {"p": 1}, "offset": {"n": 2}}]})
    refused = worker.rest.request("PATCH", "/connectors/hooks/offsets", {"offsets": [{"partition": {"p": 1}, "offset": {"x": 2}}]})
    assert "an offset needs n" in refused.text
    worker.rest.put("/connectors/hooks/resume")
    assert kafka.texts(topic, 4)[3] == "v3"
    found = lines(calls)
    assert "connector.alter_offsets {p=1} {n=2}" in found
    assert "source.start from {n=2}" in found


def test_a_filtered_record_is_reported_to_its_source(kafka: Kafka, make_worker: Callable[..., Worker], unique: Callable[[str], str], plugins: str, tmp_path: pathlib.Path) -> None:
    topic, calls = unique("filtered"), tmp_path / "calls"
    config = {"connector.class": "HooksSource", "topic": topic, "calls": calls, "transforms": "drop", "transforms.drop.type": "Filter"}
    make_worker({"plugin.path": plugins}, {"hooks": config}).start()
    eventually(lambda: [line for line in lines(calls) if "commit_record" in line] == [f"source.commit_record {{n={n}}} filtered" for n in (1, 2, 3)], 30, "three filtered records")


def test_the_hooks_of_a_sink(kafka: Kafka, make_worker: Callable[..., Worker], unique: Callable[[str], str], plugins: str, tmp_path: pathlib.Path) -> None:
    topic, calls, dead = unique("hooks"), tmp_path / "calls", unique("dead")
    kafka.create_topic(topic)
    config = {"connector.class": "HooksSink", "topics": topic, "calls": calls, "value.converter": STRING_CONVERTER, "consumer.override.auto.offset.reset": "earliest",
              "consumer.override.max.poll.records": 1, "errors.tolerance": "all", "errors.deadletterqueue.topic.name": dead, "errors.deadletterqueue.topic.replication.factor": 1,
              "errors.deadletterqueue.context.headers.enable": True}
    worker = make_worker({"plugin.path": plugins, "offset.flush.interval.ms": 600000, "connector.client.config.override.policy": "All"}, {"hooks": config}).start()
    eventually(lambda: f"sink.open {topic}-0" in lines(calls), 30, "the assignment")
    kafka.produce(topic, ["plain", "retry", "rewind", "bad", "pause"])
    eventually(lambda: "sink.resume" in lines(calls), 30, "a put without records while the partition is paused")
    kafka.produce(topic, ["commit"])
    eventually(lambda: f"sink.flush {topic}-0=6" in lines(calls), 30, "the commit that the task asked for, long before the interval is over")
    puts = [line for line in lines(calls) if line.startswith("sink.put")]
    assert puts == ["sink.put plain", "sink.put retry", "sink.put retry again", "sink.put rewind", "sink.put rewind again", "sink.put bad", "sink.put pause", "sink.put commit"]
    (record,) = kafka.consume(dead, 1)
    assert record.value == b"bad"
    assert dict(record.headers or [])["__connect.errors.exception.message"] == b"bad record"

    worker.rest.put("/connectors/hooks/stop")
    eventually(lambda: "sink.stop" in lines(calls), 30, "the stop")
    found = lines(calls)
    assert found.index(f"sink.close {topic}-0") < found.index("sink.stop")
    worker.rest.patch("/connectors/hooks/offsets", {"offsets": [{"partition": {"kafka_topic": topic, "kafka_partition": 0}, "offset": {"kafka_offset": 5}}]})
    assert f"connector.alter_offsets {topic}-0=5" in lines(calls)
    worker.rest.delete("/connectors/hooks/offsets")
    assert f"connector.alter_offsets {topic}-0=null" in lines(calls)


def test_the_journal_goes_on_where_its_file_ends(kafka: Kafka, make_worker: Callable[..., Worker], unique: Callable[[str], str], plugins: str, tmp_path: pathlib.Path) -> None:
    topic, journal = unique("journal"), tmp_path / "journal"
    config = {"connector.class": "com.example.JournalSinkConnector", "topics": topic, "file": journal, "value.converter": "com.example.Rot13Converter",
              "transforms": "blank", "transforms.blank.type": "Filter", "transforms.blank.predicate": "blank", "predicates": "blank",
              "predicates.blank.type": "com.example.IsBlank", "errors.tolerance": "all", "errors.log.enable": True}
    kafka.produce(topic, ["bar", "", "gjb", "onq\nonq"])
    worker = make_worker({"plugin.path": plugins}, {"journal": config}).start()
    eventually(lambda: lines(journal) == [f"{topic}-0 0 one", f"{topic}-0 2 two"], 30, "two lines")
    worker.stop()
    journal.write_text(f"{topic}-0 0 one\n{topic}-0 2 tw")  # as a crash may leave it
    kafka.produce(topic, ["guerr"])
    worker.start()
    eventually(lambda: lines(journal) == [f"{topic}-0 0 one", f"{topic}-0 2 two", f"{topic}-0 4 three"], 30, "each record once")
    worker.rest.put("/connectors/journal/stop")
    assert "remove its lines instead" in worker.rest.request("DELETE", "/connectors/journal/offsets").text


def test_the_code_of_the_guide_is_that_of_the_examples() -> None:
    """Which are built and run here, by test_plugin_path.py and by test_transform_command.py."""
    guide = (ROOT / "docs/guides/writing-a-connector.md").read_text()
    blocks = list(re.finditer(r"^```(cpp|cmake)\n(.*?)^```", guide, re.M | re.S))
    assert len(blocks) == 7
    for block in blocks:
        (*_, source) = re.findall(r"\((examples/[^)\s]+)\)", guide[:block.start()])
        assert block[2] in (ROOT / source).read_text(), f"not in {source}:\n{block[2]}"
