"""Apache Kafka's own Connect worker: the oracle for compatibility tests and the other side of benchmarks."""

from typing import Any

from support.java import QUICK_START, ClassArchive, classpath, java
from support.services.kafka_jars import connect_plugin_path, kafka_jars, log4j_config
from support.worker import Worker


class JavaWorker(Worker):
    """As Worker. `jvm_options` replaces the ones for a quick start (benchmarks)."""

    kind = "java"

    def __init__(self, *arguments: Any, jvm_options: list[str] | None = None, **named: Any):
        super().__init__(*arguments, **named)
        self.jvm_options = jvm_options
        self._archive: ClassArchive | None = None

    def plugin_path(self) -> str | None:
        return str(connect_plugin_path())

    def program(self) -> list[str]:
        class_path = classpath(kafka_jars())
        main = f"org.apache.kafka.connect.cli.Connect{self.mode.capitalize()}"
        options = self.jvm_options
        if options is None:
            self._archive = ClassArchive(f"connect-{self.mode}", class_path)
            options = ["-Xmx384M", *QUICK_START, *self._archive.options()]
        return [java(), *options, f"-Dlog4j2.configurationFile=file:{log4j_config(self.folder)}", "-cp", class_path, main]

    def start(self, timeout: float = 60.0) -> Worker:
        archive = ClassArchive(f"connect-{self.mode}", classpath(kafka_jars()))
        return super().start(timeout if self.jvm_options is not None else archive.patience(timeout))

    def stop(self, timeout: float = 60.0) -> int:
        """SIGTERM; the exit status. A JVM that ends by a signal says 143, which is its 0."""
        status = super().stop(self._archive.patience(timeout) if self._archive else timeout)
        if self._archive:
            self._archive.keep()
        return 0 if status == 143 else status

    def kill(self) -> None:
        super().kill()
        if self._archive:
            self._archive.discard()
