"""Errors about how a wrapper is used, found before or after the server is asked."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoClientError

__all__ = [
    "CursorCountError",
    "CursorEmptyError",
    "CursorStateError",
    "DocumentParseError",
    "JWTExpiredError",
    "SortValidationError",
]


class DocumentParseError(ArangoClientError):
    """A document has no key or id that could be used, or one of another collection."""


class SortValidationError(ArangoClientError):
    """A list of sort orders is malformed."""


class CursorStateError(ArangoClientError):
    """A cursor without an id was asked for another batch, or was given another cursor's."""


class CursorCountError(ArangoClientError, TypeError):
    """The length of a cursor was asked for that was opened without `count`."""


class CursorEmptyError(ArangoClientError):
    """A row was taken from an empty batch."""


class JWTExpiredError(ArangoClientError):
    """A token that was handed in has expired."""
