"""A core for the client and another one for the server, where the system allows that."""

from __future__ import annotations

import os

__all__ = ["pin_client", "pin_server"]

_NAME = "ARANGO_JOBS_BENCHMARKS_CORES"


def _cores() -> list[int]:
    """Return the cores that there are; processes started from here see the same ones."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    if _NAME not in os.environ:
        os.environ[_NAME] = ",".join(map(str, sorted(os.sched_getaffinity(0))))
    return [int(core) for core in os.environ[_NAME].split(",")]


def pin_client(is_wanted: bool) -> bool:
    """Keep this process, and threads made from now on, on the first core; say whether it is."""
    return is_wanted and _pin(0, 0)


def pin_server(process: int, is_wanted: bool) -> bool:
    """Keep the process with this id on the second core; say whether it is."""
    return is_wanted and _pin(process, 1)


def _pin(process: int, number: int) -> bool:
    cores = _cores()
    if len(cores) < 2:
        return False
    os.sched_setaffinity(process, cores[number : number + 1])
    return True
