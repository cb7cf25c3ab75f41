"""Apache Cassandra's jars."""

import pathlib

from support import maven

VERSION = "5.0.6"


def cassandra_jars() -> pathlib.Path:
    return maven.jars(f"cassandra-{VERSION}", [f"org.apache.cassandra:cassandra-all:{VERSION}"])
