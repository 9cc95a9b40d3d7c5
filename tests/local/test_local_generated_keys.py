"""Keys that the server makes do not collide with numeric keys that users bring."""

from __future__ import annotations

import json

import pytest

from arango_jobs.local.deployment import Deployment


@pytest.mark.parametrize("kind", ["traditional", "autoincrement"])
def test_after_a_users_number(kind: str) -> None:
    """The next generated key is above the largest number that was used as a key."""
    server = Deployment(authentication=False)
    body = {"name": "c", "keyOptions": {"type": kind}}
    server.call("POST", "/_api/collection", body=json.dumps(body).encode())
    for key in ("5", "987654321012", "77"):
        server.call("POST", "/_api/document/c", body=json.dumps({"_key": key}).encode())
    made = json.loads(server.call("POST", "/_api/document/c", body=b"{}").body)
    assert made["_key"] == "987654321013"
