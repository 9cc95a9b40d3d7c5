"""Credentials go to the hosts that were named, whatever a server says."""

from __future__ import annotations

import pytest
from contexts import CONTEXTS, SESSIONS, opened
from security_peer import Peer, end_of, listening, reply

from arango_jobs.errors import ArangoJobsError


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("method", ["basic", "jwt"])
def test_to_another_host(peer: Peer, context: str, session: str, method: str, status: str) -> None:
    """It is an answer like any other, and nobody else is asked."""
    with listening() as other:
        peer.everything = reply(b"{}", status, f"Location: {other.url}/_db/_system/_api/version")
        with opened(peer.url, SESSIONS[session]()) as client:
            account = client.db(password="hush", auth_method=method)
            with CONTEXTS[context](account) as db:
                found = end_of(lambda: db.collection("c").insert({"_key": "a"}))
        assert isinstance(found, ArangoJobsError)
        assert peer.asked
        assert other.asked == []
