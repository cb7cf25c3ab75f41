"""Apache Kafka's jars: broker, tools and the Java worker, in one folder."""

import pathlib
import shutil

from support import maven
from support.cache import cache_dir, make_once

VERSION = "4.1.0"
_LOG4J = "2.24.3"
_ARTIFACTS = [
    *(f"org.apache.kafka:{name}:{VERSION}" for name in (
        "kafka_2.13", "kafka-tools", "connect-runtime", "connect-json", "connect-transforms", "connect-file",
        "connect-basic-auth-extension")),
    f"org.apache.logging.log4j:log4j-slf4j-impl:{_LOG4J}",
    f"org.apache.logging.log4j:log4j-core:{_LOG4J}",
]


def kafka_jars() -> pathlib.Path:
    return maven.jars(f"kafka-{VERSION}", _ARTIFACTS)


def connect_plugin_path() -> pathlib.Path:
    """A plugin.path for the Java worker with the file connectors."""
    def make(folder: pathlib.Path) -> None:
        (folder / "file").mkdir()
        name = f"connect-file-{VERSION}.jar"
        shutil.copy(kafka_jars() / name, folder / "file" / name)

    return make_once(cache_dir() / f"connect-plugins-{VERSION}", make)


def log4j_config(folder: pathlib.Path) -> pathlib.Path:
    """A log configuration: everything from INFO on to standard output."""
    path = folder / "log4j2.yaml"
    path.write_text(
        'Configuration:\n'
        '  Appenders:\n'
        '    Console: {name: C, target: SYSTEM_OUT, PatternLayout: {pattern: "[%d] %p %X{connector.context}%m (%c)%n"}}\n'
        '  Loggers:\n'
        '    Root: {level: info, AppenderRef: {ref: C}}\n')
    return path
