"""Fixtures for every integration test. Servers are started on first use and live as long as the pytest process."""

import itertools
import pathlib
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

from support import sdk
from support.services.java_worker import JavaWorker
from support.services.kafka import Kafka, SecureKafka
from support.services.kafka_cluster import KafkaCluster
from support.services.mariadb import MariaDb
from support.services.postgres import Postgres
from support.small_disk import SmallDisk
from support.worker import ROOT, Worker

if TYPE_CHECKING:
    from support.services.cassandra import Cassandra

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kafka]:
    """The shared broker. Tests use topics of their own (see `unique`); one that stops the broker takes `own_kafka`."""
    server = Kafka(tmp_path_factory.mktemp("kafka"))
    try:
        yield server.start()
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def own_kafka(tmp_path: pathlib.Path) -> Iterator[Kafka]:
    """A broker for one test, to stop, kill, pause and restart."""
    server = Kafka(tmp_path / "kafka")
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture
def three_brokers(tmp_path: pathlib.Path) -> Iterator[KafkaCluster]:
    """A cluster of three brokers for one test, to kill one at a time."""
    cluster = KafkaCluster(tmp_path / "brokers")
    try:
        yield cluster.start()
    finally:
        cluster.kill()


@pytest.fixture(scope="session")
def secure_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """The shared broker with TLS, SASL and ACLs."""
    server = SecureKafka(tmp_path_factory.mktemp("secure-kafka"))
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The shared PostgreSQL server. Tests use a database of their own (`postgres.create_database(...)`)."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def own_postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for one test, to stop and kill."""
    server = Postgres()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """The shared MariaDB server. Tests use a database of their own (`mariadb.create_database(...)`)."""
    server = MariaDb()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture
def own_mariadb() -> Iterator[MariaDb]:
    """A MariaDB server for one test, to stop and kill."""
    server = MariaDb()
    try:
        yield server.start()
    finally:
        server.close()


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Cassandra"]:
    """The shared Cassandra node. Tests use a keyspace of their own (`cassandra.create_keyspace(...)`)."""
    from support.services.cassandra import Cassandra  # the driver takes a while to load; most tests do without

    server = Cassandra(tmp_path_factory.mktemp("cassandra"))
    try:
        yield server.start()
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def own_cassandra(tmp_path: pathlib.Path) -> Iterator["Cassandra"]:
    """A Cassandra node for one test, to stop, kill and pause."""
    from support.services.cassandra import Cassandra

    server = Cassandra(tmp_path / "cassandra")
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[SmallDisk]:
    """A folder with room for 256 kB."""
    disk = SmallDisk(tmp_path / "small", kilobytes=256)
    try:
        yield disk
    finally:
        disk.close()


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Where the build under test is installed: programs, headers, CMake package."""
    return sdk.install(tmp_path_factory.mktemp("prefix"))


@pytest.fixture(scope="session")
def build_plugin(prefix: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pathlib.Path]:
    """From the folder of a plugin's sources, below the tree's root, to its library, built as a stranger would."""
    built: dict[str, pathlib.Path] = {}

    def build(source: str) -> pathlib.Path:
        if source not in built:
            folder = tmp_path_factory.mktemp(pathlib.Path(source).name)
            built[source] = sdk.build_plugin(ROOT / source, folder, prefix)
        return built[source]

    return build


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """unique("lines") → a name for a topic, group or connector that no other test has."""
    test = "".join(c if c.isalnum() else "-" for c in request.node.name)[:40]
    return lambda name: f"{name}-{test}-{next(_numbers)}"


def _distributed_names(number: int) -> dict[str, str]:
    return {"group.id": f"cluster-{number}", "config.storage.topic": f"configs-{number}",
            "offset.storage.topic": f"offsets-{number}", "status.storage.topic": f"status-{number}"}


def _maker(tmp_path: pathlib.Path, kind: type[Worker], bootstrap: Callable[[], str]) -> Iterator[Callable[..., Worker]]:
    made: list[Worker] = []
    cluster = next(_numbers)

    def make(settings: dict[str, Any] | None = None, connectors: dict[str, dict[str, Any]] | None = None,
             mode: str = "standalone", name: str | None = None, bootstrap_servers: str | None = None,
             **options: Any) -> Worker:
        names = _distributed_names(cluster) if mode == "distributed" else {}
        worker = kind(tmp_path / (name or f"{kind.kind}-{len(made)}"), bootstrap_servers or bootstrap(), mode=mode,
                      settings={**names, **(settings or {})}, connectors=connectors, **options)
        made.append(worker)
        return worker

    try:
        yield make
        for worker in made:
            worker.close()
    finally:
        for worker in made:
            worker.kill()


@pytest.fixture
def make_worker(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Callable[..., Worker]]:
    """make_worker(settings, connectors, mode="distributed", name=...) → a Worker, not started; stopped after the test.

    Distributed workers of one test form one cluster with topics of its own. The broker is the shared one, unless
    `bootstrap_servers` names another.
    """
    yield from _maker(tmp_path, Worker, lambda: request.getfixturevalue("kafka").bootstrap)


@pytest.fixture
def make_java_worker(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Callable[..., Worker]]:
    """As make_worker, for Apache Kafka's worker."""
    yield from _maker(tmp_path, JavaWorker, lambda: request.getfixturevalue("kafka").bootstrap)
