"""The embedded server in a process of its own: a line of JSON in, a line of JSON out.

{"start": {options}} starts one with the collection, or another one in its place, and says
its URL;
{"stats": true} says how many requests it has got; the end of the input ends it.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from arango_jobs.local import LocalServer
from benchmarks.servers.base import COLLECTION

__all__ = ["main"]


def _answer(server: LocalServer | None, order: dict[str, Any]) -> tuple[LocalServer, Any]:
    if "start" in order:
        if server is not None:
            server.stop()
        server = LocalServer(**order["start"]).start()
        # Past the protocol: a request would take as long as its operations are told to.
        server.database().create_collection(COLLECTION)
        return server, server.url
    assert server is not None
    return server, sum(server.stats.values())


def main() -> None:
    """Do what the lines of the standard input say."""
    server: LocalServer | None = None
    for line in sys.stdin:
        server, answer = _answer(server, json.loads(line))
        print(json.dumps(answer), flush=True)
    if server is not None:
        server.stop()


if __name__ == "__main__":
    main()
