"""A server of prepared answers behind a `requests.Session`, and an executor that only records."""

from __future__ import annotations

import io
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter

from arango_jobs import ArangoClient
from arango_jobs.api import Connection
from arango_jobs.operations import Operation, Response

HOST = "http://one.test:8529"
SECRET = "the embedded server's, of 32 bytes and more"


@dataclass
class Asked:
    """One request as it left the session."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    timeout: Any
    verify: Any

    @property
    def target(self) -> str:
        """Return path and query."""
        return "/" + self.url.split("/", 3)[3]

    @property
    def host(self) -> str:
        """Return scheme, name and port."""
        return "/".join(self.url.split("/", 3)[:3])

    def json(self) -> Any:
        """Return the body, decoded."""
        return json.loads(self.body) if self.body else None


@dataclass
class Answer:
    """What the server says."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Answers(BaseAdapter):
    """Gives prepared answers in their order; an exception among them is raised."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Asked] = []
        self.waiting: deque[Answer | Exception] = deque()

    def __call__(self, *answers: Answer | Exception) -> None:
        """Prepare `answers`."""
        self.waiting.extend(answers)

    def send(  # type: ignore[override]  # the keywords are all that a session uses
        self, request: requests.PreparedRequest, **options: Any
    ) -> requests.Response:
        """Take note of the request and answer it."""
        body = request.body or b""
        self.asked.append(
            Asked(
                request.method or "",
                request.url or "",
                {name.lower(): value for name, value in request.headers.items()},
                body if isinstance(body, bytes) else body.encode(),
                options["timeout"],
                options["verify"],
            )
        )
        answer = self.waiting.popleft()
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = answer.status
        response.headers.update(answer.headers)
        raw = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        response.raw = io.BytesIO(b"" if answer.body is None else raw)
        response.request = request
        response.url = request.url or ""
        return response

    def close(self) -> None:
        """Have nothing to close."""

    @property
    def last(self) -> Asked:
        """Return the latest request."""
        return self.asked[-1]


def error(status: int, number: int, message: str = "no") -> Answer:
    """Return an error as ArangoDB words it."""
    return Answer(
        {"error": True, "code": status, "errorNum": number, "errorMessage": message}, status
    )


def session_for(answers: Answers) -> requests.Session:
    """Return a session whose every request goes to `answers`."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", answers)
    session.mount("https://", answers)
    return session


def client_for(answers: Answers, hosts: Any = HOST, **options: Any) -> ArangoClient:
    """Return a client whose every request goes to `answers`."""
    return ArangoClient(hosts, session=session_for(answers), **options)


class Recorder:
    """An executor that gives back the operation itself, as the managed context gets it."""

    context = "managed"

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def execute(self, operation: Any) -> Any:
        """Give it back."""
        return operation


def answered(operation: Operation[Any], answer: Answer) -> Any:
    """Return what the operation makes of `answer`."""
    body = b"" if answer.body is None else json.dumps(answer.body).encode()
    url = HOST + operation.target
    return operation.decode(Response(answer.status, answer.headers, body, url))


class JumpingClock:
    """A clock that is ahead by as much as anybody has waited by it."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.start = now
        self.now = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        """Return the seconds that were waited so far."""
        return self.now

    def time(self) -> float:
        """Return the start plus the seconds that were waited."""
        return self.start + self.now

    def wait(self, event: threading.Event, timeout: float | None) -> bool:
        """Be `timeout` seconds later at once."""
        self.waits.append(timeout or 0.0)
        self.now += timeout or 0.0
        return event.is_set()
