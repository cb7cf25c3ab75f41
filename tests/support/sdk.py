"""Plugins built as a stranger would: against the installed SDK."""

import pathlib
import shutil
import subprocess

from support.worker import binary_folder


def run(*command: object) -> None:
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def install(prefix: pathlib.Path) -> pathlib.Path:
    """Installs the build under test: programs, headers, CMake package."""
    run("cmake", "--install", binary_folder().parent, "--prefix", prefix)
    return prefix


def build_plugin(source: pathlib.Path, build: pathlib.Path, prefix: pathlib.Path) -> pathlib.Path:
    """The library of a project with one module."""
    # -Wrestrict: GCC 12 is wrong about strings.
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release",
        "-DCMAKE_CXX_COMPILER_LAUNCHER=ccache", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Werror -Wno-restrict")
    run("cmake", "--build", build)
    (library,) = build.glob("*.so")
    return library


def plugin_path(folder: pathlib.Path, **libraries: pathlib.Path) -> str:
    """A folder for plugin.path with these libraries, each in a folder of its own."""
    for name, library in libraries.items():
        (folder / name).mkdir(parents=True)
        shutil.copy(library, folder / name / f"{name}.so")
    return str(folder)
