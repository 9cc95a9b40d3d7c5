"""Writes down how chunks end, in the order that a crash at any moment needs.

failed rows on disk ─▶ ranges in the checkpoint ─▶ counted as confirmed there
"""

from __future__ import annotations

import contextlib

from arango_jobs.loader.checkpoint import Checkpoint
from arango_jobs.loader.chunks import Chunk
from arango_jobs.loader.dead_letter import DeadLetters
from arango_jobs.loader.errors import LoaderError
from arango_jobs.loader.rows import Row
from arango_jobs.loader.tally import Tally

__all__ = ["Journal"]

# Seconds between two checkpoints. Rows confirmed in between are sent again after a crash,
# which is harmless and only costs time, as each write to disk does.
_PERIOD = 1.0
# Chunks that may be sent without another write to disk.
_AHEAD = 32


class Journal:
    """The checkpoint, if there is one, and the file of failed rows."""

    def __init__(self, checkpoint: Checkpoint | None, letters: DeadLetters, tally: Tally) -> None:
        self._checkpoint = checkpoint
        self._letters = letters
        self._tally = tally
        self._saved = tally.now()
        self._is_dirty = False

    @property
    def keeps_rows(self) -> bool:
        """Whether rows that are not confirmed will be found again by the next run."""
        return self._checkpoint is not None

    @property
    def in_doubt_below(self) -> int:
        """Rows with a lower number may have been sent by an earlier run."""
        return self._checkpoint.in_doubt_below if self._checkpoint else 0

    def begin(self) -> None:
        """Write the checkpoint before anything is sent: its id is in the rows' keys."""
        if self._checkpoint is not None:
            self._save(self._checkpoint)

    def before_sending(self, chunk: Chunk) -> None:
        """Write down that its rows may have been sent."""
        checkpoint = self._checkpoint
        if checkpoint is None or chunk.end <= checkpoint.state.may_be_sent:
            return
        checkpoint.state.may_be_sent = chunk.end + _AHEAD * (chunk.end - chunk.start)
        self._save(checkpoint)

    def ended(self, chunk: Chunk) -> None:
        """Take in a chunk all of whose rows are stored or have failed."""
        failed = chunk.failed + [row for row in chunk.rows if row.problem is not None]
        failed.sort(key=_number)
        stored = [row for row in chunk.rows if row.problem is None]
        checkpoint = self._checkpoint
        if checkpoint is None:
            # No later run will find out what became of them, so they count in any case.
            self._tally.ended(stored, failed)
            self._letters.write(failed)
            return
        if failed and not checkpoint.state.has_dead_letter:
            self._letters.make()
            checkpoint.state.has_dead_letter = True
            self._save(checkpoint)
        self._letters.write(failed)
        self._tally.ended(stored, failed)
        checkpoint.confirmed.add(chunk.start, chunk.end)
        self._is_dirty = True
        if self._tally.now() - self._saved >= _PERIOD:
            self._save(checkpoint)

    def end(self, *, is_complete: bool) -> None:
        """Write the last state."""
        if self._checkpoint is not None:
            self._checkpoint.state.is_complete = is_complete
            self._save(self._checkpoint)

    def give_up(self) -> None:
        """Write what can be written, while an error is on its way."""
        if self._checkpoint is not None and self._is_dirty:
            # The error on its way says more than one of this.
            with contextlib.suppress(LoaderError):
                self._save(self._checkpoint)

    def _save(self, checkpoint: Checkpoint) -> None:
        state = checkpoint.state
        state.documents, state.failed = self._tally.documents, self._tally.failed
        state.updated, state.ignored = self._tally.updated, self._tally.ignored
        state.dead_letter, state.dead_letter_size = str(self._letters.path), self._letters.size
        checkpoint.save()
        self._saved = self._tally.now()
        self._is_dirty = False


def _number(row: Row) -> int:
    return row.number
