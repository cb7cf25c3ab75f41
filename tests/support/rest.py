"""A worker's REST API, by the standard library only."""

import dataclasses
import http.client
import json
import urllib.parse
from typing import Any

from support.eventually import eventually


@dataclasses.dataclass(frozen=True)
class Response:
    status: int
    headers: dict[str, str]  # names in lower case
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


class RestError(AssertionError):
    def __init__(self, method: str, path: str, response: Response):
        super().__init__(f"{method} {path}: {response.status} {response.body[:2000]!r}")
        self.response = response


class Rest:
    """request() answers whatever comes; the named calls raise RestError for any status from 400 on."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, timeout: float = 90.0):
        self.url = url.rstrip("/")
        self._headers = headers or {}
        self._timeout = timeout

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Response:
        """`body`: bytes and str as they are, anything else as JSON."""
        parts = urllib.parse.urlsplit(self.url)
        connection_type = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = connection_type(parts.hostname, parts.port, timeout=self._timeout)
        all_headers = {"Accept": "application/json", **self._headers, **(headers or {})}
        if body is not None:
            if not isinstance(body, (bytes, str)):
                body = json.dumps(body)
            all_headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, parts.path + path, body, all_headers)
            answer = connection.getresponse()
            return Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        response = self.request(method, path, body)
        if response.status >= 400:
            raise RestError(method, path, response)
        return response.json() if response.body else None

    def get(self, path: str) -> Any:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.call("POST", path, body)

    def put(self, path: str, body: Any = None) -> Any:
        return self.call("PUT", path, body)

    def patch(self, path: str, body: Any = None) -> Any:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self.call("DELETE", path)

    # --- connectors

    def is_up(self) -> bool:
        try:
            return self.request("GET", "/connectors").status == 200
        except OSError:
            return False

    def connectors(self) -> list[str]:
        return sorted(self.get("/connectors"))

    def create(self, name: str, config: dict[str, Any]) -> Any:
        return self.post("/connectors", {"name": name, "config": config})

    def put_config(self, name: str, config: dict[str, Any]) -> Any:
        return self.put(f"/connectors/{_quoted(name)}/config", config)

    def status(self, name: str) -> Any:
        return self.get(f"/connectors/{_quoted(name)}/status")

    def offsets(self, name: str) -> list[Any]:
        return self.get(f"/connectors/{_quoted(name)}/offsets")["offsets"]

    def states(self, name: str) -> tuple[str, list[str]]:
        """The connector's state and its tasks'."""
        status = self.status(name)
        return status["connector"]["state"], [task["state"] for task in status["tasks"]]

    def await_states(self, name: str, connector: str = "RUNNING", tasks: list[str] | None = None,
                     timeout: float = 60.0) -> Any:
        """Waits for a connector's state and its tasks' (by default one that is RUNNING); returns the status."""
        wanted = (connector, ["RUNNING"] if tasks is None else tasks)
        eventually(lambda: _is(self.states(name), wanted), timeout, f"{name} is {wanted}")
        return self.status(name)

    def await_running(self, name: str, tasks: int = 1, timeout: float = 60.0) -> Any:
        return self.await_states(name, "RUNNING", ["RUNNING"] * tasks, timeout)

    def await_failed_task(self, name: str, task: int = 0, timeout: float = 60.0) -> str:
        """Waits until a task has FAILED; returns its trace."""
        def trace() -> str | None:
            found = [t for t in self.status(name)["tasks"] if t["id"] == task]
            return found[0]["trace"] if found and found[0]["state"] == "FAILED" else _is(found, "FAILED")

        return eventually(trace, timeout, f"task {task} of {name} is FAILED")


def _is(found: Any, wanted: Any) -> bool:
    """True, or an exception that shows what was found, for eventually() to report."""
    if found != wanted:
        raise LookupError(f"it is {found}")
    return True


def _quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")
