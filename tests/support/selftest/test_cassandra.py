import pathlib

import pytest
from cassandra.cluster import NoHostAvailable

from support.services.cassandra import Cassandra
from support.services.certificates import Certificates


def test_a_killed_node_keeps_its_rows(cassandra: Cassandra) -> None:
    keyspace = cassandra.create_keyspace("selftest")
    cassandra.execute(f"CREATE TABLE {keyspace}.t (k int PRIMARY KEY, v text)")
    cassandra.execute(f"INSERT INTO {keyspace}.t (k, v) VALUES (%s, %s)", (1, "é"))
    cassandra.kill()
    cassandra.start()
    assert [tuple(row) for row in cassandra.execute(f"SELECT k, v FROM {keyspace}.t")] == [(1, "é")]
    cassandra.execute(f"DROP KEYSPACE {keyspace}")


def test_passwords_and_tls(tmp_path: pathlib.Path) -> None:
    certificates = Certificates(tmp_path / "certificates")
    certificates.issue("server")
    server = Cassandra(tmp_path / "cassandra", passwords=True, certificates=certificates)
    try:
        server.start()
        assert server.execute("SELECT release_version FROM system.local")[0].release_version.startswith("5.0")
        with pytest.raises(NoHostAvailable, match="(?i)password"):
            server.connect("cassandra", "wrong")
    finally:
        server.kill()
