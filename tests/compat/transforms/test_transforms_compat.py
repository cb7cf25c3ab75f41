"""Kafka Connect's own transforms and ours give the same answers.

The C++ test apps (Corpus.GivesWhatKafkaConnectGives) compares ours with java_answers.jsonl; here Java is asked again whether those answers
are still its own, and the command is tried as a user runs it.
"""

import difflib
import json
import os
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import corpus  # noqa: E402
import generated  # noqa: E402

UPDATE = os.environ.get("MILLRACE_UPDATE_GOLDENS") == "1"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that runs TransformRunner."""
    return corpus.java_runner(tmp_path_factory.mktemp("classes"))


def stable(line: str) -> str:
    """Java's answer without what changes from run to run: object ids."""
    answer = json.loads(line)
    if "config_error" in answer:
        answer["config_error"] = answer["config_error"].split("$InsertionSpec@")[0]
    return json.dumps(answer, ensure_ascii=False)


def assert_same(name: str, golden: pathlib.Path, found: str, key: object = str) -> None:
    if UPDATE:
        golden.write_text(found)
    recorded = [key(line) for line in golden.read_text().split("\n")[:-1]]  # type: ignore[operator]
    current = [key(line) for line in found.split("\n")[:-1]]  # type: ignore[operator]
    if recorded != current:
        difference = "\n".join(list(difflib.unified_diff(recorded, current, lineterm="", n=0))[:20])
        pytest.fail(f"{name} is out of date; run with MILLRACE_UPDATE_GOLDENS=1 and read the change:\n{difference}")


def test_the_corpus_is_what_corpus_py_makes() -> None:
    assert_same("corpus.jsonl", corpus.CORPUS, corpus.text())


def test_java_still_gives_the_recorded_answers(runner: list[str]) -> None:
    done = subprocess.run(runner, input=corpus.text(), capture_output=True, text=True, timeout=120, check=True)
    assert_same("java_answers.jsonl", corpus.GOLDEN, done.stdout, stable)


def test_the_random_corpus_and_its_answers_are_what_generated_py_makes() -> None:
    made, answers = generated.checked_in()
    assert_same(generated.CORPUS, corpus.FOLDER / generated.CORPUS, made)
    assert_same(generated.ANSWERS, corpus.FOLDER / generated.ANSWERS, answers, stable)
