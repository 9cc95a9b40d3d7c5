"""The ways in which a call can be made, and the ways in which requests go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import requests

from arango_jobs import ArangoClient, JobManager
from arango_jobs.api.database import Database, StandardDatabase

Opening = Callable[[StandardDatabase[Any]], AbstractContextManager[Database[Any]]]


@contextmanager
def _direct(db: StandardDatabase[Any]) -> Iterator[Database[Any]]:
    yield db


@contextmanager
def _async(db: StandardDatabase[Any]) -> Iterator[Database[Any]]:
    yield db.begin_async_execution()


@contextmanager
def _managed(db: StandardDatabase[Any]) -> Iterator[Database[Any]]:
    with JobManager(db, patience=0.2) as jobs:
        yield jobs.db


CONTEXTS: dict[str, Opening] = {"direct": _direct, "async": _async, "managed": _managed}


def plain_session() -> requests.Session:
    """Return a session of which a manager takes over everything."""
    return requests.Session()


def own_way() -> requests.Session:
    """Return a session that a manager has to use itself."""
    session = requests.Session()
    session.hooks["response"].append(lambda response, **_: response)
    return session


SESSIONS = {"own connections": plain_session, "through the session": own_way}


@contextmanager
def opened(
    url: str, session: requests.Session | None = None, **options: Any
) -> Iterator[ArangoClient]:
    """Give a client that is closed again, its session too."""
    with session or requests.Session() as used, ArangoClient(url, session=used, **options) as made:
        yield made
