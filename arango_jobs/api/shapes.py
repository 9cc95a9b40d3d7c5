"""What the server's objects are called here: python-arango's names, as tables.

Attributes that a table does not name are left out, as python-arango does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from arango_jobs.api.decode import a_list, an_object
from arango_jobs.api.types import Json

__all__ = [
    "CACHE",
    "CACHE_ENTRY",
    "DATABASE",
    "QUERY",
    "STATUS",
    "TRACKING",
    "Names",
    "collection",
    "edge_definition",
    "graph",
    "listed",
    "renamed",
    "without_status",
]

Names = Mapping[str, str]


def renamed(names: Names) -> Callable[[Any], Json]:
    """Return a reader that gives an object's attributes new names."""

    def read(body: Any) -> Json:
        found = an_object(body)
        return {new: found[old] for old, new in names.items() if old in found}

    return read


def listed(names: Names) -> Callable[[Any], list[Json]]:
    """Return a reader that does so for each object of a list."""
    read = renamed(names)
    return lambda body: [read(item) for item in a_list(body)]


def without_status(body: Any) -> Json:
    """Return `body` without what repeats the HTTP status."""
    return {name: value for name, value in an_object(body).items() if name not in ("error", "code")}


QUERY: Names = {
    "id": "id",
    "query": "query",
    "database": "database",
    "bindVars": "bind_vars",
    "runTime": "runtime",
    "started": "started",
    "state": "state",
    "stream": "stream",
    "user": "user",
    "peakMemoryUsage": "peak_memory_usage",
    "modificationQuery": "modification_query",
    "warnings": "warnings",
    "exitCode": "exit_code",
}

TRACKING: Names = {
    "enabled": "enabled",
    "maxQueryStringLength": "max_query_string_length",
    "maxSlowQueries": "max_slow_queries",
    "slowQueryThreshold": "slow_query_threshold",
    "slowStreamingQueryThreshold": "slow_streaming_query_threshold",
    "trackBindVars": "track_bind_vars",
    "trackSlowQueries": "track_slow_queries",
}

CACHE: Names = {
    "mode": "mode",
    "maxResults": "max_results",
    "maxResultsSize": "max_results_size",
    "maxEntrySize": "max_entry_size",
    "includeSystem": "include_system",
}

CACHE_ENTRY: Names = {
    "hash": "hash",
    "query": "query",
    "bindVars": "bind_vars",
    "size": "size",
    "results": "results",
    "started": "started",
    "hits": "hits",
    "runTime": "runtime",
    "dataSources": "data_sources",
}

DATABASE: Names = {
    "id": "id",
    "name": "name",
    "path": "path",
    "system": "system",
    "isSystem": "system",
    "sharding": "sharding",
    "replicationFactor": "replication_factor",
    "writeConcern": "write_concern",
    "replicationVersion": "replication_version",
}

STATUS: Names = {
    "agency": "agency",
    "coordinator": "coordinator",
    "foxxApi": "foxx_api",
    "host": "host",
    "hostname": "hostname",
    "license": "license",
    "mode": "mode",
    "operationMode": "operation_mode",
    "pid": "pid",
    "server": "server",
    "serverInfo": "server_info",
    "version": "version",
}

_KEY_OPTIONS: Names = {
    "type": "key_generator",
    "increment": "key_increment",
    "offset": "key_offset",
    "allowUserKeys": "user_keys",
    "lastValue": "key_last_value",
}

_COLLECTION: Names = {
    "id": "id",
    "objectId": "object_id",
    "name": "name",
    "isSystem": "system",
    "isSmart": "smart",
    "type": "type",
    "waitForSync": "sync",
    "status": "status",
    "statusString": "status_string",
    "globallyUniqueId": "global_id",
    "cacheEnabled": "cache",
    "replicationFactor": "replication_factor",
    "minReplicationFactor": "min_replication_factor",
    "writeConcern": "write_concern",
    "shards": "shards",
    "numberOfShards": "shard_count",
    "shardKeys": "shard_fields",
    "distributeShardsLike": "shard_like",
    "shardingStrategy": "sharding_strategy",
    "smartJoinAttribute": "smart_join_attribute",
    "keyOptions": "key_options",
    "cid": "cid",
    "version": "version",
    "allowUserKeys": "user_keys",
    "planId": "plan_id",
    "deleted": "deleted",
    "syncByRevision": "sync_by_revision",
    "tempObjectId": "temp_object_id",
    "usesRevisionsAsDocumentIds": "rev_as_id",
    "isDisjoint": "disjoint",
    "isSmartChild": "smart_child",
    "minRevision": "min_revision",
    "schema": "schema",
    "internalValidatorType": "internal_validator_type",
    "supportsRBAC": "supportsRBAC",
}

_GRAPH: Names = {
    "_id": "id",
    "_key": "key",
    "name": "name",
    "_rev": "revision",
    "orphanCollections": "orphan_collections",
    "isSmart": "smart",
    "isDisjoint": "disjoint",
    "isSatellite": "is_satellite",
    "smartGraphAttribute": "smart_field",
    "numberOfShards": "shard_count",
    "replicationFactor": "replication_factor",
    "minReplicationFactor": "min_replication_factor",
    "writeConcern": "write_concern",
}

_EDGE_COLLECTION = 3


def collection(body: Any) -> Json:
    """Return a collection's properties."""
    shape = renamed(_COLLECTION)(body)
    if "type" in shape:
        shape["edge"] = shape["type"] == _EDGE_COLLECTION
    if "key_options" in shape:
        shape["key_options"] = renamed(_KEY_OPTIONS)(shape["key_options"])
    if body.get("computedValues") is not None:
        shape["computedValues"] = body["computedValues"]
    return shape


def edge_definition(body: Any) -> Json:
    """Return one edge definition of a graph."""
    return {
        "edge_collection": body["collection"],
        "from_vertex_collections": body["from"],
        "to_vertex_collections": body["to"],
    }


def graph(body: Any) -> Json:
    """Return a graph's properties."""
    shape = renamed(_GRAPH)(body)
    shape["edge_definitions"] = [edge_definition(each) for each in a_list(body["edgeDefinitions"])]
    return shape
