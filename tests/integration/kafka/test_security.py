"""TLS and SASL from Java's keys, for the clients on librdkafka and for worker membership alike."""

from typing import Iterator

import pytest

from integration.kafka.programs import run_program
from support.services.kafka import SecureKafka

# One test of each program that needs the connection only.
CLIENTS = "ClientsTest.AdminManagesTopicsAndGroups"
GROUP = "GroupTest.OneMemberLeadsAndHoldsEverything"
MODULE = "org.apache.kafka.common.security"


def trust(broker: SecureKafka, store: str = "trust.p12") -> dict[str, str]:
    return {"ssl.truststore.location": str(broker.certificates.path(store)),
            "ssl.truststore.password": broker.certificates.password}


def keys(broker: SecureKafka, store: str) -> dict[str, str]:
    return {"ssl.keystore.location": str(broker.certificates.path(store)),
            "ssl.keystore.password": broker.certificates.password,
            "ssl.key.password": broker.certificates.password}


def login(module: str, user: str, password: str) -> str:
    return f'{MODULE}.{module} required username="{user}" password="{password}";'


def connect(broker: SecureKafka, port: int, settings: dict[str, str]) -> None:
    run_program("it_kafka_clients", f"localhost:{port}", settings, CLIENTS)
    run_program("it_kafka_group", f"localhost:{port}", settings, GROUP)


def as_admin(mechanism: str) -> dict[str, str]:
    module = "plain.PlainLoginModule" if mechanism == "PLAIN" else "scram.ScramLoginModule"
    return {"sasl.mechanism": mechanism, "sasl.jaas.config": login(module, "admin", SecureKafka.USERS["admin"])}


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_sasl_without_tls(secure_kafka: SecureKafka, mechanism: str) -> None:
    connect(secure_kafka, secure_kafka.sasl_plaintext_port, {"security.protocol": "SASL_PLAINTEXT", **as_admin(mechanism)})


@pytest.mark.parametrize("store", ["trust.p12", "trust.jks"])
def test_sasl_over_tls_with_a_store_whose_type_is_not_given(secure_kafka: SecureKafka, store: str) -> None:
    connect(secure_kafka, secure_kafka.sasl_ssl_port,
            {"security.protocol": "SASL_SSL", **as_admin("SCRAM-SHA-512"), **trust(secure_kafka, store)})


def test_trust_in_pem(secure_kafka: SecureKafka) -> None:
    ca = secure_kafka.certificates.path("ca.pem")
    connect(secure_kafka, secure_kafka.sasl_ssl_port,
            {"security.protocol": "SASL_SSL", **as_admin("PLAIN"), "ssl.truststore.type": "PEM",
             "ssl.truststore.location": str(ca)})


def test_tls_alone_without_a_client_certificate(secure_kafka: SecureKafka) -> None:
    # The TLS listener's users may do nothing but say hello.
    run_program("it_kafka_clients", secure_kafka.ssl_bootstrap, {"security.protocol": "SSL", **trust(secure_kafka)},
                "ClientsTest.TheClusterTellsItsId")


@pytest.mark.parametrize("settings", [
    {"ssl.truststore.password": "wrong"},
    {"ssl.truststore.location": "/no/such/file"},
])
def test_a_store_that_does_not_open_is_said(secure_kafka: SecureKafka, settings: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="ssl.truststore.location: "):
        run_program("it_kafka_clients", secure_kafka.ssl_bootstrap,
                    {"security.protocol": "SSL", **trust(secure_kafka), **settings}, "ClientsTest.TheClusterTellsItsId")


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_a_wrong_password_is_said_at_once(secure_kafka: SecureKafka, mechanism: str) -> None:
    settings = {"security.protocol": "SASL_PLAINTEXT", **as_admin(mechanism)}
    settings["sasl.jaas.config"] = settings["sasl.jaas.config"].replace("admin-secret", "guess")
    with pytest.raises(AssertionError, match="Authentication failed"):
        run_program("it_kafka_clients", secure_kafka.sasl_plaintext_bootstrap, settings, "ClientsTest.TheClusterTellsItsId",
                    timeout=20)
    with pytest.raises(AssertionError, match="Authentication failed"):
        run_program("it_kafka_group", secure_kafka.sasl_plaintext_bootstrap, settings, GROUP, timeout=60)


@pytest.mark.parametrize("store", ["client.p12", "client.jks", "client-all.pem"])
def test_client_certificates_from_every_kind_of_store(mutual_kafka: SecureKafka, store: str) -> None:
    settings = {"security.protocol": "SSL", **trust(mutual_kafka), **keys(mutual_kafka, store)}
    if store.endswith(".pem"):
        settings["ssl.keystore.type"] = "PEM"
        del settings["ssl.keystore.password"], settings["ssl.key.password"]
    run_program("it_kafka_clients", mutual_kafka.ssl_bootstrap, settings, "ClientsTest.TheClusterTellsItsId")
    run_program("it_kafka_group", mutual_kafka.ssl_bootstrap, settings, GROUP)


@pytest.fixture(scope="module")
def mutual_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureKafka]:
    """Wants client certificates, and lets their holder do everything."""
    server = SecureKafka(tmp_path_factory.mktemp("mutual-kafka"),
                         {"super.users": "User:ANONYMOUS;User:admin;User:CN=client"}, client_auth="required")
    try:
        yield server.start()
    finally:
        server.kill()
