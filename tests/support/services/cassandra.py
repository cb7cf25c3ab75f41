"""A single Apache Cassandra node with data folders and ports of its own."""

import json
import os
import pathlib
import ssl
from typing import Any

from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from cassandra.policies import WhiteListRoundRobinPolicy

from support.java import QUICK_START, ClassArchive, classpath, java
from support.ports import free_port
from support.process import ManagedProcess
from support.services.cassandra_jars import cassandra_jars
from support.services.certificates import Certificates

_OPENS = [f"java.base/{name}" for name in (
    "java.io", "java.lang", "java.lang.module", "java.lang.reflect", "java.math", "java.net", "java.nio", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.loader", "jdk.internal.math",
    "jdk.internal.module", "jdk.internal.ref", "jdk.internal.reflect", "jdk.internal.util.jar", "sun.nio.ch",
)] + ["jdk.management/com.sun.management.internal"]
_EXPORTS = ["java.base/java.lang.ref", "java.base/jdk.internal.misc", "java.base/jdk.internal.ref", "java.base/sun.nio.ch",
            "java.management.rmi/com.sun.jmx.remote.internal.rmi", "java.rmi/sun.rmi.registry", "java.rmi/sun.rmi.server",
            "java.sql/java.sql", "jdk.unsupported/sun.misc"]
_PROPERTIES = {
    "skip_wait_for_gossip_to_settle": "0", "ring_delay_ms": "0", "superuser_setup_delay_ms": "0",
    "shutdown_announce_in_ms": "0", "skip_sync": "true", "memtable.row_overhead_size": "100",
    "test.ignore_sigar": "true", "auth_bcrypt_gensalt_log2_rounds": "4",
}
_LOGBACK = """<configuration>
  <appender name="C" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %p %c %m%n</pattern></encoder></appender>
  <root level="INFO"><appender-ref ref="C"/></root>
</configuration>
"""
_PATIENT = ("read_request_timeout", "range_request_timeout", "write_request_timeout", "counter_write_request_timeout",
            "truncate_request_timeout", "native_transport_timeout")


class Cassandra:
    """start(), stop(), kill(), pause(), resume(), restart(); session() and execute() by the Python driver.

    `settings` are cassandra.yaml's. `passwords`: users must log in, the superuser is cassandra/cassandra. `certificates`,
    with a key named "server", turn TLS for clients on; `client_auth` asks clients for a certificate. More nodes of a cluster
    take `address` 127.0.0.2 and so on, their own `token`, and the first node as `seed`.
    """

    def __init__(self, folder: pathlib.Path, settings: dict[str, Any] | None = None, *, passwords: bool = False,
                 certificates: Certificates | None = None, client_auth: bool = False, address: str = "127.0.0.1",
                 token: int = 0, seed: "Cassandra | None" = None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.address = address
        self.port = seed.port if seed else free_port()
        self.storage_port = seed.storage_port if seed else free_port()
        self._ssl_storage_port = free_port()
        self._seed = seed or self
        self._token = token
        self.passwords = passwords
        self.certificates = certificates
        self.client_auth = client_auth
        self.settings = settings or {}
        self.process: ManagedProcess | None = None
        self._archive: ClassArchive | None = None
        self._cluster: Cluster | None = None
        self._session: Session | None = None

    def _yaml(self) -> dict[str, Any]:
        folder = self.folder
        result: dict[str, Any] = {
            "cluster_name": "test",
            "num_tokens": 1,
            "initial_token": str(self._token),
            "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
            "endpoint_snitch": "SimpleSnitch",
            "seed_provider": [{"class_name": "org.apache.cassandra.locator.SimpleSeedProvider",
                               "parameters": [{"seeds": f"{self._seed.address}:{self._seed.storage_port}"}]}],
            "listen_address": self.address,
            "rpc_address": self.address,
            "storage_port": self.storage_port,
            "ssl_storage_port": self._ssl_storage_port,
            "native_transport_port": self.port,
            "data_file_directories": [str(folder / "data")],
            "commitlog_directory": str(folder / "commitlog"),
            "saved_caches_directory": str(folder / "caches"),
            "hints_directory": str(folder / "hints"),
            "cdc_raw_directory": str(folder / "cdc"),
            # With "periodic" a killed node forgets the last 10 s.
            "commitlog_sync": "batch",
            "commitlog_segment_size": "4MiB",
            "auto_snapshot": False,
            "materialized_views_enabled": True,
            "user_defined_functions_enabled": True,
            **{name: "60s" for name in _PATIENT},
        }
        if self.passwords:
            result |= {"authenticator": "PasswordAuthenticator", "authorizer": "CassandraAuthorizer",
                       "roles_validity": "0ms", "permissions_validity": "0ms", "credentials_validity": "0ms"}
        if self.certificates:
            result["client_encryption_options"] = {
                "enabled": True, "optional": False, "keystore": str(self.certificates.path("server.p12")),
                "keystore_password": self.certificates.password, "require_client_auth": self.client_auth,
                "truststore": str(self.certificates.path("trust.p12")),
                "truststore_password": self.certificates.password}
        return {**result, **self.settings}

    def start(self) -> "Cassandra":
        self.launch()
        self.wait_ready()
        return self

    def launch(self) -> None:
        config, logback = self.folder / "cassandra.yaml", self.folder / "logback.xml"
        config.write_text(json.dumps(self._yaml(), indent=1))
        logback.write_text(_LOGBACK)
        class_path = classpath(cassandra_jars())
        self._archive = ClassArchive("cassandra", class_path)
        command = [
            java(), "-Xmx512M", *QUICK_START, *self._archive.options(), "-Djdk.attach.allowAttachSelf=true",
            *(part for name in _OPENS for part in ("--add-opens", f"{name}=ALL-UNNAMED")),
            *(part for name in _EXPORTS for part in ("--add-exports", f"{name}=ALL-UNNAMED")),
            *(f"-Dcassandra.{key}={value}" for key, value in _PROPERTIES.items()),
            f"-Dcassandra.config=file://{config}", f"-Dlogback.configurationFile={logback}",
            f"-Dcassandra.storagedir={self.folder}", "-Dcassandra-foreground=yes", "-cp", class_path,
            "org.apache.cassandra.service.CassandraDaemon"]
        if os.getuid() == 0:
            # As root the server would lock all of its memory: 30 s of processor time and 500 MB more.
            command = ["setpriv", "--bounding-set=-ipc_lock", "prlimit", "--memlock=65536", *command]
        self.process = ManagedProcess("cassandra", command, self.folder / "cassandra.log")

    def wait_ready(self, timeout: float = 120.0) -> None:
        assert self.process and self._archive
        self.process.wait_for_log("Startup complete", self._archive.patience(timeout))

    def stop(self) -> None:
        if not self.process:
            return
        self._disconnect()
        assert self._archive
        self.process.terminate(self._archive.patience(60))
        self._archive.keep()
        self.process = None

    def kill(self) -> None:
        self._disconnect()
        if self.process:
            self.process.kill()
            assert self._archive
            self._archive.discard()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        assert self.process
        self.process.pause()

    def resume(self) -> None:
        assert self.process
        self.process.resume()

    def connect(self, user: str | None = None, password: str | None = None) -> tuple[Cluster, Session]:
        """A connection of the caller's own, to be shut down by it."""
        if self.passwords and user is None:
            user, password = "cassandra", "cassandra"
        profile = ExecutionProfile(load_balancing_policy=WhiteListRoundRobinPolicy([self.address]), request_timeout=60)
        options: dict[str, Any] = {}
        if user is not None:
            options["auth_provider"] = PlainTextAuthProvider(user, password)
        if self.certificates:
            context = ssl.create_default_context(cafile=str(self.certificates.path("ca.pem")))
            context.check_hostname = False
            if self.client_auth:
                context.load_cert_chain(self.certificates.path("client.pem"), self.certificates.path("client.key"))
            options["ssl_context"] = context
        cluster = Cluster([self.address], port=self.port, protocol_version=5, connect_timeout=30,
                          control_connection_timeout=30, execution_profiles={EXEC_PROFILE_DEFAULT: profile}, **options)
        return cluster, cluster.connect()

    def session(self) -> Session:
        """The shared session, as the superuser where passwords are on."""
        if self._session is None:
            self._cluster, self._session = self.connect()
        return self._session

    def _disconnect(self) -> None:
        if self._cluster:
            self._cluster.shutdown()
        self._cluster = self._session = None

    def execute(self, statement: str, parameters: Any = None) -> list[Any]:
        """Rows as named tuples."""
        return list(self.session().execute(statement, parameters))

    def create_keyspace(self, name: str) -> str:
        self.execute(f"CREATE KEYSPACE {name} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}} "
                     "AND durable_writes = true")
        return name
