"""The CQL client, the source task and the sink task in C++ against a real node (the programs beside this file)."""

import os
import pathlib
import subprocess

import pytest

from support.services.certificates import Certificates
from support.worker import binary_folder


def run_check(program: str, environment: dict[str, str]) -> None:
    done = subprocess.run([str(binary_folder() / program)], env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=200)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.parametrize("program", [
    "cassandra_cql_client_check", "cassandra_source_check", "cassandra_sink_check", "cassandra_bound_sink_check"])
def test_program_passes_on_a_real_node(cassandra, program):
    run_check(program, {"MILLRACE_CASSANDRA": f"{cassandra.address}:{cassandra.port}"})


def test_tls_and_passwords(tmp_path: pathlib.Path):
    from support.services.cassandra import Cassandra

    certificates = Certificates(tmp_path / "certificates")
    certificates.issue("server", alternative_names="DNS:localhost")  # not the address
    certificates.issue("client", jks=True)
    other = Certificates(tmp_path / "other")
    node = Cassandra(tmp_path / "node", passwords=True, certificates=certificates, client_auth=True)
    try:
        node.start()
        run_check("cassandra_secure_check", {
            "MILLRACE_CASSANDRA_PORT": str(node.port), "MILLRACE_CERTIFICATES": str(certificates.folder),
            "MILLRACE_OTHER_CERTIFICATES": str(other.folder)})
    finally:
        node.kill()
