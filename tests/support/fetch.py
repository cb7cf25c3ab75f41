#!/usr/bin/env python3
"""Fetches every jar that tests and quickstart use: `fetch.py [kafka] [cassandra]`, all of them without arguments."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))


def main(wanted: list[str]) -> int:
    if not wanted or "kafka" in wanted:
        from support.services.kafka_jars import connect_plugin_path, kafka_jars
        print(kafka_jars())
        print(connect_plugin_path())
    if not wanted or "cassandra" in wanted:
        from support.services.cassandra_jars import cassandra_jars
        print(cassandra_jars())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
