"""A child process that cannot outlive the test run.

Every process leads a group of its own, is killed by the kernel when the thread that started it is gone (so start servers on
the main thread), and is killed again, group and all, at the interpreter's exit.
"""

import atexit
import os
import pathlib
import signal
import subprocess
import time
from typing import Mapping, Sequence

from support.eventually import eventually

_running: "set[ManagedProcess]" = set()
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ManagedProcess:
    def __init__(self, name: str, command: Sequence[object], log: pathlib.Path, *,
                 env: Mapping[str, str] | None = None, cwd: pathlib.Path | None = None,
                 stdin: int | None = subprocess.DEVNULL, stdout: pathlib.Path | None = None, user: str | None = None):
        """Starts `command`; standard error goes to `log`, standard output too unless `stdout` names another file."""
        self.name = name
        self.log = pathlib.Path(log)
        self.stdout_path = stdout or self.log
        self.log.parent.mkdir(parents=True, exist_ok=True)
        prefix = ["setpriv", "--pdeathsig", "KILL"]
        if user:
            prefix += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        with open(self.log, "ab") as err:
            out = open(stdout, "ab") if stdout else err
            try:
                self._log_start = err.tell()
                self._popen = subprocess.Popen(
                    [*prefix, *map(str, command)], stdin=stdin, stdout=out, stderr=err, env=dict(env) if env else None,
                    cwd=cwd, start_new_session=True)
            finally:
                if stdout:
                    out.close()
        self.started_at = time.monotonic()
        self.stdin = self._popen.stdin
        _running.add(self)

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """None while it runs; negative for a signal."""
        return self._popen.poll()

    def is_running(self) -> bool:
        return self.returncode is None

    def log_text(self) -> str:
        """What this process wrote so far, not what earlier ones left in the same file."""
        with open(self.log, "rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log_text().splitlines()[-lines:])

    def wait_for_log(self, text: str, timeout: float = 60.0) -> None:
        self.wait_until(lambda: text in self.log_text(), timeout, f'"{text}" in the log of {self.name}')

    def wait_until(self, condition, timeout: float, what: str) -> None:
        """Like eventually(), but gives up at once when the process ends."""
        def ready_or_dead() -> bool:
            ended = not self.is_running()
            try:
                return bool(condition()) or ended
            except Exception:
                if ended:
                    return True
                raise

        try:
            eventually(ready_or_dead, timeout, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n--- {self.log}\n{self.log_tail()}") from None
        if not self.is_running():
            raise AssertionError(f"{self.name} ended with status {self.returncode} before: {what}\n"
                                 f"--- {self.log}\n{self.log_tail()}")

    def signal(self, number: int) -> None:
        """Sends a signal to the whole group."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def terminate(self, timeout: float = 30.0) -> int:
        """SIGTERM, then the exit status. Still there after `timeout`: SIGKILL, and an AssertionError."""
        if self.is_running():
            self._popen.send_signal(signal.SIGCONT)
            self._popen.send_signal(signal.SIGTERM)
        try:
            status = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            tail = self.log_tail()
            self.kill()
            raise AssertionError(f"{self.name} did not end within {timeout:g} s of SIGTERM\n{tail}") from None
        self.kill()
        return status

    def wait(self, timeout: float = 30.0) -> int:
        """The exit status of a process that ends by itself."""
        try:
            status = self._popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} still runs after {timeout:g} s\n{self.log_tail()}") from None
        _running.discard(self)
        return status

    def kill(self) -> None:
        """SIGKILL to the group; harmless when it has ended."""
        self.signal(signal.SIGKILL)
        self._popen.wait()
        if self.stdin:
            try:
                self.stdin.close()
            except BrokenPipeError:
                pass
        _running.discard(self)

    def pause(self) -> None:
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.signal(signal.SIGCONT)

    def rss_bytes(self) -> int:
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * _PAGE_BYTES

    def peak_rss_bytes(self) -> int:
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise AssertionError(f"{self.name} has no VmHWM")

    def cpu_seconds(self) -> float:
        """User and system time of all its threads."""
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def thread_count(self) -> int:
        return len(os.listdir(f"/proc/{self.pid}/task"))


def _stop_all() -> None:
    for process in list(_running):
        process.kill()


atexit.register(_stop_all)
