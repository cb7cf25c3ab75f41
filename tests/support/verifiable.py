"""What Kafka's verifiable connectors print on a worker's standard output."""

import json
from typing import Any

from support.worker import Worker


def json_lines(worker: Worker) -> list[dict[str, Any]]:
    lines = []
    for line in worker.stdout_text().splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            pass  # a line that was cut by SIGKILL
    return lines
