"""Asks one question in a process of its own: `python -m benchmarks.one NAME SETTINGS FILE`.

So no question finds threads, connections or garbage of another one.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from typing import NoReturn

from benchmarks.cores import pin_client
from benchmarks.questions import ask
from benchmarks.servers.base import Unavailable
from benchmarks.settings import Settings

__all__ = ["main"]


def _leave(_number: int, _frame: object) -> NoReturn:
    # As an exception, so that the server and whatever else was started ends, too.
    sys.exit(3)


def main() -> int:
    """Write the report to FILE as JSON."""
    signal.signal(signal.SIGTERM, _leave)
    name, settings_json, file = sys.argv[1:]
    settings = Settings(**json.loads(settings_json))
    pin_client(settings.is_pinned)
    try:
        report = ask(name, settings)
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 2
    Path(file).write_text(json.dumps(report.to_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
