import multiprocessing
import pathlib
import time

import pytest

from support.cache import make_once


def test_make_once_makes_once_and_leaves_no_other_folder(tmp_path: pathlib.Path) -> None:
    made = []

    def make(folder: pathlib.Path) -> None:
        made.append(folder)
        (folder / "file").write_text("x")

    for _ in range(2):
        assert (make_once(tmp_path / "thing", make) / "file").read_text() == "x"
    assert len(made) == 1
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["thing"]


def test_a_failure_leaves_nothing_behind_and_the_next_call_tries_again(tmp_path: pathlib.Path) -> None:
    def fail(_: pathlib.Path) -> None:
        raise OSError("no network")

    with pytest.raises(OSError, match="no network"):
        make_once(tmp_path / "thing", fail)
    assert not [p for p in tmp_path.iterdir() if p.is_dir()]
    assert make_once(tmp_path / "thing", lambda folder: None).is_dir()


def _make_slowly(path: pathlib.Path, count: pathlib.Path) -> None:
    def make(folder: pathlib.Path) -> None:
        with open(count, "a") as file:
            file.write("x")
        deadline = time.monotonic() + 0.2
        while time.monotonic() < deadline:
            (folder / "file").write_text("x")

    make_once(path, make)


def test_parallel_processes_make_it_once(tmp_path: pathlib.Path) -> None:
    count = tmp_path / "count"
    processes = [multiprocessing.Process(target=_make_slowly, args=(tmp_path / "thing", count)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    assert count.read_text() == "x"
