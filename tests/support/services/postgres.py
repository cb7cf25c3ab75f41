"""A PostgreSQL server (Debian's package) with a data folder and port of its own."""

import contextlib
import glob
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
from typing import Any

import psycopg2

from support.eventually import eventually
from support.ports import free_port
from support.process import ManagedProcess
from support.services.certificates import Certificates

USER, PASSWORD = "rig", "rig-secret"


def _programs() -> pathlib.Path:
    """The newest installed version's programs; they are not on PATH."""
    folders = glob.glob("/usr/lib/postgresql/*/bin")
    if not folders:
        raise RuntimeError("PostgreSQL is not installed; run tools/install-deps")
    return pathlib.Path(max(folders, key=lambda folder: int(re.findall(r"/(\d+)/", folder)[0])))


def _stat(pid: int) -> list[str]:
    """State, parent and so on; empty when there is no such process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parent(pid: int) -> int:
    stat = _stat(pid)
    return int(stat[1]) if stat else 0


def _is_alive(pid: int) -> bool:
    return _stat(pid)[:1] not in ([], ["Z"])


class Postgres:
    """start(), stop(), kill() (a crash), restart(); execute() and query() as the superuser.

    The server refuses root, so it then runs as the package's user postgres, in a folder that this user can reach.
    """

    def __init__(self, settings: dict[str, str] | None = None, certificates: Certificates | None = None):
        """`certificates`, with a key named "server", turns TLS on."""
        self.port = free_port()
        self.settings = settings or {}
        self.process: ManagedProcess | None = None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-postgres."))
        self._user = "postgres" if os.getuid() == 0 else None
        self._initialise(certificates)

    def _initialise(self, certificates: Certificates | None) -> None:
        password = self.folder / "password"
        password.write_text(PASSWORD + "\n")
        if certificates:
            for name in ("server.pem", "server.key"):
                shutil.copy(certificates.path(name), self.folder / name)
                (self.folder / name).chmod(0o600)
            self.settings |= {"ssl": "on", "ssl_cert_file": str(self.folder / "server.pem"),
                              "ssl_key_file": str(self.folder / "server.key")}
        if self._user:
            for path in (self.folder, *self.folder.iterdir()):
                shutil.chown(path, self._user, self._user)
        command = [str(_programs() / "initdb"), "-D", str(self.folder / "data"), "-U", USER, f"--pwfile={password}",
                   "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        if self._user:
            command = ["setpriv", f"--reuid={self._user}", f"--regid={self._user}", "--init-groups", *command]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise RuntimeError(f"initdb: {done.stdout}{done.stderr}")

    def start(self) -> "Postgres":
        self.launch()
        self.wait_ready()
        return self

    def launch(self) -> None:
        settings = {"fsync": "off", "listen_addresses": "127.0.0.1", "max_connections": "200",
                    "shared_buffers": "64MB", "wal_level": "logical", **self.settings}
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.process = ManagedProcess(
            "postgres", [_programs() / "postgres", "-D", self.folder / "data", "-p", self.port, "-k", self.folder, *options],
            self.folder / "postgres.log", user=self._user, cwd=pathlib.Path("/"))

    def wait_ready(self) -> None:
        assert self.process
        self.process.wait_until(lambda: self.query("SELECT 1"), 60, "PostgreSQL answers")

    def stop(self) -> None:
        """A fast shutdown: clients are disconnected."""
        if self.process:
            self.process.resume()
            self.process.send(signal.SIGINT)
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """A crash of the whole server: a new one does not start while a process of the old one holds its shared memory."""
        if self.process:
            children = self._children()
            self.process.kill()
            self.process = None
            for child in children:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            eventually(lambda: not any(_is_alive(child) for child in children), 30, "PostgreSQL's processes are gone")

    def _children(self) -> list[int]:
        assert self.process
        parents = {int(entry.name): _parent(int(entry.name)) for entry in pathlib.Path("/proc").iterdir() if entry.name.isdigit()}
        return [pid for pid, parent in parents.items() if parent == self.process.pid]

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Ends the server and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str = "postgres", **options: Any) -> Any:
        """A psycopg2 connection that commits every statement."""
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, dbname=database,
                                      **options)
        connection.autocommit = True
        return connection

    def execute(self, *statements: str, database: str = "postgres") -> None:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
        finally:
            connection.close()

    def query(self, statement: str, parameters: Any = None, database: str = "postgres") -> list[tuple]:
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters)
                return cursor.fetchall()
        finally:
            connection.close()

    def create_database(self, name: str) -> str:
        self.execute(f'CREATE DATABASE "{name}"')
        return name

    def jdbc_url(self, database: str = "postgres") -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{database}"

    @property
    def user(self) -> str:
        return USER

    @property
    def password(self) -> str:
        return PASSWORD
