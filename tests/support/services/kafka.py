"""A single-node Apache Kafka with a data folder and free ports of its own."""

import base64
import os
import pathlib
import signal
import subprocess

from support.java import QUICK_START, ClassArchive, classpath, java
from support.ports import free_port
from support.process import ManagedProcess
from support.services.certificates import Certificates
from support.services.kafka_client import KafkaClient
from support.services.kafka_jars import kafka_jars, log4j_config


def new_cluster_id() -> str:
    # The first bit is 0, so that the id does not begin with "-", which the tool would take for an option.
    seed = os.urandom(16)
    return base64.urlsafe_b64encode(bytes([seed[0] & 0x7F]) + seed[1:]).decode().rstrip("=")


class Kafka(KafkaClient):
    """start(), stop(), restart() on the same ports; kill(), pause(), resume() for faults.

    `settings` are added to server.properties. The client methods (create_topic, produce, consume...) are KafkaClient's.
    """

    def __init__(self, folder: pathlib.Path, settings: dict[str, str] | None = None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.controller_port = free_port(), free_port()
        super().__init__(f"127.0.0.1:{self.port}")
        self.settings = settings or {}
        self.cluster_id = new_cluster_id()
        self.process: ManagedProcess | None = None
        self._archive: ClassArchive | None = None

    def listeners(self) -> dict[str, tuple[str, int]]:
        """Listener name → (protocol, port)."""
        return {"PLAINTEXT": ("PLAINTEXT", self.port)}

    def properties(self) -> dict[str, str]:
        listeners = self.listeners()
        addresses = [f"{name}://127.0.0.1:{port}" for name, (_, port) in listeners.items()]
        protocols = [f"{name}:{protocol}" for name, (protocol, _) in listeners.items()]
        return {
            "process.roles": "broker,controller",
            "node.id": "1",
            "controller.quorum.voters": f"1@127.0.0.1:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join([*addresses, f"CONTROLLER://127.0.0.1:{self.controller_port}"]),
            "advertised.listeners": ",".join(addresses),
            "listener.security.protocol.map": ",".join(["CONTROLLER:PLAINTEXT", *protocols]),
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": str(self.folder / "data"),
            "offsets.topic.replication.factor": "1",
            "transaction.state.log.replication.factor": "1",
            "transaction.state.log.min.isr": "1",
            "group.initial.rebalance.delay.ms": "0",
            # Fewer internal partitions: quicker to start and to stop.
            "offsets.topic.num.partitions": "4",
            "transaction.state.log.num.partitions": "4",
            # After SIGKILL the controller waits this long before it takes the broker back.
            "broker.session.timeout.ms": "4000",
            "broker.heartbeat.interval.ms": "1000",
            "share.coordinator.state.topic.replication.factor": "1",
            "share.coordinator.state.topic.min.isr": "1",
            **self.settings,
        }

    def format_options(self) -> list[str]:
        return []

    def start(self) -> "Kafka":
        """Starts the server and returns when it serves."""
        self.launch()
        self.wait_ready()
        return self

    def launch(self) -> None:
        """Starts the process only, so that several servers can start at the same time."""
        config = self.folder / "server.properties"
        if not config.exists():
            config.write_text("".join(f"{key}={value}\n" for key, value in self.properties().items()))
            self._format(config)
        class_path = classpath(kafka_jars())
        self._archive = ClassArchive("kafka", class_path)
        self.process = ManagedProcess(
            "kafka",
            [java(), "-Xmx512M", "-Xms128M", *QUICK_START, *self._archive.options(),
             f"-Dlog4j2.configurationFile=file:{log4j_config(self.folder)}",
             f"-Dkafka.logs.dir={self.folder}", "-cp", class_path, "kafka.Kafka", config],
            self.folder / "kafka.log")

    def wait_ready(self, timeout: float = 90.0) -> None:
        assert self.process and self._archive
        self.process.wait_for_log("Kafka Server started", self._archive.patience(timeout))

    def stop(self) -> None:
        if not self.process:
            return
        assert self._archive
        self.process.terminate(self._archive.patience(60))
        self._archive.keep()
        self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            assert self._archive
            self._archive.discard()
            self.process = None

    def pause(self) -> None:
        assert self.process
        self.process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process
        self.process.signal(signal.SIGCONT)

    def tool(self, main: str, *arguments: object, stdin: str | None = None, timeout: float = 90.0) -> str:
        """Runs one of Kafka's own command line tools and returns what it printed. About a second each."""
        class_path = classpath(kafka_jars())
        archive = ClassArchive(main.rpartition(".")[2], class_path)
        try:
            done = subprocess.run(
                [java(), "-Xmx256M", *QUICK_START, *archive.options(),
                 f"-Dlog4j2.configurationFile=file:{self._quiet_log()}", "-cp", class_path, main,
                 *map(str, arguments)],
                input=stdin or "", capture_output=True, text=True, timeout=archive.patience(timeout))
        finally:
            archive.keep()
        if done.returncode:
            raise RuntimeError(f"{main} {' '.join(map(str, arguments))} ended with {done.returncode}:\n"
                               f"{done.stdout}{done.stderr}")
        return done.stdout

    def topics_tool(self, *arguments: object) -> str:
        return self.tool("org.apache.kafka.tools.TopicCommand", "--bootstrap-server", self.bootstrap, *arguments)

    def console_consumer(self, topic: str, *arguments: object, timeout_ms: int = 10000) -> str:
        """Kafka's console consumer from the beginning; ends after --max-messages or `timeout_ms` without a record."""
        return self.tool("org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", self.bootstrap,
                         "--topic", topic, "--from-beginning", "--timeout-ms", timeout_ms, *arguments)

    def consumer_groups_tool(self, *arguments: object) -> str:
        return self.tool("org.apache.kafka.tools.consumer.group.ConsumerGroupCommand", "--bootstrap-server",
                         self.bootstrap, *arguments)

    def _quiet_log(self) -> pathlib.Path:
        path = self.folder / "tools-log4j2.yaml"
        path.write_text("Configuration:\n  Loggers:\n    Root: {level: off}\n")
        return path

    def _format(self, config: pathlib.Path) -> None:
        self.tool("kafka.tools.StorageTool", "format", "-t", self.cluster_id, "-c", config, *self.format_options())


class SecureKafka(Kafka):
    """Kafka with the listeners PLAINTEXT, SSL (client certificate wanted when `client_auth` is "required"), SASL_SSL and
    SASL_PLAINTEXT (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512), and ACLs for all but the plain-text listener's users.

    Users admin/admin-secret (may do everything) and alice/alice-secret, bob/bob-secret (nothing until allow() says so).
    """

    USERS = {"admin": "admin-secret", "alice": "alice-secret", "bob": "bob-secret"}

    def __init__(self, folder: pathlib.Path, settings: dict[str, str] | None = None, client_auth: str = "none"):
        super().__init__(folder, settings)
        self.client_auth = client_auth
        self.ssl_port, self.sasl_ssl_port, self.sasl_plaintext_port = free_port(), free_port(), free_port()
        self.certificates = Certificates(self.folder / "certificates")
        self.certificates.issue("server")
        self.certificates.issue("client", jks=True)

    @property
    def ssl_bootstrap(self) -> str:
        return f"localhost:{self.ssl_port}"

    @property
    def sasl_ssl_bootstrap(self) -> str:
        return f"localhost:{self.sasl_ssl_port}"

    @property
    def sasl_plaintext_bootstrap(self) -> str:
        return f"localhost:{self.sasl_plaintext_port}"

    def listeners(self) -> dict[str, tuple[str, int]]:
        return {**super().listeners(), "SSL": ("SSL", self.ssl_port), "SASL_SSL": ("SASL_SSL", self.sasl_ssl_port),
                "SASL_PLAINTEXT": ("SASL_PLAINTEXT", self.sasl_plaintext_port)}

    def properties(self) -> dict[str, str]:
        result = super().properties()
        result["advertised.listeners"] = result["advertised.listeners"].replace("127.0.0.1", "localhost")
        users = " ".join(f'user_{name}="{password}"' for name, password in self.USERS.items())
        module = "org.apache.kafka.common.security"
        result["sasl.enabled.mechanisms"] = "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512"
        for listener in ("sasl_ssl", "sasl_plaintext"):
            prefix = f"listener.name.{listener}"
            result[f"{prefix}.plain.sasl.jaas.config"] = f"{module}.plain.PlainLoginModule required {users};"
            for mechanism in ("scram-sha-256", "scram-sha-512"):
                result[f"{prefix}.{mechanism}.sasl.jaas.config"] = f"{module}.scram.ScramLoginModule required;"
        for listener in ("ssl", "sasl_ssl"):
            prefix = f"listener.name.{listener}.ssl"
            result[f"{prefix}.keystore.location"] = str(self.certificates.path("server.p12"))
            result[f"{prefix}.keystore.type"] = "PKCS12"
            result[f"{prefix}.keystore.password"] = self.certificates.password
        result["listener.name.ssl.ssl.client.auth"] = self.client_auth
        result["listener.name.ssl.ssl.truststore.location"] = str(self.certificates.path("trust.p12"))
        result["listener.name.ssl.ssl.truststore.type"] = "PKCS12"
        result["listener.name.ssl.ssl.truststore.password"] = self.certificates.password
        result["authorizer.class.name"] = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"
        result["super.users"] = "User:ANONYMOUS;User:admin"
        result["allow.everyone.if.no.acl.found"] = "false"
        return {**result, **self.settings}

    def format_options(self) -> list[str]:
        return [option for name, password in self.USERS.items() for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512")
                for option in ("--add-scram", f"{mechanism}=[name={name},password={password}]")]

    def allow(self, user: str, *arguments: object) -> None:
        """allow("bob", "--operation", "All", "--topic", "t")"""
        self.tool("org.apache.kafka.tools.AclCommand", "--bootstrap-server", self.bootstrap, "--add",
                  "--allow-principal", f"User:{user}", *arguments)
