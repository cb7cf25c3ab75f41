#!/usr/bin/env python3
"""Tests of check_layers.py."""

import pathlib
import sys
import tomllib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import check_layers  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
LAYERS = check_layers.Layers(tomllib.loads((ROOT / "tools/layers.toml").read_text()))


def breaches(folder: str, line: str) -> list[str]:
    return check_layers.check_file(LAYERS, folder, "x.cc", line + "\n")


class CheckLayersTest(unittest.TestCase):
    def test_a_folder_may_include_itself_and_what_its_row_names(self):
        self.assertEqual([], breaches("runtime", '#include "runtime/worker.h"'))
        self.assertEqual([], breaches("runtime", '#include "kafka/producer.h"'))
        self.assertEqual([], breaches("connectors/file", '#include "millrace/schema.h"'))

    def test_a_breach_names_file_line_and_rule(self):
        self.assertEqual(
            ['x.cc:1: runtime may not include "rest/server.h" (allowed: sdk, base, json, kafka, storage)'],
            breaches("runtime", '#include "rest/server.h"'))

    def test_a_plugin_may_not_include_another_plugin_nor_the_runtime(self):
        self.assertEqual(1, len(breaches("connectors/file", '#include "connectors/jdbc/dialect.h"')))
        self.assertEqual(1, len(breaches("connectors/file", '#include "runtime/worker.h"')))
        self.assertEqual(1, len(breaches("connectors/file", '#include "base/result.h"')))

    def test_sub_folders_without_a_row_belong_to_the_folder_above(self):
        self.assertEqual([], breaches("connectors/jdbc/dialects/pg", '#include "connectors/jdbc/dialect.h"'))
        self.assertEqual([], breaches("connectors/jdbc/dialects/pg", "#include <libpq-fe.h>"))

    def test_sub_folders_with_a_row_are_not_included_by_the_folder_above(self):
        self.assertEqual(1, len(breaches("runtime", '#include "runtime/distributed/herder.h"')))

    def test_libraries_stay_in_their_folder(self):
        self.assertEqual(1, len(breaches("runtime", "#include <librdkafka/rdkafka.h>")))
        self.assertEqual([], breaches("kafka/rdkafka", "#include <librdkafka/rdkafka.h>"))

    def test_the_sdk_uses_the_standard_library_only(self):
        self.assertEqual([], breaches("sdk", "#include <vector>"))
        self.assertEqual(1, len(breaches("sdk", "#include <fmt/format.h>")))

    def test_an_unknown_folder_and_a_bare_name_are_breaches(self):
        self.assertEqual(1, len(breaches("elsewhere", "#include <vector>")))
        self.assertEqual(1, len(breaches("base", '#include "result.h"')))


if __name__ == "__main__":
    unittest.main()
