import pytest

from support.eventually import eventually, stays


def test_it_returns_what_the_condition_returned() -> None:
    answers = iter([None, 0, "found"])
    assert eventually(lambda: next(answers)) == "found"


def test_an_exception_means_not_yet() -> None:
    answers = iter([0, 1])
    assert eventually(lambda: 1 // next(answers)) == 1


def test_at_the_deadline_it_says_what_it_saw_last() -> None:
    with pytest.raises(AssertionError, match=r"not within 0.05 s: three; last: ValueError: .*'x'"):
        eventually(lambda: int("x") == 3, timeout=0.05, what="three")


def test_stays_fails_as_soon_as_the_condition_turns_false() -> None:
    answers = iter([True, False])
    with pytest.raises(AssertionError, match="did not last"):
        stays(lambda: next(answers), 5)
