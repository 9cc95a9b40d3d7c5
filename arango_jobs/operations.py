"""What a user wants done, and the plain HTTP values it becomes.

    Operation ─▶ Request ─▶ (a transport) ─▶ Response ─▶ the operation's decoder
                 = a Template that many share, a leaf, a body

An API wrapper builds one `Operation` per call and knows no context; whoever
executes it decides whether it is sent now, as a server-side job, or managed.
Nothing here opens a socket, reads a clock or knows the job protocol.

These values travel on the hot path, so they are slotted and not frozen: treat
them as immutable all the same.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from arango_jobs import json as _json

if TYPE_CHECKING:
    from arango_jobs.errors import ArangoServerError

__all__ = [
    "CONTENT_LENGTH",
    "JOB_ID",
    "FetchedResponse",
    "Headers",
    "MergePlan",
    "Operation",
    "OperationKind",
    "Request",
    "Response",
    "Retry",
    "Template",
    "quote_segment",
]

T = TypeVar("T")

Headers = tuple[tuple[str, str], ...]

CONTENT_LENGTH = "content-length"
JOB_ID = "x-arango-async-id"
"""The header that names a job (server-protocol.md §2.1)."""


def quote_segment(name: str) -> str:
    """Quote `name` so that it stays one path segment, whatever characters it holds."""
    try:
        quoted = quote(name, safe="")
    except UnicodeEncodeError:
        _json.check_text(name, "a name in the path")
        raise
    # A dot segment would be taken as a step in the path by proxies and clients (RFC 3986 §5.2.4).
    return quoted.replace(".", "%2E") if quoted in (".", "..") else quoted


class Retry(enum.Enum):
    """What a second run of an operation would do, when the first may have run."""

    SAFE = "safe"
    """It reads only."""
    IDEMPOTENT = "idempotent"
    """It writes, and a second run leaves the same data."""
    NEVER = "never"
    """It may do harm."""


@dataclass(slots=True, eq=False)
class Template:
    """What requests share that differ in leaf and body alone: it is signed and rendered once.

    `stem` begins path and query, already quoted, with the database.
    """

    method: str
    stem: str
    headers: Headers = field(default=(), repr=False)
    is_quick: bool = True
    """Whether they are answered at once, so that others may be pipelined behind them.

    Never behind a HEAD: their answers could be taken for the body that a wrong server sends.
    """
    is_once: bool = False
    """Whether what it asks for may do harm a second time, so that it must not get lost."""
    names_leaf: bool = False
    """Whether an answer that names a job names the one that the leaf does: it fetches that job."""
    names_new: bool = False
    """Whether an answer that names a job names a new one: it submits a job."""

    def __post_init__(self) -> None:
        """Let a HEAD be alone."""
        self.is_quick = self.is_quick and self.method != "HEAD"

    def request(self, leaf: str, body: bytes) -> Request:
        """Return the whole of one of them."""
        target = self.stem + leaf
        return Request(self.method, target, self.headers, body, self.is_quick, self.is_once)


@dataclass(slots=True, eq=False)
class Request:
    """One HTTP request: `target` is path and query, already quoted, with the database."""

    method: str
    target: str
    headers: Headers = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    is_quick: bool = True
    """Whether it is answered at once, so that others may be pipelined behind it."""
    is_once: bool = False
    """Whether what it asks for may do harm a second time, so that it must not get lost."""

    @property
    def template(self) -> Template:
        """All of it but the body, for this one request alone."""
        return Template(self.method, self.target, self.headers, self.is_quick, self.is_once)


class Response:
    """One HTTP response, header names in lower case.

    `loads` decodes the body: the user's deserializer where there is one.
    """

    __slots__ = ("base", "body", "common", "job_id", "loads", "status", "target")

    fetch_method: str | None = None
    """The method of the request that fetched it by hand, in lower case."""

    def __init__(
        self,
        status: int,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        url: str = "",
        loads: Callable[[bytes], Any] = _json.loads,
        job_id: str | None = None,
    ) -> None:
        self.status = status
        self.common = {} if headers is None else headers
        """All headers, or all but `x-arango-async-id`: one object for all that are alike."""
        self.body = body
        self.base = url
        """The host that was asked, or all of the URL."""
        self.target = ""
        self.loads = loads
        self.job_id = job_id if job_id is not None else self.common.get(JOB_ID)
        """What `x-arango-async-id` says: the one header that differs from job to job."""

    @property
    def headers(self) -> dict[str, str]:
        """All headers."""
        headers = self.common
        if self.job_id is not None and JOB_ID not in headers:
            headers = self.common = {**headers, JOB_ID: self.job_id}
        return headers

    def header(self, name: str) -> str | None:
        """Return one of them, but for `x-arango-async-id`; quicker than by way of all."""
        return self.common.get(name)

    @property
    def url(self) -> str:
        """What was asked."""
        return self.base + self.target

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Decode the body, `None` where it is empty or no JSON."""
        if not self.body:
            return None
        try:
            return self.loads(self.body)
        except ValueError:
            return None

    def __repr__(self) -> str:
        """Show status and address, never the body."""
        return f"<Response {self.status} {self.url}>"


class FetchedResponse(Response):
    """The answer to one fetch of a job's result, whose errors name the fetch."""

    __slots__ = ()
    fetch_method = "put"

    @classmethod
    def of(cls, response: Response) -> FetchedResponse:
        """Return `response`, the answer to a fetch."""
        return cls(
            response.status,
            response.common,
            response.body,
            response.url,
            response.loads,
            response.job_id,
        )


@dataclass(frozen=True, slots=True, eq=False)
class MergePlan:
    """How operations of one kind become one array request, and how its reply is taken apart.

    `element` gives what stands for an operation in the array (JSON-able).
    `value` turns a successful element into what the single call would have returned.
    Array replies and the status of a failed element: server-protocol.md §8.2.
    """

    method: str
    target: str
    element: Callable[[Operation[Any]], Any]
    value: Callable[[Any], Any]
    """From a successful element of the reply (already decoded JSON) to the single call's result."""
    status: int
    """The status that the single call has on success."""
    is_body: bool = False
    """Whether the element is always the body of the single call, as it was encoded."""


@dataclass(frozen=True, slots=True, eq=False)
class OperationKind(Generic[T]):
    """What all operations of one wrapper method with the same options share.

    Wrappers keep one per method, database, collection and options: operations
    with the *same object* as kind can be merged.
    """

    name: str
    """`family.method`, such as `document.insert`: names the operation in logs, stats, ledgers."""
    method: str
    database: str
    path: str
    """Below the database, quoted: `/_api/document/students`."""
    decode: Callable[[Response, Operation[T]], T]
    """Gets *every* response of the operation, failures too; raises `error` for those."""
    error: type[ArangoServerError]
    query: str = ""
    """Encoded, with its question mark, or empty."""
    headers: Headers = ()
    retry: Retry = Retry.NEVER
    is_text: bool = False
    """Whether the body is bytes or str, to be sent as it is."""
    is_query: bool = False
    """Whether it is an AQL query whose `options.maxRuntime` can carry a deadline."""
    merge: MergePlan | None = None
    order: str | None = None
    """Operations with the same `order` and key run one after the other, in order of submission."""
    is_direct: bool = False
    """Whether a manager sends it at once instead of as a job: HEAD (server-protocol.md H-13), and
    calls about jobs, which would be about themselves."""
    destination: object | None = field(default=None, repr=False)
    """Which server and user the wrapper that built it means; `None`: it was built by hand."""
    prefix: str = field(init=False)
    target: str = field(init=False)
    """Path and query of a request whose path ends in no key."""

    def __post_init__(self) -> None:
        """Put the database before the path."""
        prefix = f"/_db/{quote_segment(self.database)}{self.path}"
        object.__setattr__(self, "prefix", prefix)
        object.__setattr__(self, "target", prefix + self.query)


@dataclass(slots=True, eq=False)
class Operation(Generic[T]):
    """One call of a wrapper: what to send and how to read the answer."""

    kind: OperationKind[T]
    body: Any = None
    """JSON-able (not yet encoded), or bytes/str where `kind.is_text`; `None`: no body."""
    key: str | None = None
    """The key of the one document it is about; ends the path unless `is_keyless`."""
    headers: Headers = ()
    is_keyless: bool = False
    """Whether `key` is only information and not part of the path (an insert with `_key`)."""
    retry: Retry | None = None
    """Overrides the kind's."""
    made_key: bool = False
    """Whether the key was made by us, so that finding it taken means that a first run succeeded."""

    @property
    def stem(self) -> str:
        """Path and query of the single request, up to the key where it ends in one."""
        kind = self.kind
        return kind.target if self.key is None or self.is_keyless else kind.prefix

    @property
    def leaf(self) -> str:
        """What follows the stem."""
        if self.key is None or self.is_keyless:
            return ""
        return f"/{quote_segment(self.key)}{self.kind.query}"

    @property
    def target(self) -> str:
        """Path and query of the single request."""
        return self.stem + self.leaf

    @property
    def effective_retry(self) -> Retry:
        """What a second run would do."""
        return self.kind.retry if self.retry is None else self.retry

    def decode(self, response: Response) -> T:
        """Return the result that `response` carries, or raise the operation's error."""
        return self.kind.decode(response, self)

    def with_retry(self, retry: Retry | str) -> Operation[T]:
        """Return a copy that says what a second run would do."""
        return replace(self, retry=Retry(retry))

    def __repr__(self) -> str:
        """Show what it is, never the document it carries."""
        return f"<Operation {self.kind.name} {self.kind.method} {self.target}>"
