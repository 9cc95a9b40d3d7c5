"""A plain collection, with everything that it can."""

from __future__ import annotations

from arango_jobs.api.context import C
from arango_jobs.api.documents import SingleDocuments
from arango_jobs.api.indexes import Indexes
from arango_jobs.api.many import ManyDocuments
from arango_jobs.api.matching import Matching
from arango_jobs.api.properties import Properties
from arango_jobs.api.reads import Reads

__all__ = ["Collection", "StandardCollection"]


class Collection(Reads[C], Matching[C], ManyDocuments[C], Indexes[C], Properties[C]):
    """What every collection can, whether plain or part of a graph."""


class StandardCollection(Collection[C], SingleDocuments[C]):
    """A collection of documents or edges, by name."""
