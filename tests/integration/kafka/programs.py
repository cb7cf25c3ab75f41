"""Runs the C++ programs of this folder against a server that a fixture started."""

import os
import subprocess

from support.worker import binary_folder


def run_program(program: str, bootstrap: str, settings: dict[str, str] | None = None, tests: str = "*",
                timeout: float = 150.0) -> None:
    """`settings`: Java client settings. `tests`: GoogleTest's filter."""
    done = subprocess.run(
        [binary_folder() / program, f"--gtest_filter={tests}"], capture_output=True, text=True, timeout=timeout,
        env={**os.environ, "MILLRACE_TEST_BOOTSTRAP": bootstrap,
             "MILLRACE_TEST_CLIENT": "".join(f"{key}={value}\n" for key, value in (settings or {}).items())})
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]
    assert "Running 0 tests" not in done.stdout, f"no test of {program} matches {tests}"
