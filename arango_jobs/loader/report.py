"""What a load tells: how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LoadProgress", "LoadReport"]


@dataclass(frozen=True, slots=True)
class LoadProgress:
    """How far a load is; times in seconds."""

    documents: int
    """Confirmed by the server, in earlier runs with the same checkpoint too."""
    failed: int
    rows: int
    """Read so far."""
    in_flight: int
    """Rows on their way."""
    seconds: float
    per_second: float
    """Documents confirmed in this run."""
    requests: int
    window: int
    """Jobs that the server's hosts are given at once, at most."""
    queue_time: float | None
    """The server's last word on how long requests queue there."""


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How a load ended; the counts are of all runs with the same checkpoint."""

    source: str
    collection: str
    documents: int
    """Rows that are in the collection: created, updated or ignored."""
    created: int
    updated: int
    """Laid over the document with their key, or stored in its place."""
    ignored: int
    """Left out, as there was a document with their key (`on_duplicate="ignore"`)."""
    failed: int
    resumed: int
    """Documents of these that earlier runs had confirmed."""
    seconds: float
    requests: int
    rows: int
    """The number of the last row that was sent or failed; the last of all if complete."""
    dead_letter: str | None
    """The file with the rows that failed; `None` where none did."""
    checkpoint: str | None
    is_complete: bool
    """Whether every row was read and has ended."""
    is_dry_run: bool = False
    first_failures: tuple[str, ...] = ()
    """Where the first few rows of this run failed, and why."""

    @property
    def per_second(self) -> float:
        """Documents confirmed per second in this run."""
        done = self.documents - self.resumed
        return done / self.seconds if self.seconds > 0 else 0.0

    @property
    def is_success(self) -> bool:
        """Whether every row is loaded."""
        return self.is_complete and not self.failed
