"""The three config providers in a standalone worker, with their allow-lists."""

import json
import os
import pathlib
from typing import Any, Callable

from support.services.kafka import Kafka

PACKAGE = "org.apache.kafka.common.config.provider."


def source(path: str, topic: str) -> dict[str, Any]:
    return {"connector.class": "FileStreamSource", "tasks.max": 1, "file": path, "topic": topic}


def test_files_directories_and_the_environment_give_values(kafka: Kafka, make_worker: Callable, unique: Callable, tmp_path: pathlib.Path):
    topic = unique("lines")
    allowed, hidden = tmp_path / "allowed", tmp_path / "hidden"
    for folder in (allowed, hidden):
        folder.mkdir()
        (folder / "topic").write_text(topic)  # the whole content counts, so no line end
        (folder / "secrets.properties").write_text(f"folder = {tmp_path}\nrack=r-1\n")
    (tmp_path / "in").write_text("resolved\n")
    name = unique("source")
    worker = make_worker(
        {"config.providers": "file, dir,env",
         "config.providers.file.class": PACKAGE + "FileConfigProvider", "config.providers.file.param.allowed.paths": str(allowed),
         "config.providers.dir.class": PACKAGE + "DirectoryConfigProvider", "config.providers.dir.param.allowed.paths": str(allowed),
         "config.providers.env.class": PACKAGE + "EnvVarConfigProvider",
         "config.providers.env.param.allowlist.pattern": "MILLRACE_.*",
         "offset.flush.interval.ms": "${env:MILLRACE_FLUSH}"},
        {name: source(f"${{file:{allowed}/secrets.properties:folder}}/${{env:MILLRACE_NAME}}", f"${{dir:{allowed}:topic}}")})
    worker.launch(env={**os.environ, "MILLRACE_FLUSH": "300", "MILLRACE_NAME": "in", "OTHER_NAME": "in"})
    worker.process.wait_until(worker.is_ready, 60, "REST")
    assert [json.loads(value)["payload"] for value in kafka.texts(topic, 1)] == ["resolved"]

    # What is shown and stored is what was written; what is not allowed stays as it is.
    raw = {"file": f"${{file:{hidden}/secrets.properties:folder}}/x", "topic": f"${{dir:{hidden}:topic}}", "batch.size": "${env:OTHER_NAME}"}
    plugin = "FileStreamSource"
    answer = worker.rest.put(f"/connector-plugins/{plugin}/config/validate", {"connector.class": plugin, "name": "n", **raw})
    values = {entry["value"]["name"]: entry["value"] for entry in answer["configs"]}
    assert values["file"]["value"] == raw["file"] and values["topic"]["value"] == raw["topic"]
    assert values["batch.size"]["errors"] == [f"Invalid value {raw['batch.size']} for configuration batch.size: Not a number of type INT"]
    stored = worker.rest.get(f"/connectors/{name}/config")
    assert stored["topic"] == f"${{dir:{allowed}:topic}}" and stored["file"].endswith("/${env:MILLRACE_NAME}")
    assert "is not below any of allowed.paths" in worker.log_text()


def test_a_file_that_cannot_be_read_fails_the_connector_with_its_name(kafka: Kafka, make_worker: Callable, unique: Callable,
                                                                      tmp_path: pathlib.Path):
    worker = make_worker({"config.providers": "file", "config.providers.file.class": PACKAGE + "FileConfigProvider"}).start()
    missing = tmp_path / "none.properties"
    answer = worker.rest.request("PUT", f"/connectors/{unique('source')}/config", source(f"${{file:{missing}:x}}", "t"))
    assert answer.status >= 400
    assert f"Could not read properties from file {missing}" in answer.text
