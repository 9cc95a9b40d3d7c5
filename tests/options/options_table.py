"""Every callable of the library that takes options, and for each option what it cannot be.

A callable is found by looking through the public modules, so what is new needs its row here.
"""

from __future__ import annotations

import asyncio
import dataclasses
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import arango_jobs
from arango_jobs import ArangoClient, JobFuture, JobManager, StandardDatabase, Timeouts, progress
from arango_jobs.api.compression import DeflateRequestCompression
from arango_jobs.loader import load
from arango_jobs.local import Fault, LocalServer
from arango_jobs.manager_options import ManagerOptions
from arango_jobs.testing import FakeClock

__all__ = ["CALLABLES", "NO_OPTIONS", "WRONG", "Callee", "options_of", "wrong_values"]

NAN, INFINITE = float("nan"), float("inf")

# By what an option takes: values of other types, and of this type out of every range.
BOOLEAN: tuple[Any, ...] = ("no", "", 0, 1, 1.0, [], {})
COUNT: tuple[Any, ...] = (True, False, "5", 5.0, NAN, -1, [5], b"5")
SECONDS: tuple[Any, ...] = (True, False, "5", NAN, INFINITE, -INFINITE, -1, [5], (5,))
TEXT: tuple[Any, ...] = (7, True, b"x", ["x"], {})
CHOICE: tuple[Any, ...] = (7, True, "nonsense", b"block", ["block"], {}, None)
SEVERAL: tuple[Any, ...] = (7, True, "abc", b"abc", {"a": "b"}, [7], [None])
MAPPING: tuple[Any, ...] = (7, True, "abc", ["a"], [("a", "b")])
TEXTS_BY_NAME: tuple[Any, ...] = (*MAPPING, {"a": 7}, {7: "a"})
PATH: tuple[Any, ...] = (7, True, b"x", ["x"], {})
OBJECT: tuple[Any, ...] = (7, True, "abc", ["x"], {})
FUNCTION: tuple[Any, ...] = (7, "abc", ["x"])
NONE: tuple[Any, ...] = (None,)

WRONG: dict[str, dict[str, tuple[Any, ...]]] = {
    "JobManager": {
        "db": (*OBJECT, None),
        **dict.fromkeys(
            ("max_in_flight", "max_jobs", "max_bytes", "merge_max_operations", "merge_max_bytes"),
            (*COUNT, 0, None),
        ),
        "conflict_retries": (*COUNT, None),
        **dict.fromkeys(("patience", "failover", "queue_limit", "request_timeout"),
                        (*SECONDS, 0, None)),
        **dict.fromkeys(("submit_timeout", "deadline", "shutdown_timeout"), (*SECONDS, 0)),
        "linger": (*SECONDS, 60, None),
        **dict.fromkeys(("merge", "client_keys", "exclusive_user", "ledger_keep_done"),
                        (*BOOLEAN, None)),
        "when_full": CHOICE,
        "ledger": PATH,
    },
    "JobManager.with_options": {
        "deadline": (*SECONDS, 0),
        "retry": CHOICE[:-1],
        "cancel_with_task": (*BOOLEAN, None),
    },
    "JobManager.collection": {"name": (*TEXT, None), "ordered": (*BOOLEAN, None)},
    "JobManager.graph": {"name": (*TEXT, None)},
    "JobManager.map": {"timeout": SECONDS[:-3], "buffersize": (*COUNT, 0)},
    "JobManager.wait": {
        "timeout": SECONDS[:-3],
        "return_when": CHOICE,
        "progress": (7, "nonsense", ["x"], None),
    },
    "JobManager.shutdown": {
        "wait": (*BOOLEAN, None),
        "cancel_futures": (*BOOLEAN, None),
        "timeout": (*SECONDS, 0),
    },
    "JobManager.recover": {
        "ledger": (*PATH, None),
        "db": OBJECT,
        "decoders": MAPPING,
        "trust": (*BOOLEAN, None),
    },
    "JobFuture.cancel_on_server": {"timeout": SECONDS[:-3]},
    "JobFuture.acancel_on_server": {"timeout": SECONDS[:-3]},
    "ArangoClient": {
        "hosts": (7, True, b"http://h:1", [], [7], {"http://h:1": 1}, None, "no url"),
        "host_resolver": CHOICE,
        "resolver_max_tries": (*COUNT, 0),
        "http_client": OBJECT,
        "serializer": FUNCTION,
        "deserializer": FUNCTION,
        "verify_override": (7, 1.0, ["x"], {}),
        "request_timeout": (*SECONDS[:-1], 0),
        "request_compression": OBJECT,
        "response_compression": TEXT,
        "session": OBJECT,
        "timeout": (*SECONDS[:-1], 0, (1,), (1, 2, 3), (True, 1), (1, "2")),
    },
    "ArangoClient.db": {
        "name": (*TEXT, "", None),
        "username": (*TEXT, None),
        "password": (*TEXT, None),
        "verify": (*BOOLEAN, None),
        "auth_method": CHOICE,
        "user_token": TEXT,
        "superuser_token": TEXT,
    },
    "Timeouts": dict.fromkeys(("connect", "request", "job"), (*SECONDS, 0)),
    "StandardDatabase.begin_async_execution": {"return_result": (*BOOLEAN, None)},
    "AsyncJob.cancel": {"ignore_missing": (*BOOLEAN, None)},
    "AsyncJob.clear": {"ignore_missing": (*BOOLEAN, None)},
    "Cursor.close": {"ignore_missing": (*BOOLEAN, None)},
    "DeflateRequestCompression": {"threshold": (*COUNT, None), "level": (*COUNT, 10, None)},
    "LocalServer": {
        "port": (*COUNT, 65536, None),
        "username": (*TEXT, None),
        "password": (*TEXT, None),
        "jwt_secret": TEXT,
        "coordinators": (*COUNT, 0, None),
        "host": (*TEXT, None),
        "authentication": (*BOOLEAN, None),
        "clock": OBJECT,
        **dict.fromkeys(("workers", "queue_size", "max_documents", "max_bytes", "max_body"),
                        (*COUNT, 0, None)),
        **dict.fromkeys(
            ("service_time", "per_document_time", "forward_timeout", "lock_timeout"),
            (*SECONDS, None),
        ),
        "shuffle_lists": (*BOOLEAN, None),
        "seed": (True, "5", 5.0, NAN, None),
        "tls": (7, "abc", ["a", "b"], ("a",), (1, 2)),
        "version": (*TEXT, None),
        "faithful_phantoms": (*BOOLEAN, None),
    },
    "Fault": {
        "route": (*TEXT, None),
        "action": CHOICE,
        **dict.fromkeys(("count", "seed", "coordinator", "status", "error_num"),
                        (True, "5", 5.0, NAN)),
        "skip": (True, "5", 5.0, NAN, None),
        "probability": (True, "1", NAN, -0.1, 1.1, None),
        "message": TEXT,
        "seconds": (True, "5", NAN, INFINITE, None),
        "header": (*TEXT, None),
        "body": ("text", 7, None),
        "happened": (True, "5", None),
    },
    "FakeClock": {"start": (True, "5", NAN, None), "auto_advance": (*BOOLEAN, None)},
    "load": {
        "collection": (*TEXT, None),
        "progress": FUNCTION,
        "stop": OBJECT,
        "format": CHOICE,
        "encoding": (*TEXT, "klingon", None),
        **dict.fromkeys(("delimiter", "quote", "escape"), (*TEXT, ";;", "")),
        "columns": SEVERAL,
        "headers_file": PATH,
        "skip_lines": (*COUNT, None),
        "source_name": TEXT,
        **dict.fromkeys(("rename", "merge_attributes", "types"), (*TEXTS_BY_NAME, None)),
        "drop": (*SEVERAL, None),
        **dict.fromkeys(
            (
                "strict_columns", "infer", "edge", "client_keys", "create", "dry_run",
                "ignore_missing", "overwrite", "create_database",
            ),
            (*BOOLEAN, None),
        ),
        "empty": CHOICE,
        "key_field": TEXT,
        **dict.fromkeys(("key_prefix", "from_field", "to_field"), (*TEXT, None)),
        **dict.fromkeys(("from_collection", "to_collection"), TEXT),
        "skip": (*COUNT, None),
        **dict.fromkeys(("limit", "max_errors"), (*COUNT, 0)),
        "on_duplicate": CHOICE,
        **dict.fromkeys(("checkpoint", "dead_letter"), PATH),
        **dict.fromkeys(("chunk_rows", "chunk_bytes", "window"), (*COUNT, 0, None)),
    },
    "progress.wait": {
        "timeout": SECONDS[:-3],
        "return_when": CHOICE,
        "progress": (7, "nonsense", ["x"], None),
        "description": (*TEXT, None),
        "clock": OBJECT,
    },
    "progress.as_completed": {
        "progress": (7, "nonsense", ["x"], None),
        "description": (*TEXT, None),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Callee:
    """Something with options: how to call it with one of them, all else being right."""

    function: Callable[..., Any]
    call: Callable[[Any, dict[str, Any]], Any]
    fields: type | None = None
    """The dataclass that has its options, where those are its keywords."""


def _client(**options: Any) -> None:
    ArangoClient(**options).close()


CALLABLES: dict[str, Callee] = {
    "JobManager": Callee(
        JobManager.__init__, lambda w, o: JobManager(**{"db": w.db, **o}), ManagerOptions
    ),
    "JobManager.with_options": Callee(
        JobManager.with_options, lambda w, o: w.jobs.with_options(**o)
    ),
    "JobManager.collection": Callee(
        JobManager.collection, lambda w, o: w.jobs.collection(**{"name": "c", **o})
    ),
    "JobManager.graph": Callee(JobManager.graph, lambda w, o: w.jobs.graph(**o)),
    "JobManager.map": Callee(JobManager.map, lambda w, o: w.jobs.map(w.db.version, **o)),
    "JobManager.wait": Callee(JobManager.wait, lambda w, o: w.jobs.wait([], **o)),
    "JobManager.shutdown": Callee(JobManager.shutdown, lambda w, o: w.jobs.shutdown(**o)),
    "JobManager.recover": Callee(
        JobManager.recover,
        lambda w, o: JobManager.recover(**{"ledger": w.ledger, "db": w.db, **o}),
    ),
    "JobFuture.cancel_on_server": Callee(
        JobFuture.cancel_on_server, lambda w, o: JobFuture().cancel_on_server(**o)
    ),
    "JobFuture.acancel_on_server": Callee(
        JobFuture.acancel_on_server,
        lambda w, o: asyncio.run(JobFuture().acancel_on_server(**o)),
    ),
    "ArangoClient": Callee(ArangoClient.__init__, lambda w, o: _client(**o)),
    "ArangoClient.db": Callee(ArangoClient.db, lambda w, o: w.client.db(**o)),
    "Timeouts": Callee(Timeouts.__init__, lambda w, o: Timeouts(**o)),
    "StandardDatabase.begin_async_execution": Callee(
        StandardDatabase.begin_async_execution, lambda w, o: w.db.begin_async_execution(**o)
    ),
    "AsyncJob.cancel": Callee(arango_jobs.AsyncJob.cancel, lambda w, o: w.job.cancel(**o)),
    "AsyncJob.clear": Callee(arango_jobs.AsyncJob.clear, lambda w, o: w.job.clear(**o)),
    "Cursor.close": Callee(arango_jobs.Cursor.close, lambda w, o: w.cursor.close(**o)),
    "DeflateRequestCompression": Callee(
        DeflateRequestCompression.__init__, lambda w, o: DeflateRequestCompression(**o)
    ),
    "LocalServer": Callee(LocalServer.__init__, lambda w, o: LocalServer(**o)),
    "Fault": Callee(Fault.__init__, lambda w, o: Fault(**o)),
    "FakeClock": Callee(FakeClock.__init__, lambda w, o: FakeClock(**o)),
    "load": Callee(load, lambda w, o: load([], w.db, **{"collection": "c", **o})),
    "progress.wait": Callee(progress.wait, lambda w, o: progress.wait([], **o)),
    "progress.as_completed": Callee(
        progress.as_completed, lambda w, o: list(progress.as_completed([], **o))
    ),
}

NO_OPTIONS = {
    "JobManager.submit": "what it is given goes to the method that is submitted",
    "JobManager.asubmit": "what it is given goes to the method that is submitted",
    "JobFuture.result": "the standard library's",
    "JobFuture.exception": "the standard library's",
}
_FREE = {"self", "futures", "source", "target", "iterables", "options", "_random"}


def options_of(callee: Callee) -> Iterator[str]:
    """Give the names of its options."""
    for name, parameter in inspect.signature(callee.function).parameters.items():
        if name not in _FREE and parameter.kind is not parameter.VAR_KEYWORD:
            yield name
    if callee.fields is not None:
        yield from (each.name for each in dataclasses.fields(callee.fields))


def wrong_values() -> Iterator[tuple[str, str, Any]]:
    """Give callable, option and value for all that must be refused."""
    for name, options in WRONG.items():
        for option, values in options.items():
            yield from ((name, option, value) for value in values)
