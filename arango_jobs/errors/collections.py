"""Errors that the server answers with, about collections and their indexes; one class a call."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoServerError

__all__ = [
    "CollectionChecksumError",
    "CollectionCompactError",
    "CollectionConfigureError",
    "CollectionCreateError",
    "CollectionDeleteError",
    "CollectionInformationError",
    "CollectionKeyGeneratorsError",
    "CollectionListError",
    "CollectionPropertiesError",
    "CollectionRecalculateCountError",
    "CollectionRenameError",
    "CollectionResponsibleShardError",
    "CollectionRevisionError",
    "CollectionShardsError",
    "CollectionStatisticsError",
    "CollectionTruncateError",
    "IndexCreateError",
    "IndexDeleteError",
    "IndexGetError",
    "IndexListError",
    "IndexLoadError",
]


class CollectionListError(ArangoServerError):
    """The collections could not be listed."""


class CollectionInformationError(ArangoServerError):
    """What a collection is could not be read."""


class CollectionPropertiesError(ArangoServerError):
    """A collection's properties could not be read."""


class CollectionConfigureError(ArangoServerError):
    """A collection's properties could not be changed."""


class CollectionShardsError(ArangoServerError):
    """A collection's shards could not be read."""


class CollectionStatisticsError(ArangoServerError):
    """A collection's figures could not be read."""


class CollectionRevisionError(ArangoServerError):
    """A collection's revision could not be read."""


class CollectionChecksumError(ArangoServerError):
    """A collection's checksum could not be computed."""


class CollectionCompactError(ArangoServerError):
    """A collection could not be compacted."""


class CollectionCreateError(ArangoServerError):
    """A collection could not be created."""


class CollectionDeleteError(ArangoServerError):
    """A collection could not be deleted."""


class CollectionRenameError(ArangoServerError):
    """A collection could not be renamed."""


class CollectionTruncateError(ArangoServerError):
    """A collection could not be emptied."""


class CollectionKeyGeneratorsError(ArangoServerError):
    """The kinds of key generators could not be listed."""


class CollectionRecalculateCountError(ArangoServerError):
    """A collection could not be counted anew."""


class CollectionResponsibleShardError(ArangoServerError):
    """The shard of a document could not be found out."""


class IndexListError(ArangoServerError):
    """A collection's indexes could not be listed."""


class IndexCreateError(ArangoServerError):
    """An index could not be created."""


class IndexGetError(ArangoServerError):
    """An index could not be read."""


class IndexDeleteError(ArangoServerError):
    """An index could not be deleted."""


class IndexLoadError(ArangoServerError):
    """A collection's indexes could not be loaded into memory."""
