"""An answer takes no more memory than it may, packed or not."""

from __future__ import annotations

import gzip
import tracemalloc
from functools import partial

import pytest
from contexts import CONTEXTS, SESSIONS, opened
from security_peer import Peer, end_of, reply

from arango_jobs import manager as manager_module
from arango_jobs._net.settings import NetSettings
from arango_jobs.errors import JobLostError, ResponseTooLargeError

LIMIT = 100_000
HUGE = 64 << 20
ANSWERS = {
    "bomb": reply(gzip.compress(b" " * HUGE, 9), "200 OK", "Content-Encoding: gzip"),
    "announced": f"HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n".encode() + b" " * 2 * LIMIT,
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"20000\r\n%b\r\n" % (b" " * 0x20000) * 8,
}


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("context", ["direct", "managed"])
@pytest.mark.parametrize("kind", ANSWERS)
def test_more_than_allowed(
    peer: Peer, kind: str, context: str, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read to its end, and the call says why it has none."""
    settings = partial(NetSettings, max_response_bytes=LIMIT)
    monkeypatch.setattr(manager_module, "NetSettings", settings)
    peer.result = ANSWERS[kind]
    with opened(peer.url, SESSIONS[session]()) as client:
        client._sender.max_response_bytes = LIMIT
        with CONTEXTS[context](client.db()) as db:
            tracemalloc.start()
            found = end_of(lambda: db.collection("c").insert({"_key": "a"}))
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    assert isinstance(found, ResponseTooLargeError | JobLostError)
    assert peak < HUGE // 2
