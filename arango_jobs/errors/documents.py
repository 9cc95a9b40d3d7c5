"""Errors that the server answers with, about documents; one class a call."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoServerError

__all__ = [
    "DocumentCountError",
    "DocumentDeleteError",
    "DocumentGetError",
    "DocumentIDsError",
    "DocumentInError",
    "DocumentInsertError",
    "DocumentKeysError",
    "DocumentReplaceError",
    "DocumentRevisionError",
    "DocumentUpdateError",
]


class DocumentCountError(ArangoServerError):
    """The documents could not be counted."""


class DocumentInError(ArangoServerError):
    """Whether a document exists could not be found out."""


class DocumentGetError(ArangoServerError):
    """Documents could not be read."""


class DocumentKeysError(ArangoServerError):
    """The documents' keys could not be listed."""


class DocumentIDsError(ArangoServerError):
    """The documents' ids could not be listed."""


class DocumentInsertError(ArangoServerError):
    """Documents could not be inserted."""


class DocumentReplaceError(ArangoServerError):
    """Documents could not be replaced."""


class DocumentUpdateError(ArangoServerError):
    """Documents could not be updated."""


class DocumentDeleteError(ArangoServerError):
    """Documents could not be deleted."""


class DocumentRevisionError(ArangoServerError):
    """A document has another revision than the call asks for."""
