"""Every public method of python-arango's wrappers, and arguments to call it with."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from arango.aql import AQL, AQLQueryCache
from arango.backup import Backup
from arango.cluster import Cluster
from arango.collection import Collection, EdgeCollection, StandardCollection, VertexCollection
from arango.database import Database
from arango.foxx import Foxx
from arango.graph import Graph
from arango.pregel import Pregel
from arango.replication import Replication
from arango.request import Request
from arango.wal import WAL

WRAPPERS: dict[type, Callable[[Any], Any]] = {
    Database: lambda db: db,
    StandardCollection: lambda db: db.collection("c"),
    VertexCollection: lambda db: db.graph("g").vertex_collection("v"),
    EdgeCollection: lambda db: db.graph("g").edge_collection("e"),
    AQL: lambda db: db.aql,
    AQLQueryCache: lambda db: db.aql.cache,
    Graph: lambda db: db.graph("g"),
    Foxx: lambda db: db.foxx,
    Pregel: lambda db: db.pregel,
    Replication: lambda db: db.replication,
    Cluster: lambda db: db.cluster,
    Backup: lambda db: db.backup,
    WAL: lambda db: db.wal,
}

# They make a wrapper and send nothing.
SILENT = frozenset({"collection", "graph", "vertex_collection", "edge_collection"})


def methods(cls: type) -> Iterator[str]:
    """Give the names of the public methods of `cls` that send something."""
    for name, _ in inspect.getmembers(cls, inspect.isfunction):
        if not name.startswith("_") and name not in SILENT:
            yield name


def own_methods() -> set[tuple[str, str]]:
    """Return class and name of every method that sends something, where it is defined."""
    return {
        (cls.__name__, name)
        for cls in (*WRAPPERS, Collection)
        for name in methods(cls)
        if name in vars(cls)
    }


_EDGE = {"_key": "x", "_from": "v/a", "_to": "v/b"}

BY_PARAMETER: dict[str, Any] = {
    "algorithm": "pagerank",
    "analyzer_type": "identity",
    "backup_id": "1",
    "batch_id": "1",
    "body": {"w": 2},
    "code": "function () {}",
    "collection": "c",
    "command": "return 1",
    "config": {"a": 1},
    "data": {"type": "persistent", "fields": ["w"]},
    "database": "t",
    "dependencies": {"a": "/b"},
    "document": {"_id": "c/a", "_key": "a", "v": 3},
    "documents": [{"_key": "a", "v": 4}, {"_key": "new", "v": 5}],
    "edge": {"_id": "e/ab", "_key": "ab", "_from": "v/a", "_to": "v/b"},
    "edge_collection": "e",
    "endpoint": "tcp://127.0.0.1:1",
    "expiry_time": 60,
    "field": "v",
    "fields": ["w"],
    "filename": str(Path(__file__).with_name("files") / "service.js"),
    "filters": {"v": 1},
    "from_vertex": "v/a",
    "from_vertex_collections": ["v"],
    "graph": "g",
    "id": "0",
    "index_id": "v",
    "job_id": "1",
    "latitude": 1,
    "latitude1": 0,
    "latitude2": 2,
    "license": "none",
    "longitude": 1,
    "longitude1": 0,
    "longitude2": 2,
    "lower": 0,
    "mode": "default",
    "mount": "/m",
    "moves": [],
    "name": "c",
    "new_name": "renamed",
    "password": "secret",
    "permission": "ro",
    "properties": {},
    "query": "FOR d IN c SORT d._key RETURN d._key",
    "query_id": "1",
    "radius": 10,
    "server_id": "CRDN-1",
    "source": "/service.zip",
    "start_vertex": "v/a",
    "status": "done",
    "task_id": "1",
    "tests": ["a"],
    "to_vertex": "v/b",
    "to_vertex_collections": ["v"],
    "token_id": 1,
    "ttl": 10,
    "upper": 9,
    "user": "bob",
    "username": "bob",
    "valid_until": 2_000_000_000,
    "vertex": {"_id": "v/a", "_key": "a", "v": 6},
    "view_type": "arangosearch",
}

BY_METHOD: dict[str, dict[str, Any]] = {
    "AQL.execute": {"query": "FOR i IN 1..5 RETURN i", "batch_size": 2, "count": True},
    "AQL.kill": {"query_id": "1"},
    "Database.create_access_token": {"name": "token"},
    "Database.create_collection": {"name": "made"},
    "Database.create_database": {"name": "made"},
    "Database.create_graph": {"name": "made"},
    "Database.create_task": {"name": "task"},
    "Database.create_user": {"username": "carol", "password": "x"},
    "Database.delete_database": {"name": "missing"},
    "Database.delete_graph": {"name": "g"},
    "Database.has_graph": {"name": "g"},
    "Database.insert_document": {"document": {"_key": "new"}},
    "Database.request": {"request": Request("get", "/_api/collection/c/count")},
    "Database.shutdown": {"soft": True},
    "EdgeCollection.edges": {"vertex": "v/a", "direction": "out"},
    "EdgeCollection.has": {"document": "ab"},
    "EdgeCollection.insert": {"edge": _EDGE},
    "EdgeCollection.insert_many": {"documents": [_EDGE]},
    "EdgeCollection.import_bulk": {"documents": [_EDGE]},
    "Graph.create_vertex_collection": {"name": "made"},
    "Graph.create_edge_definition": {"edge_collection": "made"},
    "Graph.delete_edge_definition": {"name": "e"},
    "Graph.delete_vertex_collection": {"name": "v"},
    "Graph.edges": {"collection": "e", "vertex": "v/a"},
    "Graph.has_edge_collection": {"name": "e"},
    "Graph.has_edge_definition": {"name": "e"},
    "Graph.has_vertex_collection": {"name": "v"},
    "Graph.insert_edge": {"collection": "e", "edge": _EDGE},
    "Graph.insert_vertex": {"collection": "v", "vertex": {"_key": "new"}},
    "Graph.link": {"collection": "e"},
    "StandardCollection.insert": {"document": {"_key": "new"}},
    "StandardCollection.delete_many": {"documents": ["a", "missing"]},
    "StandardCollection.get_many": {"documents": ["a", "missing"]},
    "StandardCollection.find_in_box": {},
    "VertexCollection.insert": {"vertex": {"_key": "new"}},
    "VertexCollection.has": {"document": "a"},
}


def arguments(cls: type, name: str) -> dict[str, Any]:
    """Return arguments for the method: for what it requires, and what `BY_METHOD` says."""
    parameters = list(inspect.signature(getattr(cls, name)).parameters.values())[1:]
    required = [
        parameter.name
        for parameter in parameters
        if parameter.default is parameter.empty
        and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    own = BY_METHOD.get(f"{cls.__name__}.{name}", {})
    return {**{each: BY_PARAMETER[each] for each in required if each not in own}, **own}
