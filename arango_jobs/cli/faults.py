"""What is known to go wrong with background jobs in which version of the server: one table.

From server-protocol.md §11 and §13.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NEWEST", "OLDEST", "Fault", "faults_of", "parse_version"]

Version = tuple[int, int, int]

OLDEST: Version = (3, 10, 0)
NEWEST: Version = (4, 0, 0)
"""The newest minor version that was looked at."""

_ALWAYS: Version = (0, 0, 0)
_NEVER: Version = (999, 0, 0)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong from version `since` up to, not including, `until`."""

    since: Version
    until: Version
    text: str


_FAULTS = (
    Fault(
        (3, 10, 0),
        (3, 12, 2),
        "fetching the stored result of a HEAD request can hang; send GET instead, as we do",
    ),
    Fault(
        (3, 11, 0),
        (3, 11, 1),
        "results of jobs sent with Accept-Encoding come back compressed twice; we send identity",
    ),
    Fault(
        (3, 11, 0),
        (3, 11, 1),
        "a cursor tells nextBatchId only with allowRetry, so no batch can be asked for again",
    ),
    Fault(
        (3, 12, 1),
        (4, 0, 0),
        "with --server.scheduler=threadpools the queue has no bound: it never answers 503, "
        "so keep max_in_flight low",
    ),
    Fault(
        (3, 10, 0),
        (4, 0, 0),
        "a job refused because the queue is full can leave an entry that stays pending for ever",
    ),
    Fault(
        _ALWAYS,
        _NEVER,
        "a cancelled query on a cluster can stay pending for ever; we stop waiting and delete it",
    ),
    Fault(
        _ALWAYS,
        _NEVER,
        "results that nobody fetches stay in memory until a restart, with the request they answer, "
        "and keep a soft shutdown waiting",
    ),
    Fault(
        (4, 0, 0),
        _NEVER,
        "JavaScript transactions, /_admin/job, PUT on cursors and the overwrite parameter are gone",
    ),
)


def parse_version(text: str) -> Version | None:
    """Return a version as numbers, `None` where it is none ("3.12.4-2" is 3.12.4)."""
    numbers = text.partition("-")[0].split(".")
    try:
        major, minor, *rest = (int(number) for number in numbers)
    except ValueError:
        return None
    return major, minor, rest[0] if rest else 0


def faults_of(version: Version) -> list[str]:
    """Return what is known to go wrong in `version`."""
    return [fault.text for fault in _FAULTS if fault.since <= version < fault.until]
