#!/usr/bin/env python3
"""Nanoseconds of CPU per record for every transform on a struct of eight fields: ours beside Apache Kafka's Java classes.

usage: bench/transforms/run.py BUILD_FOLDER [SECONDS]     (build the target bench_apps first, with the release preset)
Java runs each case SECONDS (default 2) to warm up and SECONDS measured.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tests"))

from support.java import classpath, java  # noqa: E402
from support.services.kafka_jars import kafka_jars  # noqa: E402

CASES = HERE / "cases.json"


def ours(build: pathlib.Path) -> dict[str, float]:
    done = subprocess.run([build / "bin" / "bench_apps", "--benchmark_format=json", "--benchmark_min_time=0.5"], check=True,
                          stdout=subprocess.PIPE, env={**os.environ, "MILLRACE_TRANSFORM_CASES": str(CASES)})
    return {entry["name"]: entry["cpu_time"] for entry in json.loads(done.stdout)["benchmarks"]}


def javas(seconds: int) -> dict[str, float]:
    class_path = classpath(kafka_jars())
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["javac", "-nowarn", "-cp", class_path, "-d", folder, HERE / "TransformBench.java"], check=True, stderr=subprocess.DEVNULL)
        done = subprocess.run([java(), "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{folder}:{class_path}", "TransformBench", CASES, str(seconds)],
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return {name: float(ns) for name, ns in (line.split("\t") for line in done.stdout.splitlines() if "\t" in line)}


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    mine, theirs = ours(pathlib.Path(sys.argv[1])), javas(int(sys.argv[2]) if len(sys.argv) > 2 else 2)
    print(f"{'ns of CPU per record':<52}{'Millrace':>10}{'Java':>10}{'ratio':>8}")
    for name, ns in mine.items():
        print(f"{name:<52}{ns:>10.0f}{theirs[name]:>10.0f}{theirs[name] / ns:>7.1f}x")


if __name__ == "__main__":
    main()
