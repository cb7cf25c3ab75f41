"""Folders of jars from Maven Central, fetched once per set of artifacts and then used without a network."""

import hashlib
import pathlib
import subprocess
from xml.sax.saxutils import escape

from support.cache import cache_dir, make_once

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace.tests</groupId><artifactId>{name}</artifactId><version>1</version>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""


def _dependency(coordinates: str) -> str:
    group, artifact, version = coordinates.split(":")
    return (f"    <dependency><groupId>{escape(group)}</groupId><artifactId>{escape(artifact)}</artifactId>"
            f"<version>{escape(version)}</version></dependency>")


def jars(name: str, artifacts: list[str]) -> pathlib.Path:
    """The folder with the jars of `artifacts` ("group:artifact:version") and of all they depend on."""
    key = hashlib.sha256("\n".join(artifacts).encode()).hexdigest()[:12]
    return make_once(cache_dir() / "jars" / f"{name}-{key}", lambda folder: _fetch(name, artifacts, folder))


def _fetch(name: str, artifacts: list[str], folder: pathlib.Path) -> None:
    pom = folder / "pom.xml"
    pom.write_text(_POM.format(name=name, dependencies="\n".join(map(_dependency, artifacts))))
    command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={folder}"]
    for attempt in (1, 2, 3):
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
        if done.returncode == 0:
            return
        if attempt == 3:
            raise RuntimeError(f"maven could not fetch {name}: {(done.stdout + done.stderr)[-3000:]}")
