"""A file system of its own with little room, for tests of what happens when a disk is full."""

import errno
import pathlib
import subprocess


class SmallDisk:
    """A folder on a tmpfs of `kilobytes`. Mounting takes the right to (root); without it the test fails and says so."""

    def __init__(self, folder: pathlib.Path, kilobytes: int):
        self.folder = folder
        folder.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)], check=True)
        self._filler = folder / "filler"

    def fill(self, leave: int = 0) -> None:
        """Takes all room but `leave` blocks of 4096 bytes."""
        with self._filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            if leave:
                file.truncate(file.tell() - file.tell() % 4096 - leave * 4096)

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def close(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
