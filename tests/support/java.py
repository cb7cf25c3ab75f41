"""How a JVM is started here: small, quick to start, and with its classes loaded from an archive after the first time."""

import hashlib
import os
import pathlib
import shutil

from support.cache import cache_dir

QUICK_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]


def java() -> str:
    path = shutil.which("java")
    if not path:
        raise RuntimeError("java is not installed; run tools/install-deps")
    return path


def classpath(folder: pathlib.Path) -> str:
    """All jars by name, in a fixed order: a class archive is valid for one exact class path."""
    return ":".join(str(jar) for jar in sorted(folder.glob("*.jar")))


class ClassArchive:
    """Parsed classes of a program, kept between runs (about half of a server's start). The first run that ends cleanly
    writes it. The JVM checks it against itself and the class path, and ignores one that does not fit."""

    def __init__(self, name: str, class_path: str):
        digest = hashlib.sha256(class_path.encode()).hexdigest()[:12]
        folder = cache_dir() / "classes"
        folder.mkdir(exist_ok=True)
        self.path = folder / f"{name}-{digest}.jsa"
        self._unfinished = folder / f"{self.path.name}.{os.getpid()}.part"

    def options(self) -> list[str]:
        quiet = ["-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off", "-Xlog:class+path=off"]
        if self.path.exists():
            return [*quiet, f"-XX:SharedArchiveFile={self.path}"]
        return [*quiet, f"-XX:ArchiveClassesAtExit={self._unfinished}"]

    def patience(self, seconds: float) -> float:
        """How long to wait for a start or an end that usually takes less than `seconds`: recording the archive takes most
        of a minute on a busy machine, once."""
        return seconds if self.path.exists() else 5 * seconds

    def keep(self) -> None:
        """Call when the program has ended cleanly."""
        if self._unfinished.exists():
            self._unfinished.rename(self.path)

    def discard(self) -> None:
        self._unfinished.unlink(missing_ok=True)
