"""An installed Millrace, and plugins built against it as a stranger would."""

import pathlib
import subprocess
from typing import Callable

import pytest

from support.worker import ROOT, binary_folder


def run(*command: object) -> None:
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("prefix")
    run("cmake", "--install", binary_folder().parent, "--prefix", folder)
    return folder


@pytest.fixture(scope="session")
def build_plugin(prefix: pathlib.Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pathlib.Path]:
    """From the folder of a plugin's sources, below the tree's root, to its library."""
    built: dict[str, pathlib.Path] = {}

    def build(source: str) -> pathlib.Path:
        if source not in built:
            name = pathlib.Path(source).name
            folder = tmp_path_factory.mktemp(name)
            # -Wrestrict: GCC 12 is wrong about strings.
            run("cmake", "-G", "Ninja", "-S", ROOT / source, "-B", folder, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release",
                "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror -Wno-restrict")
            run("cmake", "--build", folder)
            (built[source],) = folder.glob("*.so")
        return built[source]

    return build
