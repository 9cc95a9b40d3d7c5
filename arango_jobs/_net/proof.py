"""Whether the answers of one connection are those that were asked for, as far as they tell.

An answer that names a job is proof of its place in the stream:

| the request     | the job that the answer names                                          |
| --------------- | ---------------------------------------------------------------------- |
| fetches a job   | is the one that was asked for                                          |
| submits a job   | is newer than those named before: a server takes the requests of a     |
|                 | connection in order, and its numbers only grow (server-protocol.md §2.1) |

Any other means that answers were swapped, repeated or left out on the way. Knows no sockets.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from operator import lt
from typing import NamedTuple

from arango_jobs._net.exchange import Exchanges

__all__ = ["Proof", "Proven"]

_UNIT_BITS = 40


class Proven(NamedTuple):
    """What some answers prove: up to which of them all are in their place."""

    proven: int
    why: str = ""
    """What is wrong with the first that cannot be in its place; empty where there is none."""


class Proof:
    """Compares the answers of one connection with what was asked."""

    __slots__ = ("_newest",)

    def __init__(self) -> None:
        # By the part of the number that names the server.
        self._newest: dict[int, int] = {}

    def of(self, exchanges: Sequence[Exchanges], job_ids: Sequence[str]) -> Proven:
        """Return what `job_ids`, which the answers to `exchanges` name, prove."""
        start = proven = 0
        for some in exchanges:
            stop = start + len(some)
            template = some.template
            if template.names_leaf:
                leaves = list(some.leaves)
                if job_ids[start:stop] != leaves:
                    return _misplaced(job_ids, leaves, start)
                self._known(max(leaves))
                proven = stop
            elif template.names_new and not self._are_newer(job_ids[start:stop]):
                return Proven(proven, "an answer names a job that is older than one before")
            start = stop
        return Proven(proven)

    def _are_newer(self, job_ids: Sequence[str]) -> bool:
        """Whether each of `job_ids` is newer than those named before."""
        first, last = job_ids[0], job_ids[-1]
        # Numbers with as many digits are in the order of their texts, which is quicker to see.
        is_rising = len(first) == len(last) and all(map(lt, job_ids, islice(job_ids, 1, None)))
        if is_rising and _unit(first) == _unit(last):
            is_newer = self._known(first)
            self._known(last)
            return is_newer
        return all(map(self._known, job_ids))

    def _known(self, job_id: str) -> bool:
        """Know `job_id` from now on; return whether it is newer than all that were known."""
        # What is no number is for others to judge.
        if not job_id.isdecimal():
            return True
        number, unit = int(job_id), _unit(job_id)
        newest = self._newest.get(unit, -1)
        self._newest[unit] = max(number, newest)
        return number > newest


def _unit(job_id: str) -> int:
    return int(job_id) >> _UNIT_BITS if job_id.isdecimal() else -1


def _misplaced(job_ids: Sequence[str], leaves: Sequence[str], start: int) -> Proven:
    """Return up to where `job_ids` are `leaves`, the first of which is number `start`."""
    wrong = next(index for index, leaf in enumerate(leaves, start) if job_ids[index] != leaf)
    asked, named = leaves[wrong - start], job_ids[wrong]
    return Proven(wrong, f"an answer names job {named} where job {asked} was asked for")
