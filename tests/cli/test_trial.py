"""`arango-jobs doctor` through whatever may stand before a server, and take away what jobs need."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cli_support import Cli

from arango_jobs.local import LocalServer

Headers = dict[str, str]
Change = Callable[[str, str, Headers], int | None]
"""From method, path and headers of a request; may change the headers, or answer by a status."""
ChangeAnswer = Callable[[str, Headers], None]


def keep(_method: str, _path: str, _headers: Headers) -> int | None:
    return None


def keep_answer(_method: str, _headers: Headers) -> None:
    return None


@contextmanager
def gateway(
    server: LocalServer, change: Change = keep, change_answer: ChangeAnswer = keep_answer
) -> Iterator[str]:
    """Give the URL of a gateway before `server` that changes what it passes on."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            status = change(self.command, self.path, headers)
            if status is not None:
                self.answer(status, {}, b"")
                return
            host, port = server.url.removeprefix("http://").split(":")
            connection = http.client.HTTPConnection(host, int(port), timeout=10)
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            answered = {name.lower(): value for name, value in response.getheaders()}
            data = response.read()
            connection.close()
            change_answer(self.command, answered)
            self.answer(response.status, answered, data)

        do_GET = do_PUT = do_POST = do_DELETE = pass_on

        def answer(self, status: int, headers: Headers, body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            if status != 204:
                self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: Any) -> None:
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.daemon_threads = True
    thread = threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{running.server_port}"
    finally:
        running.shutdown()
        running.server_close()
        thread.join(5)


def without(name: str) -> Change:
    def change(_method: str, _path: str, headers: Headers) -> int | None:
        headers.pop(name, None)
        return None

    return change


def answers_without(name: str, *methods: str) -> ChangeAnswer:
    def change(method: str, headers: Headers) -> None:
        if method in methods:
            headers.pop(name, None)

    return change


def answer_jobs(method: str, status: int) -> Change:
    def change(asked: str, path: str, _headers: Headers) -> int | None:
        return status if asked == method and "/_api/job/" in path else None

    return change


def refuse_jobs(status: int) -> Change:
    def change(_method: str, _path: str, headers: Headers) -> int | None:
        return status if "x-arango-async" in headers else None

    return change


NOTHING_IS_TOLD = answers_without("x-arango-async-id", "GET", "PUT")
"""Its id was never told, so the job cannot be deleted."""
CASES: list[tuple[Change, ChangeAnswer, str, str]] = [
    (keep, keep_answer, "ok  ", "one was run, and its result fetched"),
    (
        without("x-arango-async"),
        keep_answer,
        "FAIL",
        "takes the header x-arango-async off requests",
    ),
    (keep, answers_without("x-arango-async-id", "PUT"), "FAIL", "without x-arango-async-id"),
    *[
        (answer_jobs("PUT", status), keep_answer, "FAIL", f"gives HTTP {status}")
        for status in (302, 403, 405, 500, 502)
    ],
    (answer_jobs("PUT", 200), keep_answer, "FAIL", "without x-arango-async-id"),
    (refuse_jobs(429), keep_answer, "WARN", "429 (too many requests)"),
    (refuse_jobs(503), keep_answer, "WARN", "503"),
    (refuse_jobs(403), keep_answer, "FAIL", "HTTP 403"),
    # The last one, as it leaves a job behind.
    (keep, NOTHING_IS_TOLD, "FAIL", "takes that header off answers"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[2].strip()} {case[3]}")
def test_trial(case: tuple[Change, ChangeAnswer, str, str], cli: Cli, server: LocalServer) -> None:
    """What is taken away is named, in one line, and nothing of the trial is left behind."""
    change, change_answer, mark, text = case
    with gateway(server, change, change_answer) as url:
        outcome = cli("doctor", "--url", url, "--password", "secret")
    (line,) = [line for line in outcome.out.splitlines() if "trial: " in line]
    assert line.startswith(f"{mark}  trial: ")
    assert text in line
    assert outcome.code == (1 if mark == "FAIL" else 0)
    if change_answer is not NOTHING_IS_TOLD:
        assert server.jobs() == []
