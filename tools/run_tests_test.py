#!/usr/bin/env python3
"""Tests of the counting in run_tests.py: what did not run has failed."""

import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import run_tests  # noqa: E402


def case(name: str, status: str = "RUN", result: str = "COMPLETED", **more: object) -> dict:
    return {"name": name, "status": status, "result": result, **more}


class CountsTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_gtest_skipped_and_disabled_cases_count_as_failed(self) -> None:
        cases = [case("Good"), case("Bad", failures=[{}]), case("Skipped", result="SKIPPED"),
                 case("Disabled", status="NOTRUN", result="SUPPRESSED")]
        (self.folder / "test_x.json").write_text(json.dumps({"testsuites": [{"name": "S", "testsuite": cases}]}))
        passed, failed = run_tests.gtest_counts(self.folder)
        self.assertEqual(1, passed)
        self.assertEqual(["S.Bad (completed)", "S.Skipped (skipped)", "S.Disabled (suppressed)"], failed)

    def test_junit_failures_errors_and_skips_count_as_failed(self) -> None:
        report = self.folder / "pytest.xml"
        report.write_text('<testsuites><testsuite><testcase classname="m" name="good"/>'
                          '<testcase classname="m" name="bad"><failure/></testcase>'
                          '<testcase classname="m" name="broken"><error/></testcase>'
                          '<testcase classname="m" name="out"><skipped/></testcase></testsuite></testsuites>')
        passed, failed = run_tests.junit_counts(report)
        self.assertEqual(1, passed)
        self.assertEqual(["m::bad (failure)", "m::broken (error)", "m::out (skipped)"], failed)


if __name__ == "__main__":
    unittest.main()
