"""The folder that holds what is downloaded or made once: $MILLRACE_CACHE, or ~/.cache/millrace."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
from typing import Callable, Iterator


def cache_dir() -> pathlib.Path:
    chosen = os.environ.get("MILLRACE_CACHE")
    path = pathlib.Path(chosen) if chosen else pathlib.Path.home() / ".cache" / "millrace"
    path.mkdir(parents=True, exist_ok=True)
    return path.resolve()


@contextlib.contextmanager
def locked(path: pathlib.Path) -> Iterator[None]:
    """Holds an exclusive lock on a file, between processes; the kernel drops it when the holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_once(path: pathlib.Path, make: Callable[[pathlib.Path], None]) -> pathlib.Path:
    """Returns `path`, a folder that `make` fills on the first call ever. Whoever comes meanwhile waits.

    `make` works in a temporary folder beside it, so the final name is either whole or absent.
    """
    if path.exists():
        return path
    with locked(path.with_name(path.name + ".lock")):
        if path.exists():
            return path
        unfinished = pathlib.Path(tempfile.mkdtemp(prefix=path.name + ".", dir=path.parent))
        try:
            unfinished.chmod(0o755)
            make(unfinished)
            unfinished.rename(path)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
    return path
