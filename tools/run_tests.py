#!/usr/bin/env python3
"""Builds the release preset and runs all tests; see ./test, which installs the packages first."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/release"
RESULTS = BUILD / "test-results"


class Phases:
    """Runs commands, remembers how long each took."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def run(self, title: str, *command: object, env: dict[str, str] | None = None) -> bool:
        print(f"==== {title}", flush=True)
        start = time.monotonic()
        status = subprocess.run(list(map(str, command)), cwd=ROOT, env={**os.environ, **(env or {})}).returncode
        self.lines.append(f"{title:<20} {time.monotonic() - start:7.1f} s{'' if status == 0 else f'  (exit status {status})'}")
        return status == 0


class Counts:
    def __init__(self) -> None:
        self.passed = 0
        self.failed: list[str] = []

    def add(self, passed: int, failed: list[str]) -> None:
        self.passed += passed
        self.failed += failed


def gtest_counts(folder: pathlib.Path) -> tuple[int, list[str]]:
    """Test cases of the GoogleTest programs that wrote their report into `folder`. A skipped or disabled one has failed."""
    passed, failed = 0, []
    for report in sorted(folder.glob("*.json")):
        for suite in json.loads(report.read_text())["testsuites"]:
            for case in suite["testsuite"]:
                if case["status"] == "RUN" and case["result"] == "COMPLETED" and not case.get("failures"):
                    passed += 1
                else:
                    failed.append(f"{suite['name']}.{case['name']} ({case['result'].lower()})")
    return passed, failed


def junit_counts(report: pathlib.Path) -> tuple[int, list[str]]:
    """Test cases of a JUnit report, ctest's or pytest's. A skipped one has failed."""
    passed, failed = 0, []
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        bad = next((child.tag for child in case if child.tag in ("failure", "error", "skipped")), None)
        if bad is None:
            passed += 1
        else:
            failed.append(f"{case.get('classname')}::{case.get('name')} ({bad})")
    return passed, failed


def build(phases: Phases) -> bool:
    jobs = str(os.cpu_count() or 2)
    return (phases.run("configure", "cmake", "--preset", "release") and
            phases.run("build", "cmake", "--build", "--preset", "release", "-j", jobs, "--", "-k", "0") and
            phases.run("headers alone", "cmake", "--build", "--preset", "release", "-j", jobs, "--target", "check_headers"))


def unit_tests(phases: Phases, counts: Counts) -> None:
    reports = RESULTS / "gtest"
    reports.mkdir(parents=True)
    ok = phases.run("unit tests", "ctest", "--test-dir", BUILD, "-j", os.cpu_count() or 2, "--output-on-failure",
                    "--output-junit", RESULTS / "ctest.xml", env={"GTEST_OUTPUT": f"json:{reports}/"})
    counts.add(*gtest_counts(reports))
    # Of ctest's own report only what is no GoogleTest program, or one that ended without a report of its own.
    reported = {report.stem.removeprefix("test_") for report in reports.glob("*.json")}
    passed, failed = 0, []
    for case in ElementTree.parse(RESULTS / "ctest.xml").getroot().iter("testcase"):
        if case.get("name") in reported:
            continue
        if case.get("status") == "run":
            passed += 1
        else:
            failed.append(f"ctest {case.get('name')} ({case.get('status')})")
    counts.add(passed, failed)
    if not ok and not counts.failed:
        counts.failed.append("ctest ended with an error")


def integration_tests(phases: Phases, counts: Counts, arguments: list[str]) -> None:
    if not phases.run("fetch jars", sys.executable, "-B", "tests/support/fetch.py"):
        counts.failed.append("fetching jars")
        return
    report = RESULTS / "pytest.xml"
    workers = ["-n", os.environ.get("MILLRACE_TEST_PROCESSES", "2"), "--dist", "loadfile"]
    ok = phases.run("integration tests", sys.executable, "-B", "-m", "pytest", "-q", "--durations=15", *workers,
                    f"--junit-xml={report}", *arguments, env={"MILLRACE_BIN": str(BUILD / "bin")})
    if report.exists():
        counts.add(*junit_counts(report))
    if not ok and not counts.failed:
        counts.failed.append("pytest ended with an error")


def main(arguments: list[str]) -> int:
    part = arguments[0] if arguments else "all"
    if part not in ("all", "unit", "integration"):
        print("usage: ./test [unit | integration [pytest arguments]]", file=sys.stderr)
        return 1
    shutil.rmtree(RESULTS, ignore_errors=True)
    phases, counts = Phases(), Counts()
    if build(phases):
        RESULTS.mkdir(parents=True, exist_ok=True)
        if part != "integration":
            unit_tests(phases, counts)
        if part != "unit":
            integration_tests(phases, counts, arguments[1:])
    else:
        counts.failed.append("the build")
    print("====", *phases.lines, sep="\n")
    for name in counts.failed:
        print(f"FAILED {name}")
    print(f"{counts.passed} passed, {len(counts.failed)} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
