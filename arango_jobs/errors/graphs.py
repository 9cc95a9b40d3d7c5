"""Errors that the server answers with, about graphs; one class a call."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoServerError

__all__ = [
    "EdgeCollectionListError",
    "EdgeDefinitionCreateError",
    "EdgeDefinitionDeleteError",
    "EdgeDefinitionListError",
    "EdgeDefinitionReplaceError",
    "EdgeListError",
    "GraphCreateError",
    "GraphDeleteError",
    "GraphListError",
    "GraphPropertiesError",
    "VertexCollectionCreateError",
    "VertexCollectionDeleteError",
    "VertexCollectionListError",
]


class GraphListError(ArangoServerError):
    """The graphs could not be listed."""


class GraphCreateError(ArangoServerError):
    """A graph could not be created."""


class GraphDeleteError(ArangoServerError):
    """A graph could not be deleted."""


class GraphPropertiesError(ArangoServerError):
    """A graph's properties could not be read."""


class VertexCollectionListError(ArangoServerError):
    """A graph's vertex collections could not be listed."""


class VertexCollectionCreateError(ArangoServerError):
    """A vertex collection could not be added to a graph."""


class VertexCollectionDeleteError(ArangoServerError):
    """A vertex collection could not be taken out of a graph."""


class EdgeCollectionListError(ArangoServerError):
    """A graph's edge collections could not be listed."""


class EdgeDefinitionListError(ArangoServerError):
    """A graph's edge definitions could not be listed."""


class EdgeDefinitionCreateError(ArangoServerError):
    """An edge definition could not be added to a graph."""


class EdgeDefinitionReplaceError(ArangoServerError):
    """An edge definition could not be replaced."""


class EdgeDefinitionDeleteError(ArangoServerError):
    """An edge definition could not be taken out of a graph."""


class EdgeListError(ArangoServerError):
    """The edges of a vertex could not be listed."""
