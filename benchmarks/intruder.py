"""Another program's load, of 900 operations a second.

Started as `python -m benchmarks.intruder URL SECONDS`.
Its jobs are not stored, so nothing of them stays.
"""

from __future__ import annotations

import http.client
import sys
import time
from urllib.parse import urlsplit

__all__ = ["main"]

_EACH = 90
"""Operations submitted in each tenth of a second: a little more than half of what it executes."""


def main() -> None:
    """Submit until the time is over."""
    url, seconds = sys.argv[1:]
    line = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    headers = {"x-arango-async": "true", "Authorization": "Basic cm9vdDo="}
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        due = time.monotonic() + 0.1
        for _ in range(_EACH):
            line.request("POST", "/_api/cursor", b'{"query":"RETURN 1"}', headers)
            line.getresponse().read()
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
