"""The REST API over TLS, and behind basic authentication."""

import pathlib
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
