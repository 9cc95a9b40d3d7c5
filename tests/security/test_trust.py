"""Servers prove who they are, unless the user has said otherwise."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from contexts import CONTEXTS, SESSIONS, opened
from security_peer import Peer, end_of, listening

from arango_jobs.errors import TLSError


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def private(authority: trustme.CA) -> Iterator[Peer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with listening(context) as peer:
        yield peer


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize("context", CONTEXTS)
def test_nobody_knows_the_authority(private: Peer, context: str, session: str) -> None:
    """It is refused before anything is sent."""
    with (
        opened(private.url, SESSIONS[session]()) as client,
        CONTEXTS[context](client.db(password="hush")) as db,
    ):
        found = end_of(lambda: db.collection("c").insert({"_key": "a"}))
    assert isinstance(found, TLSError)
    assert private.asked == []


@pytest.mark.parametrize("context", CONTEXTS)
def test_the_user_knows_it(
    private: Peer, authority: trustme.CA, tmp_path: Path, context: str
) -> None:
    """The same server does, where its authority is named."""
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    session = SESSIONS["own connections"]()
    session.verify = str(file)
    with opened(private.url, session) as client, CONTEXTS[context](client.db()) as db:
        end_of(lambda: db.collection("c").insert({"_key": "a"}))
    assert private.operations
