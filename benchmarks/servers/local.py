"""`LocalServer` in a process of its own, so that it does not share the client's interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks.cores import pin_server
from benchmarks.servers.base import add_foreign_jobs

__all__ = ["Local"]

_ANY_NUMBER = 256
"""Workers of a server that is to execute any number of operations at once."""


class Local:
    """The embedded server."""

    name = "LocalServer"
    user, password, database = "root", "", "_system"

    def __init__(self, is_pinned: bool = True, **options: Any) -> None:
        self._fixed = options
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.servers.local_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        pin_server(self._process.pid, is_pinned)
        self._options: dict[str, Any] = {}
        self.url = ""
        self.configure()

    def configure(
        self, *, duration: float = 0.0, per_document: float = 0.0, workers: int = 0
    ) -> bool:
        """See `Server`."""
        self._options = {
            "service_time": duration,
            "per_document_time": per_document,
            "workers": workers or _ANY_NUMBER,
            "queue_size": 1 << 20,
            **self._fixed,
        }
        self.reset()
        return True

    def reset(self) -> None:
        """See `Server`: another one takes its place."""
        self.url = self._ask({"start": self._options})

    def requests(self) -> int:
        """See `Server`."""
        return int(self._ask({"stats": True}))

    def add_foreign(self, count: int) -> None:
        """See `Server`."""
        add_foreign_jobs(self, count)

    def close(self) -> None:
        """See `Server`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def _ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
