"""A serializer of the user's that takes documents only, beside the arrays of keys that we make."""

from __future__ import annotations

import json
from typing import Any

from arango_jobs import ArangoClient, JobManager
from arango_jobs.local import LocalServer


def _documents_only(value: Any) -> str:
    if not isinstance(value, dict) or value.get("n") is None:
        raise ValueError("no document")
    return json.dumps(value)


def test_keys_are_not_for_it() -> None:
    """Merged reads and deletions hold keys alone, so nothing of it can end the manager."""
    with LocalServer() as server:
        plain = ArangoClient(hosts=server.url).db("_system", username="root", password="")
        plain.create_collection("c")
        client = ArangoClient(hosts=server.url, serializer=_documents_only)
        db = client.db("_system", username="root", password="", verify=False)
        with JobManager(db) as jobs:
            collection = jobs.collection("c")
            inserts = [collection.insert({"_key": f"k{n}", "n": n}) for n in range(40)]
            assert [each.result(30)["_key"] for each in inserts] == [f"k{n}" for n in range(40)]
            reads = [collection.get(f"k{n}") for n in range(40)]
            assert [each.result(30)["n"] for each in reads] == list(range(40))
            deletions = [collection.delete(f"k{n}") for n in range(40)]
            assert [each.result(30)["_key"] for each in deletions] == [f"k{n}" for n in range(40)]
