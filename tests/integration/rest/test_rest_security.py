"""The REST API over TLS, and behind basic authentication."""

import pathlib
import socket
import ssl
import urllib.error
import urllib.request
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.ports import free_port
from support.services.certificates import Certificates
from support.worker import Worker

EXTENSION = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.issue("server", jks=True)
    return made


@pytest.mark.parametrize("store", ["server.p12", "server.jks"])
def test_https_with_the_stores_that_java_users_have(store: str, certificates: Certificates,
                                                    make_worker: Callable[..., Worker]) -> None:
    port, plain = free_port(), free_port()
    worker = make_worker({"listeners": f"https://127.0.0.1:{port},http://127.0.0.1:{plain}",
                          "ssl.keystore.location": certificates.path(store), "ssl.keystore.password": certificates.password})
    worker.launch()
    context = ssl.create_default_context(cafile=str(certificates.path("ca.pem")))

    def answer() -> Any:
        with urllib.request.urlopen(f"https://localhost:{port}/", context=context, timeout=60) as response:
            return response.read()

    assert b'"version":"4.1.0"' in eventually(answer, 60, "HTTPS answers")


@pytest.mark.parametrize("settings, agreed", [
    ({"ssl.enabled.protocols": "TLSv1.2"}, {"TLSv1.2"}), ({"ssl.enabled.protocols": "TLSv1.3, TLSv1.1"}, {"TLSv1.3"}),
    ({"ssl.cipher.suites": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,TLS_NO_SUCH"}, {"TLSv1.2"}),
    ({"ssl.cipher.suites": "TLS_AES_128_GCM_SHA256"}, {"TLSv1.3"}), ({}, {"TLSv1.2", "TLSv1.3"})])
def test_https_keeps_to_the_protocols_and_suites_that_it_is_given(settings: dict[str, str], agreed: set[str],
                                                                  certificates: Certificates,
                                                                  make_worker: Callable[..., Worker]) -> None:
    port, plain = free_port(), free_port()
    worker = make_worker({"listeners": f"https://127.0.0.1:{port},http://127.0.0.1:{plain}", **settings,
                          "ssl.keystore.location": certificates.path("server.p12"),
                          "ssl.keystore.password": certificates.password})
    worker.launch()
    worker.await_log("Kafka Connect started")

    def suite(version: ssl.TLSVersion) -> str | None:
        context = ssl.create_default_context(cafile=str(certificates.path("ca.pem")))
        context.minimum_version = context.maximum_version = version
        try:
            with socket.create_connection(("127.0.0.1", port), 60) as connection, \
                    context.wrap_socket(connection, server_hostname="localhost") as tls:
                return tls.cipher()[0]
        except ssl.SSLError:
            return None

    suites = {"TLSv1.2": suite(ssl.TLSVersion.TLSv1_2), "TLSv1.3": suite(ssl.TLSVersion.TLSv1_3)}
    assert {version for version, name in suites.items() if name} == agreed
    if "ssl.cipher.suites" in settings:
        assert {name for name in suites.values() if name} <= {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_AES_128_GCM_SHA256"}


@pytest.mark.parametrize("settings", [{"ssl.enabled.protocols": "TLSv1.1"}, {"ssl.cipher.suites": "TLS_NO_SUCH"}])
def test_https_without_a_protocol_or_suite_is_refused(settings: dict[str, str], certificates: Certificates,
                                                      make_worker: Callable[..., Worker]) -> None:
    worker = make_worker({"listeners": f"https://127.0.0.1:{free_port()}", **settings,
                          "ssl.keystore.location": certificates.path("server.p12"),
                          "ssl.keystore.password": certificates.password})
    status, _, log = worker.run_to_end(worker.write_files())
    assert status == 2
    assert next(iter(settings)) in log


def test_basic_authentication_with_javas_files(tmp_path: pathlib.Path, make_worker: Callable[..., Worker],
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "users").write_text("admin=secret\n")
    (tmp_path / "jaas").write_text('KafkaConnect {\n  org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule '
                                   f'required\n  file="{tmp_path / "users"}";\n}};\n')
    monkeypatch.setenv("KAFKA_OPTS", f"-Djava.security.auth.login.config={tmp_path / 'jaas'}")
    worker = make_worker({"rest.extension.classes": EXTENSION})
    worker.launch()

    def status(credentials: str | None) -> int:
        headers = {"Authorization": f"Basic {credentials}"} if credentials else {}
        return worker.rest.request("GET", "/connectors", headers=headers).status

    eventually(lambda: status("YWRtaW46c2VjcmV0") == 200, 60, "admin:secret is let in")
    assert status(None) == 401
    assert status("YWRtaW46d3Jvbmc=") == 401  # admin:wrong
    assert worker.rest.request("GET", "/connectors").body == b"User cannot access the resource."
