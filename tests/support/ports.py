"""Free TCP ports that no other test process is given as well.

The numbers lie below the kernel's range for outgoing connections, so a client cannot take one between our look and the
server's bind. A lock file per port keeps parallel runs apart; it is held until this process ends.
"""

import fcntl
import os
import pathlib
import random
import socket
import tempfile

_FIRST, _LAST = 15000, 32000
_held: dict[int, object] = {}


def _lock_dir() -> pathlib.Path:
    path = pathlib.Path(tempfile.gettempdir()) / f"millrace-ports.{os.getuid()}"
    path.mkdir(exist_ok=True)
    return path


def _is_free(port: int) -> bool:
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind((address, port))
        except OSError as error:
            if family == socket.AF_INET or "in use" in str(error):
                return False
    return True


def free_port() -> int:
    for _ in range(1000):
        port = random.SystemRandom().randint(_FIRST, _LAST)
        if port in _held:
            continue
        lock = open(_lock_dir() / str(port), "w")  # noqa: SIM115  # kept open for as long as the port is ours
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        if _is_free(port):
            _held[port] = lock
            return port
        lock.close()
    raise RuntimeError(f"no free TCP port between {_FIRST} and {_LAST}")


def free_ports(count: int) -> list[int]:
    return [free_port() for _ in range(count)]
