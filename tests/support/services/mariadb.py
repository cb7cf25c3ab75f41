"""A MariaDB server (Debian's package) with a data folder and port of its own."""

import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
from typing import Any

import pymysql

from support.ports import free_port
from support.process import ManagedProcess
from support.services.certificates import Certificates

USER, PASSWORD = "rig", "rig-secret"


class MariaDb:
    """start(), stop(), kill() (a crash), restart(); execute() and query() as a user with all rights."""

    def __init__(self, settings: dict[str, str] | None = None, certificates: Certificates | None = None):
        """`settings` as in my.cnf; `certificates`, with a key named "server", turns TLS on."""
        self.port = free_port()
        self.settings = settings or {}
        self.process: ManagedProcess | None = None
        # A socket's path may have 107 characters; pytest's folders are too deep.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-mariadb."))
        self.socket = self.folder / "sock"
        self._user = pwd.getpwuid(os.getuid()).pw_name
        if certificates:
            self.settings |= {"ssl-ca": str(certificates.path("ca.pem")), "ssl-cert": str(certificates.path("server.pem")),
                              "ssl-key": str(certificates.path("server.key"))}
        self._initialise()

    def _initialise(self) -> None:
        done = subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={self.folder / 'data'}", f"--user={self._user}",
             "--auth-root-authentication-method=normal", "--skip-test-db", "--innodb-flush-log-at-trx-commit=0",
             "--innodb-log-file-size=8M"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
        if done.returncode:
            raise RuntimeError(f"mariadb-install-db: {done.stdout}{done.stderr}")
        self._first_start_sql = self.folder / "init.sql"
        self._first_start_sql.write_text(
            f"CREATE USER IF NOT EXISTS '{USER}'@'%' IDENTIFIED BY '{PASSWORD}';\n"
            f"GRANT ALL PRIVILEGES ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n")

    def start(self) -> "MariaDb":
        self.launch()
        self.wait_ready()
        return self

    def launch(self) -> None:
        settings = {"innodb-flush-log-at-trx-commit": "0", "innodb-buffer-pool-size": "64M", "skip-name-resolve": "1",
                    "innodb-log-file-size": "8M", "character-set-server": "utf8mb4", "init-file": str(self._first_start_sql),
                    **self.settings}
        self.process = ManagedProcess(
            "mariadbd",
            [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.folder / 'data'}",
             f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={self.socket}",
             f"--pid-file={self.folder / 'pid'}", f"--user={self._user}",
             *(f"--{key}={value}" for key, value in settings.items())],
            self.folder / "mariadb.log")

    def wait_ready(self) -> None:
        assert self.process
        self.process.wait_until(lambda: self.query("SELECT 1"), 90, "MariaDB answers")

    def stop(self) -> None:
        if self.process:
            self.process.terminate(60)
            self.process = None

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Ends the server and removes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str | None = None, **options: Any) -> Any:
        """A PyMySQL connection that commits every statement."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user=USER, password=PASSWORD, database=database,
                               charset="utf8mb4", autocommit=True, **options)

    def execute(self, *statements: str, database: str | None = None) -> None:
        with self.connect(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def query(self, statement: str, parameters: Any = None, database: str | None = None) -> list[tuple]:
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return list(cursor.fetchall())

    def create_database(self, name: str) -> str:
        self.execute(f"CREATE DATABASE `{name}`")
        return name

    def jdbc_url(self, database: str) -> str:
        return f"jdbc:mariadb://127.0.0.1:{self.port}/{database}"

    @property
    def user(self) -> str:
        return USER

    @property
    def password(self) -> str:
        return PASSWORD
