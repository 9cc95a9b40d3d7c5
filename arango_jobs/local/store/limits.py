"""The bounds that keep the embedded server from eating the machine."""

from __future__ import annotations

from arango_jobs.local.errors import ArangoError

__all__ = ["Limits"]


class Limits:
    """How many documents and bytes are stored, and how many may be; the store's lock guards it."""

    __slots__ = ("bytes", "documents", "max_bytes", "max_documents")

    def __init__(self, max_documents: int = 5_000_000, max_bytes: int = 2 << 30) -> None:
        self.max_documents = max_documents
        self.max_bytes = max_bytes
        self.documents = 0
        self.bytes = 0

    def add(self, documents: int, size: int) -> None:
        """Count what was stored or (negative) removed; raise 32 where it does not fit."""
        total, total_bytes = self.documents + documents, self.bytes + size
        if documents > 0 and total > self.max_documents:
            raise ArangoError(
                32,
                f"resource limit exceeded: the embedded server holds at most "
                f"{self.max_documents} documents (max_documents)",
            )
        if size > 0 and total_bytes > self.max_bytes:
            raise ArangoError(
                32,
                f"resource limit exceeded: the embedded server holds at most "
                f"{self.max_bytes} bytes of documents (max_bytes)",
            )
        self.documents, self.bytes = total, total_bytes

    def give_back(self, documents: int, size: int) -> None:
        """Count a change that must not be refused: an undone write."""
        self.documents += documents
        self.bytes += size
