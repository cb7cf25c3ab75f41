"""The client seams (src/kafka) on a real Kafka; the tests themselves are C++ (clients_it.cc)."""

import os
import subprocess

import pytest

from support.services.kafka import Kafka
from support.worker import binary_folder

PROGRAM = "it_kafka_clients"


def _tests() -> list[str]:
    listing = subprocess.run([binary_folder() / PROGRAM, "--gtest_list_tests"], capture_output=True, text=True, check=True)
    names, suite = [], ""
    for line in listing.stdout.splitlines():
        if line.startswith("  "):
            names.append(suite + line.split()[0])
        elif line.endswith("."):
            suite = line
    return names


@pytest.mark.parametrize("test", _tests())
def test_client(kafka: Kafka, test: str) -> None:
    done = subprocess.run([binary_folder() / PROGRAM, f"--gtest_filter={test}"], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "MILLRACE_TEST_BOOTSTRAP": kafka.bootstrap})
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
