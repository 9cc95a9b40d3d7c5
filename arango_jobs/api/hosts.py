"""Which Coordinator is asked first, and which after it."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator

from arango_jobs.errors import OptionError

__all__ = ["HostOrder"]

# After as many requests "periodic" moves on to the next host.
_PERIOD = 100


class HostOrder:
    """Gives for each request the hosts in the order to try them.

    "fallback" stays with a host until it cannot be reached; "roundrobin" takes
    them in turn; "random" by chance; "periodic" moves on every 100 requests.
    """

    def __init__(self, count: int, resolver: str = "fallback", max_tries: int | None = None):
        starts: dict[str, Callable[[], int]] = {
            "fallback": lambda: self._current,
            "roundrobin": lambda: next(self._turns),
            "random": lambda: random.randrange(count),
            "periodic": lambda: next(self._turns) // _PERIOD,
        }
        if not isinstance(resolver, str) or resolver not in starts:
            raise OptionError(f"host_resolver must be one of {', '.join(starts)}, not {resolver!r}")
        if max_tries is not None and max_tries < count:
            raise OptionError(
                f"resolver_max_tries must be at least the number of hosts ({count}), "
                f"not {max_tries!r}"
            )
        self.count = count
        self._tries = max_tries or count
        self._turns = itertools.count()
        self._current = 0
        self._start = starts[resolver]

    def order(self) -> Iterator[int]:
        """Return the hosts to try for one request."""
        start = self._start()
        return ((start + step) % self.count for step in range(self._tries))

    def reached(self, host: int) -> None:
        """Take note that `host` answered."""
        self._current = host
