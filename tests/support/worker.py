"""A Connect worker under test: ours, or (support.services.java_worker) Apache Kafka's."""

import os
import pathlib
import time
from typing import Any, Mapping

from support.eventually import eventually
from support.ports import free_port
from support.process import ManagedProcess
from support.properties import write_properties
from support.rest import Rest

ROOT = pathlib.Path(__file__).resolve().parents[2]
JSON_CONVERTER = "org.apache.kafka.connect.json.JsonConverter"
STRING_CONVERTER = "org.apache.kafka.connect.storage.StringConverter"


def binary_folder() -> pathlib.Path:
    """Where the programs under test are: $MILLRACE_BIN, or the release preset's."""
    return pathlib.Path(os.environ.get("MILLRACE_BIN") or ROOT / "build/release/bin")


class Worker:
    """One worker process. Its settings are `defaults()` under what the caller gives; a value of None removes a key.

    start() waits for REST. After kill() or stop(), start() runs it again with the same files, ports and folders.
    """

    kind = "millrace"

    def __init__(self, folder: pathlib.Path, bootstrap: str, mode: str = "standalone",
                 settings: Mapping[str, Any] | None = None,
                 connectors: Mapping[str, Mapping[str, Any]] | None = None, host: str = "127.0.0.1"):
        """`connectors`: name → configuration, given on the command line (standalone)."""
        if mode not in ("standalone", "distributed"):
            raise ValueError(f"mode {mode}: standalone or distributed")
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.mode = mode
        self.port = free_port()
        self.url = f"http://{host}:{self.port}"
        self.settings = {key: value for key, value in {**self.defaults(bootstrap, host), **(settings or {})}.items()
                         if value is not None}
        self.connectors = {name: {"name": name, **config} for name, config in (connectors or {}).items()}
        self.process: ManagedProcess | None = None
        self.rest = Rest(self.url)
        self.log = self.folder / "worker.log"
        self.stdout = self.folder / "worker.out"

    def defaults(self, bootstrap: str, host: str) -> dict[str, Any]:
        result = {
            "bootstrap.servers": bootstrap,
            "listeners": f"http://{host}:{self.port}",
            "key.converter": JSON_CONVERTER,
            "value.converter": JSON_CONVERTER,
            "offset.flush.interval.ms": 1000,
            "plugin.path": self.plugin_path(),
        }
        if self.mode == "standalone":
            result["offset.storage.file.filename"] = str(self.folder / "connect.offsets")
        else:
            result |= {
                "group.id": "connect-cluster",
                "config.storage.topic": "connect-configs",
                "offset.storage.topic": "connect-offsets",
                "status.storage.topic": "connect-status",
                "config.storage.replication.factor": 1,
                "offset.storage.replication.factor": 1,
                "status.storage.replication.factor": 1,
                "offset.storage.partitions": 5,
                "status.storage.partitions": 2,
            }
        return result

    def plugin_path(self) -> str | None:
        return None

    def program(self) -> list[str]:
        return [str(binary_folder() / f"connect-{self.mode}")]

    def write_files(self) -> list[str]:
        """Writes the properties files; returns them in command line order."""
        files = [write_properties(self.folder / "worker.properties", self.settings)]
        files += [write_properties(self.folder / f"connector-{index}.properties", config)
                  for index, config in enumerate(self.connectors.values())]
        return [str(file) for file in files]

    def launch(self, arguments: list[str] | None = None, **process_options: Any) -> ManagedProcess:
        """Starts the process and does not wait. `arguments` replace the properties files."""
        command = [*self.program(), *(self.write_files() if arguments is None else arguments)]
        self.process = ManagedProcess(f"{self.kind} {self.mode}", command, self.log, cwd=self.folder,
                                      stdout=self.stdout, **process_options)
        return self.process

    def start(self, timeout: float = 60.0) -> "Worker":
        process = self.launch()
        process.wait_until(self.is_ready, timeout, f"REST at {self.url}")
        return self

    def is_ready(self) -> bool:
        return self.rest.is_up() and all(name in self.rest.connectors() for name in self.connectors)

    def run_to_end(self, arguments: list[str], timeout: float = 60.0) -> tuple[int, str, str]:
        """Runs the program with these arguments: exit status, standard output, standard error."""
        self.stdout.unlink(missing_ok=True)
        process = self.launch(arguments)
        try:
            status = process.wait(timeout)
        finally:
            process.kill()
            self.process = None
        return status, self.stdout.read_text(errors="replace"), process.log_text()

    def stop(self, timeout: float = 60.0) -> int:
        """SIGTERM; the exit status."""
        if not self.process:
            return 0
        process, self.process = self.process, None
        return process.terminate(timeout)

    def kill(self) -> None:
        """SIGKILL."""
        if self.process:
            self.process.kill()
            self.process = None

    def close(self) -> None:
        """For the end of a test: a worker that does not stop properly fails it; one that ended earlier is its own affair."""
        if self.process and self.process.is_running():
            self.stop()
        self.kill()

    def pause(self) -> None:
        self._running().pause()

    def resume(self) -> None:
        self._running().resume()

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def stdout_text(self) -> str:
        return self.stdout.read_text(errors="replace") if self.stdout.exists() else ""

    def rss_bytes(self) -> int:
        return self._running().rss_bytes()

    def cpu_seconds(self) -> float:
        return self._running().cpu_seconds()

    def await_log(self, text: str, timeout: float = 60.0) -> None:
        eventually(lambda: text in self.log_text() or text in self.stdout_text(), timeout, f'"{text}" in {self.log}')

    def seconds_since_start(self) -> float:
        return time.monotonic() - self._running().started_at

    def _running(self) -> ManagedProcess:
        if not self.process:
            raise AssertionError(f"{self.kind} {self.mode} is not running")
        return self.process

    def __enter__(self) -> "Worker":
        return self.start()

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None:
            self.close()
        else:
            self.kill()
