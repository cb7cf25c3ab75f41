"""./quickstart does what the README says, quickly, and leaves nothing behind."""

import os
import pathlib
import re
import signal

from support.eventually import eventually
from support.process import ManagedProcess
from support.worker import ROOT


def processes_of(folder: pathlib.Path) -> list[str]:
    """Command lines that name the folder."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in command:
            found.append(command)
    return found


def test_quickstart_moves_lines_and_leaves_nothing(tmp_path: pathlib.Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = ManagedProcess("quickstart", [ROOT / "quickstart"], tmp_path / "log", env=environment)
    assert process.wait(180) == 0, process.log_text()
    output = process.log_text()
    assert "     foo\n     bar\n" in output
    assert "     Another line\n" in output
    assert '{"schema":{"type":"string","optional":false},"payload":"foo"}' in output
    assert re.search(r'"connector":\{"state":"RUNNING"', output), output
    assert output.rstrip().splitlines()[-1].startswith("Done in ")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("millrace-quickstart")] == []
    assert processes_of(tmp_path) == []


def test_quickstart_that_is_interrupted_leaves_no_process(tmp_path: pathlib.Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    process = ManagedProcess("quickstart", [ROOT / "quickstart"], tmp_path / "log", env=environment)
    process.wait_for_log("Starts the worker", 180)
    assert [command for command in processes_of(tmp_path) if "kafka.Kafka" in command]
    process.send(signal.SIGINT)
    assert process.wait(60) in (1, 130), process.log_text()
    eventually(lambda: processes_of(tmp_path) == [], 20, "Kafka and the worker are gone")
