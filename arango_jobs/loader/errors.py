"""Errors of the loader, by what the caller can do about them.

LoaderError
├── SourceError       mend the file, or how it is read
├── CheckpointError   name another checkpoint, or the file it belongs to
├── DeadLetterError   make room, or name another file for rows that fail
└── LoadStoppedError  look at the server, and start again
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from arango_jobs.errors import ArangoClientError

if TYPE_CHECKING:
    from arango_jobs.loader.report import LoadReport

__all__ = [
    "CheckpointError",
    "DeadLetterError",
    "LoadStoppedError",
    "LoaderError",
    "SourceError",
]


class LoaderError(ArangoClientError):
    """A load could not begin or could not go on.

    `report` says what had been confirmed by then, `None` where nothing was sent.
    """

    report: LoadReport | None = None


class SourceError(LoaderError):
    """The input cannot be read, or not as what it was said to be."""


class CheckpointError(LoaderError):
    """A checkpoint cannot be read or written, or belongs to another load."""


class DeadLetterError(LoaderError):
    """Rows that failed cannot be written down."""


class LoadStoppedError(LoaderError):
    """The server cannot take the rest; what was confirmed before is loaded."""
