"""Every error of this library; `base.py` and `client.py` draw the tree."""

from __future__ import annotations

from arango_jobs.errors.base import ArangoClientError, ArangoJobsError, ArangoServerError
from arango_jobs.errors.client import *  # noqa: F403  the lists are the modules' own
from arango_jobs.errors.client import __all__ as _client

__all__ = ["ArangoClientError", "ArangoJobsError", "ArangoServerError", *_client]
