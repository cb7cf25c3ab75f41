import os
import pathlib
import signal
import subprocess
import sys

import pytest

from support.eventually import eventually
from support.process import ManagedProcess

SUPPORT = pathlib.Path(__file__).resolve().parents[2]


def is_alive(pid: int) -> bool:
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_terminate_returns_the_exit_status(tmp_path: pathlib.Path) -> None:
    process = ManagedProcess("sh", ["sh", "-c", "trap 'exit 7' TERM; echo ready; while :; do sleep 0.05; done"],
                             tmp_path / "log")
    process.wait_for_log("ready")
    assert process.terminate() == 7


def test_output_and_errors_go_to_their_files(tmp_path: pathlib.Path) -> None:
    process = ManagedProcess("sh", ["sh", "-c", "echo out; echo err >&2"], tmp_path / "log", stdout=tmp_path / "out")
    assert process.wait() == 0
    assert (tmp_path / "out").read_text() == "out\n"
    assert process.log_text() == "err\n"


def test_waiting_for_a_process_that_ends_shows_its_status_and_log(tmp_path: pathlib.Path) -> None:
    process = ManagedProcess("sh", ["sh", "-c", "echo no such thing; exit 3"], tmp_path / "log")
    with pytest.raises(AssertionError, match="(?s)status 3 .*no such thing"):
        process.wait_for_log("ready", timeout=20)


def test_kill_takes_the_whole_group(tmp_path: pathlib.Path) -> None:
    process = ManagedProcess("sh", ["sh", "-c", "sleep 600 & echo child $!; wait"], tmp_path / "log")
    process.wait_for_log("child")
    child = int(process.log_text().split()[1])
    process.kill()
    assert process.returncode == -signal.SIGKILL
    eventually(lambda: not is_alive(child), 10, "the child is gone")


def test_a_process_dies_with_the_test_run_even_when_that_is_killed(tmp_path: pathlib.Path) -> None:
    script = ("import sys, time, pathlib; from support.process import ManagedProcess\n"
              f"p = ManagedProcess('sleep', ['sleep', '600'], pathlib.Path({str(tmp_path)!r}) / 'log')\n"
              "print(p.pid, flush=True); time.sleep(600)")
    run = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True,
                           env={**os.environ, "PYTHONPATH": str(SUPPORT)})
    assert run.stdout
    pid = int(run.stdout.readline())
    eventually(lambda: pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n", 10, "it runs")
    run.kill()
    run.wait()
    run.stdout.close()
    eventually(lambda: not is_alive(pid), 10, "it died with its parent")


def test_it_measures_memory_and_processor_time(tmp_path: pathlib.Path) -> None:
    process = ManagedProcess("sh", ["sh", "-c", "while :; do :; done"], tmp_path / "log")
    eventually(lambda: process.cpu_seconds() > 0.05, 30)
    assert 100_000 < process.rss_bytes() < 50_000_000
    process.kill()
