"""Who signs in with what is told to the server and to nobody else."""

from __future__ import annotations

import base64
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contexts import SESSIONS, opened
from security_peer import end_of

from arango_jobs import JobManager, signals
from arango_jobs.local import Fault, LocalServer

PASSWORD = "correct-horse-battery"
WRONG = "wrong-horse-staple"
BODY = "for-nobodys-eyes"


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(password=PASSWORD, jwt_secret="0123456789" * 4) as running:
        yield running


def secrets(*more: str) -> list[str]:
    """Return all that must be nowhere, coded as it goes over the wire too."""
    basic = [base64.b64encode(f"root:{each}".encode()).decode() for each in (PASSWORD, WRONG)]
    return [PASSWORD, WRONG, *basic, *(each.partition(" ")[2] for each in more)]


def shown(value: Any) -> str:
    """Return all that can be seen of `value`, by printing, tracing or pickling it."""
    texts = [repr(value), str(value)]
    if isinstance(value, BaseException):
        texts += traceback.format_exception(value)
        texts.append(repr(pickle.dumps(value)))
        texts.append(repr(vars(value)))
    return "\n".join(texts)


def provoke(jobs: JobManager, db: Any, server: LocalServer) -> list[Any]:
    """Let calls succeed, fail, break and be refused, and return how they ended."""
    collection, body = jobs.collection("c"), {"_key": "a", "secret": BODY}
    ends = [end_of(lambda: collection.insert(body)), end_of(lambda: collection.insert(body))]
    for action, route in (
        ("close_before", "POST /_api/document/{collection}"),
        ("garbage", "POST /_api/document/{collection}"),
        ("truncate", "PUT /_api/job/{id}"),
    ):
        server.faults.add(Fault(route, action))
        ends.append(end_of(lambda: collection.insert({"secret": BODY})))
    server.faults.add(Fault("POST /_api/cursor", "respond", status=401, error_num=11))
    ends.append(end_of(lambda: jobs.aql.execute("RETURN 1")))
    ends.append(end_of(lambda: jobs.aql.execute("NONSENSE")))
    server.faults.add(Fault("GET /_api/collection", "respond", status=401, error_num=11))
    ends.append(end_of(db.collections))
    ends.append(end_of(lambda: db.collection("c").insert(body)))
    return ends


@pytest.mark.parametrize("password", [PASSWORD, WRONG], ids=["right", "wrong"])
@pytest.mark.parametrize("method", ["basic", "jwt"])
@pytest.mark.parametrize("session", SESSIONS)
def test_nowhere(
    server: LocalServer,
    session: str,
    method: str,
    password: str,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Not in logs of any level, reprs, errors, tracebacks, pickles, signals or the ledger."""
    caplog.set_level(logging.DEBUG)
    records: list[Any] = []

    def receiver(_manager: object, record: Any) -> None:
        records.append(record)

    for signal in signals.signals.values():
        signal.connect(receiver)
    tokens = []
    with opened(server.url, SESSIONS[session]()) as client:
        client.db(password=PASSWORD).create_collection("c")
        db = client.db(password=password, auth_method=method)
        with JobManager(db, ledger=tmp_path / "ledger") as jobs:
            ends = provoke(jobs, db, server)
            if password == PASSWORD:
                tokens.append(db.conn.authorization() or "")
            files = b"".join(file.read_bytes() for file in tmp_path.iterdir())
            seen = [*ends, *records, jobs, jobs.stats(), jobs.collection("c"), db, db.conn, client]
    assert sum(isinstance(each, Exception) for each in ends) >= 4
    assert records
    assert caplog.records
    places = {
        "log": "\n".join(map(_told, caplog.records)),
        "values": "\n".join(map(shown, seen)),
        "ledger": files.decode("latin-1"),
    }
    for secret in secrets(*tokens):
        assert [place for place, text in places.items() if secret in text] == []
    assert BODY not in places["log"]
    assert BODY not in places["values"]


def _told(record: logging.LogRecord) -> str:
    return f"{record.getMessage()} {record.args!r} {logging.Formatter().format(record)}"
