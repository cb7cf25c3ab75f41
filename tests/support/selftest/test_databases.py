import pathlib

import psycopg2
import pymysql
import pytest

from support.services.certificates import Certificates
from support.services.mariadb import MariaDb
from support.services.postgres import Postgres


def test_postgres_keeps_rows_over_a_restart_and_a_crash(own_postgres: Postgres) -> None:
    own_postgres.execute("CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)", "CHECKPOINT")
    own_postgres.restart()
    assert own_postgres.query("SELECT x FROM t") == [(1,)]
    own_postgres.kill()
    with pytest.raises(psycopg2.OperationalError):
        own_postgres.query("SELECT 1")
    own_postgres.start()
    assert own_postgres.query("SELECT x FROM t WHERE x = %s", (1,)) == [(1,)]


def test_postgres_serves_tls(tmp_path: pathlib.Path) -> None:
    certificates = Certificates(tmp_path / "certificates")
    certificates.issue("server")
    server = Postgres(certificates=certificates)
    try:
        server.start()
        connection = server.connect(sslmode="verify-full", sslrootcert=str(certificates.path("ca.pem")))
        with connection.cursor() as cursor:
            cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
            assert cursor.fetchall() == [(True,)]
        connection.close()
    finally:
        server.close()


def test_mariadb_keeps_rows_over_a_restart(own_mariadb: MariaDb) -> None:
    database = own_mariadb.create_database("db")
    own_mariadb.execute("CREATE TABLE t (x varchar(9))", "INSERT INTO t VALUES ('é😀')", database=database)
    own_mariadb.restart()
    assert own_mariadb.query("SELECT x FROM t", database=database) == [("é😀",)]
    own_mariadb.kill()
    with pytest.raises(pymysql.err.OperationalError):
        own_mariadb.query("SELECT 1")
