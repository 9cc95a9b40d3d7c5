"""The waiting room: operations that have not been sent, in lines by what can be merged.

Operations of one kind (the same `OperationKind` object, which has a `MergePlan`)
form a line and leave it together, as one array. All others form lines of their
own kind too, and leave one by one. The lines take turns, so that a long one
does not hold up the others.

Where the user asked for order, an operation whose key has another one of it
waiting or running is parked until that has ended (`release`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import accumulate, groupby, repeat
from typing import Any

from arango_jobs._core.job import Job, kind_of, rounded
from arango_jobs.operations import OperationKind

__all__ = ["WaitingRoom"]


class WaitingRoom:
    """Operations that wait to be sent, and how they are put together."""

    def __init__(self, *, merge: bool, max_operations: int, max_bytes: int, linger: float) -> None:
        self.merges = merge
        self._max_operations = max_operations
        self._max_bytes = max_bytes
        self._linger = linger
        self._lines: dict[OperationKind[Any], deque[Any]] = {}
        self._since: dict[OperationKind[Any], float] = {}
        self._turns: deque[OperationKind[Any]] = deque()
        self._holders: dict[tuple[str, str], Any] = {}
        self._parked: dict[tuple[str, str], deque[Any]] = {}
        self._answered: dict[Any, None] = {}
        self.count = 0

    def add(self, parts: Collection[Any], now: float) -> None:
        """Let each of `parts` wait at the end of its line."""
        self.count += len(parts)
        for kind, group in groupby(parts, kind_of):
            if kind.order is None:
                self._line(kind, now).extend(group)
                continue
            for part in group:
                if self._may_go(part):
                    self._line(kind, now).append(part)

    def _may_go(self, part: Any) -> bool:
        """Say whether it is the turn of `part`, which else waits for another one of its key."""
        if part.key is None:
            return True
        slot = (part.kind.order, part.key)
        if self._holders.setdefault(slot, part) is part:
            return True
        self._parked.setdefault(slot, deque()).append(part)
        return False

    def _line(self, kind: OperationKind[Any], now: float) -> deque[Any]:
        """Return the line of `kind`, to be joined at once."""
        line = self._lines.get(kind)
        if line is None:
            line = self._lines[kind] = deque()
            self._since[kind] = now
            self._turns.append(kind)
        return line

    def release(self, parts: Sequence[Any], now: float) -> None:
        """Let the next operations on the keys of `parts`, which have ended, enter their lines."""
        for part in parts:
            kind = part.kind
            if kind.order is None or part.key is None:
                continue
            slot = (kind.order, part.key)
            if self._holders.get(slot) is not part:
                continue  # it has passed the turn on before
            parked = self._parked.get(slot)
            if not parked:
                del self._holders[slot]
                self._parked.pop(slot, None)
                continue
            follower = self._holders[slot] = parked.popleft()
            self._line(follower.kind, now).append(follower)

    @property
    def has_answered(self) -> bool:
        """Whether `turn` has something to do."""
        return bool(self._answered)

    def answered(self, parts: Sequence[Any]) -> None:
        """Keep the turn of `parts` until `turn`: what their answers say has not been read yet."""
        self._answered.update(dict.fromkeys(parts))

    def keep(self, part: Any) -> None:
        """Keep the turn of `part`, whose answer says that it has to be sent again."""
        self._answered.pop(part, None)

    def turn(self, now: float) -> None:
        """Release those whose answers have been read, and that are not sent again."""
        if self._answered:
            answered, self._answered = self._answered, {}
            self.release(list(answered), now)

    def take(
        self, count: int, room: int, result_size: Callable[[OperationKind[Any]], int], now: float
    ) -> list[Job]:
        """Take up to `count` jobs that may go, as long as there is room for what they carry.

        The last one may carry more. `room` is in bytes, and so is `result_size`, which says
        what the result of an operation of a kind is expected to take.
        """
        jobs: list[Job] = []
        turns, linger = self._turns, self._linger
        unripe = 0
        while unripe < len(turns) and len(jobs) < count and room > 0:
            kind = turns[0]
            line = self._lines[kind]
            if linger and not self._is_ripe(kind, line, now):
                turns.rotate(-1)
                unripe += 1
                continue
            unripe = 0
            # Where there is another line, it is that one's turn after a few jobs.
            left = count - len(jobs)
            most = 1 if linger else left if len(turns) == 1 else 1 + left // (4 * len(turns))
            size = result_size(kind)
            if kind.merge is not None and self.merges:
                some = self._merged(line, most, room, size)
            else:
                some = self._singles(kind, line, most, room, size)
            room -= sum([job.size for job in some])
            jobs += some
            if not line:
                del self._lines[kind]
                del self._since[kind]
                turns.popleft()
            elif linger or len(turns) > 1:
                turns.rotate(-1)
                if linger:
                    self._since[kind] = now
        return jobs

    def next_due(self) -> float | None:
        """Return when the first line has lingered long enough."""
        if not self._since:
            return None
        return min(self._since.values()) + self._linger

    def parts(self) -> list[Any]:
        """Return everything that waits, in no particular order."""
        parts = [part for line in self._lines.values() for part in line]
        parts.extend(part for line in self._parked.values() for part in line)
        return parts

    def drain(self) -> list[Any]:
        """Take everything, in no particular order."""
        parts = self.parts()
        self._lines.clear()
        self._since.clear()
        self._turns.clear()
        self._holders.clear()
        self._parked.clear()
        self._answered.clear()
        self.count = 0
        return parts

    def _is_ripe(self, kind: OperationKind[Any], line: deque[Any], now: float) -> bool:
        if kind.merge is None or not self.merges:
            return True
        return len(line) >= self._max_operations or now >= self._since[kind] + self._linger

    def _singles(
        self, kind: OperationKind[Any], line: deque[Any], most: int, room: int, result_size: int
    ) -> list[Job]:
        parts = [line.popleft() for _ in range(min(most, len(line)))]
        lengths = [len(part.payload or b"") for part in parts]
        size = rounded(min(lengths) + result_size)
        if size == rounded(max(lengths) + result_size):
            sizes = [size] * len(parts)
        else:
            sizes = [rounded(length + result_size) for length in lengths]
        if sum(sizes[:-1]) >= room:
            # The last one that there is room for is the one that takes up what is left.
            count = 1 + sum(1 for taken in accumulate(sizes) if taken < room)
            line.extendleft(reversed(parts[count:]))
            del parts[count:], sizes[count:]
        self.count -= len(parts)
        return list(map(Job, parts, repeat(kind), sizes))

    def _merged(self, line: deque[Any], most: int, room: int, result_size: int) -> list[Job]:
        jobs: list[Job] = []
        while line and most > 0 and room > 0:
            parts, size = self._array(line)
            job = Job.of(parts, rounded(size + result_size * len(parts)))
            room -= job.size
            most -= 1
            jobs.append(job)
            self.count -= len(parts)
        return jobs

    def _array(self, line: deque[Any]) -> tuple[list[Any], int]:
        """Take what goes into one array, and say how many bytes that is."""
        part = line.popleft()
        size = len(part.payload or b"")
        parts = [part]
        keys = {part.key}
        for _ in range(min(len(line), self._max_operations - 1)):
            part = line[0]
            key = part.key
            grown = size + len(part.payload or b"") + 1
            # The elements of an array may run side by side (server-protocol.md §8.2).
            if grown > self._max_bytes or (key is not None and key in keys):
                break
            keys.add(key)
            size = grown
            parts.append(line.popleft())
        return parts, size
