"""Waiting for conditions: never for time alone."""

import time
from typing import Callable, TypeVar

T = TypeVar("T")


def eventually(condition: Callable[[], T], timeout: float = 30.0, what: str = "", every: float = 0.05) -> T:
    """Calls `condition` until it returns something true, and returns that.

    An exception in `condition` counts as "not yet". At the deadline the last answer or exception is part of the
    AssertionError.
    """
    deadline = time.monotonic() + timeout
    pause = min(every, 0.01)
    while True:
        last: object
        try:
            answer = condition()
            if answer:
                return answer
            last = repr(answer)
        except Exception as error:  # noqa: BLE001  # whatever is wrong may be right in a moment
            last = f"{type(error).__name__}: {error}"
        if time.monotonic() >= deadline:
            raise AssertionError(f"not within {timeout:g} s: {what or condition.__name__}; last: {str(last)[:2000]}")
        time.sleep(pause)
        pause = min(pause * 1.5, every)


def stays(condition: Callable[[], object], seconds: float, what: str = "") -> None:
    """Fails when `condition` turns false within `seconds`. For absence, where there is nothing to wait for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if not answer:
            raise AssertionError(f"did not last {seconds:g} s: {what or condition.__name__}; it was {answer!r}")
        time.sleep(0.05)
