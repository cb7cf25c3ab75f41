"""How workers listen and how they reach each other: HTTPS, client certificates, passwords, admin listeners, CORS."""

import json
import pathlib
import ssl
import urllib.error
import urllib.request
from typing import Any, Callable

import pytest

from support.eventually import eventually
from support.ports import free_port
from support.rest import Rest
from support.services.certificates import Certificates
from support.worker import Worker

Maker = Callable[..., Worker]
FAST = {"scheduled.rebalance.max.delay.ms": 0, "session.timeout.ms": 6000, "heartbeat.interval.ms": 1000}
SOURCE = {"connector.class": "org.apache.kafka.connect.tools.VerifiableSourceConnector", "throughput": 5, "tasks.max": 2}
EXTENSION = "org.apache.kafka.connect.rest.basic.auth.extension.BasicAuthSecurityRestExtension"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    made = Certificates(tmp_path_factory.mktemp("certificates"))
    made.issue("server")
    return made


class Https:
    """The few calls that are needed here, over TLS."""

    def __init__(self, port: int, certificates: Certificates, client: str | None):
        self.url = f"https://localhost:{port}"
        self.context = ssl.create_default_context(cafile=str(certificates.path("ca.pem")))
        if client:
            self.context.load_cert_chain(certificates.path(f"{client}-all.pem"))

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=60) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or "null")


@pytest.mark.parametrize("prefix, client_auth", [("listeners.https.", "none"), ("", "required")])
def test_workers_forward_over_https(make_worker: Maker, certificates: Certificates, prefix: str, client_auth: str,
                                    unique: Callable[[str], str]) -> None:
    tls = {"ssl.keystore.location": certificates.path("server.p12"), "ssl.keystore.password": certificates.password,
           "ssl.truststore.location": certificates.path("trust.p12"), "ssl.truststore.password": certificates.password,
           "ssl.client.auth": client_auth}
    tls = {prefix + key: value for key, value in tls.items()}
    ports = [free_port() for _ in range(2)]
    workers = [make_worker({**FAST, **tls, "listeners": f"https://localhost:{port}"}, mode="distributed") for port in ports]
    rest = [Https(port, certificates, "server" if client_auth == "required" else None) for port in ports]
    for worker, over in zip(workers, rest):
        worker.launch()
        eventually(lambda over=over: over.call("GET", "/connectors")[0] == 200, 60)
    for number, over in enumerate(rest):  # one of them has to ask the other
        name = unique(f"numbers-{number}")
        assert over.call("POST", "/connectors", {"name": name, "config": {**SOURCE, "topic": unique("t")}})[0] == 201

        def states() -> list[str]:
            status = over.call("GET", f"/connectors/{name}/status")[1]
            return [status["connector"]["state"], *(task["state"] for task in status["tasks"])]

        eventually(lambda: states() == ["RUNNING"] * 3, 60)
        for task in range(2):
            assert over.call("POST", f"/connectors/{name}/tasks/{task}/restart") == (204, None)
    if client_auth == "required":
        with pytest.raises(OSError):
            Https(ports[0], certificates, None).call("GET", "/")


def test_a_plain_worker_forwards_to_one_with_https(make_worker: Maker, certificates: Certificates,
                                                   unique: Callable[[str], str]) -> None:
    trust = {"listeners.https.ssl.truststore.location": certificates.path("trust.p12"),
             "listeners.https.ssl.truststore.password": certificates.password}
    key = {"listeners.https.ssl.keystore.location": certificates.path("server.p12"),
           "listeners.https.ssl.keystore.password": certificates.password}
    port = free_port()
    make_worker({**FAST, **trust, **key, "listeners": f"https://localhost:{port}"}, mode="distributed").launch()
    leader = Https(port, certificates, None)
    eventually(lambda: leader.call("GET", "/connectors")[0] == 200, 60)
    follower = make_worker({**FAST, **trust}, mode="distributed").start()
    name = unique("numbers")
    follower.rest.create(name, {**SOURCE, "topic": unique("t")})
    follower.rest.await_running(name, 2)
    eventually(lambda: len({task["worker_id"] for task in follower.rest.status(name)["tasks"]}) == 2, 60)
    for task in range(2):
        assert follower.rest.request("POST", f"/connectors/{name}/tasks/{task}/restart").status == 204
        assert leader.call("POST", f"/connectors/{name}/tasks/{task}/restart") == (204, None)
    assert leader.call("DELETE", f"/connectors/{name}") == (204, None)


def test_a_password_travels_with_forwarded_requests(make_worker: Maker, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch,
                                                    unique: Callable[[str], str]) -> None:
    (tmp_path / "users").write_text("admin=secret\n")
    (tmp_path / "jaas").write_text('KafkaConnect { org.apache.kafka.connect.rest.basic.auth.extension.PropertyFileLoginModule '
                                   f'required file="{tmp_path / "users"}"; }};\n')
    monkeypatch.setenv("KAFKA_OPTS", f"-Djava.security.auth.login.config={tmp_path / 'jaas'}")
    workers = [make_worker({**FAST, "rest.extension.classes": EXTENSION}, mode="distributed") for _ in range(2)]
    for worker in workers:
        worker.launch()
        worker.rest = Rest(worker.url, {"Authorization": "Basic YWRtaW46c2VjcmV0"})
        eventually(worker.rest.is_up, 60)
    for number, worker in enumerate(workers):
        name = unique(f"numbers-{number}")
        worker.rest.create(name, {**SOURCE, "topic": unique("t")})
        worker.rest.await_running(name, 2)
        assert worker.rest.request("PUT", f"/connectors/{name}/stop").status == 204
        assert Rest(worker.url).request("DELETE", f"/connectors/{name}").status == 401
        worker.rest.put(f"/connectors/{name}/resume")
        worker.rest.await_running(name, 2)  # tasks are published worker to worker, without a password


def test_admin_listeners(make_worker: Maker) -> None:
    port = free_port()
    apart = make_worker({"admin.listeners": f"http://127.0.0.1:{port}"}, mode="distributed").start()
    admin = Rest(f"http://127.0.0.1:{port}")
    assert admin.get("/admin/loggers")["root"]["level"] == "INFO"
    assert admin.request("GET", "/connectors").status == 404
    assert apart.rest.request("GET", "/admin/loggers").status == 404
    assert apart.rest.request("PUT", "/admin/loggers/root", {"level": "INFO"}).status == 404
    nowhere = make_worker({"admin.listeners": ""}, mode="distributed").start()
    assert nowhere.rest.request("GET", "/admin/loggers").status == 404
    with_the_rest = make_worker(mode="distributed").start()
    assert with_the_rest.rest.request("GET", "/admin/loggers").status == 200


def test_other_origins_are_allowed_as_configured(make_worker: Maker) -> None:
    open_to_all = make_worker({"access.control.allow.origin": "*", "access.control.allow.methods": "GET,PUT,OPTIONS"},
                              mode="distributed").start()
    answer = open_to_all.rest.request("GET", "/connectors", headers={"Origin": "http://page.example"})
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "http://page.example")
    asked = {"Origin": "http://page.example", "Access-Control-Request-Method": "PUT"}
    assert "PUT" in open_to_all.rest.request("OPTIONS", "/connectors", headers=asked).headers["access-control-allow-methods"]
    asked["Access-Control-Request-Method"] = "DELETE"
    assert "DELETE" not in open_to_all.rest.request("OPTIONS", "/connectors", headers=asked).headers["access-control-allow-methods"]
    closed = make_worker(mode="distributed").start()
    assert "access-control-allow-origin" not in closed.rest.request("GET", "/connectors",
                                                                    headers={"Origin": "http://page.example"}).headers
