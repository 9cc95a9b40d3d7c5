"""What an import in several batches raises when some of them failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from arango_jobs.errors.base import ArangoServerError
from arango_jobs.errors.documents import DocumentInsertError

__all__ = ["DocumentImportError", "FailedBatch"]


@dataclass(frozen=True, slots=True)
class FailedBatch:
    """One batch that was not imported: `count` documents from number `start` (from 0) on."""

    start: int
    count: int
    error: Exception | None
    """`None` where the batch was not sent because an earlier one had failed."""


class DocumentImportError(DocumentInsertError):
    """Some batches of an import failed.

    `imported` sums up the batches that went well and stay imported; `failures`
    tells for each of the others which documents it held and its own error.
    """

    imported: dict[str, Any]
    failures: tuple[FailedBatch, ...]

    @classmethod
    def summing_up(
        cls, imported: dict[str, Any], failures: tuple[FailedBatch, ...]
    ) -> DocumentImportError:
        """Return the error for `failures`, with the HTTP attributes of the first."""
        first = next(failure.error for failure in failures if failure.error is not None)
        places = ", ".join(f"{f.start}-{f.start + f.count - 1}" for f in failures[:5])
        more = f" and {len(failures) - 5} more batches" if len(failures) > 5 else ""
        text = f"documents {places}{more} were not imported; the first error: {first}"
        server = first if isinstance(first, ArangoServerError) else ArangoServerError(str(first))
        error = cls(
            text,
            http_code=server.http_code,
            error_code=server.error_code,
            url=server.url,
            http_method=server.http_method,
            http_headers=server.http_headers,
        )
        error.imported = imported
        error.failures = failures
        return error
