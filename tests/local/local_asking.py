"""The routes without a port: a deployment whose queued work runs when the test says so."""

from __future__ import annotations

import base64
from typing import Any

import orjson

from arango_jobs.local.deployment import Deployment
from arango_jobs.local.messages import Response
from arango_jobs.local.options import ServerOptions
from arango_jobs.testing import FakeClock

SECRET = "a-secret-of-the-cluster-that-is-long-enough"


def basic(user: str = "root", password: str = "") -> dict[str, str]:
    """Return the header of a user."""
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


class Asker:
    """Sends requests to a deployment, as root unless told otherwise."""

    def __init__(self, deployment: Deployment, clock: FakeClock) -> None:
        self.deployment = deployment
        self.clock = clock

    def __call__(
        self,
        method: str,
        target: str,
        body: Any = None,
        *,
        user: str | None = "root",
        at: int = 0,
        **headers: str,
    ) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if user is not None and "authorization" not in sent:
            sent |= basic(user, "" if user == "root" else user)
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        return self.deployment.call(method, target, body=raw, headers=sent, coordinator=at)

    def submit(self, method: str, target: str, body: Any = None, **options: Any) -> str:
        """Submit a job and return its id; it stays queued until `run`."""
        response = self(method, target, body, x_arango_async="store", **options)
        assert response.status == 202, response
        return response.headers["X-Arango-Async-Id"]

    def run(self) -> None:
        """Run everything that is queued."""
        self.deployment.run_jobs()

    def user(self, name: str, level: str = "rw") -> None:
        """Create a user with its name as password and a level on the system database."""
        self("POST", "/_api/user", {"user": name, "passwd": name})
        self("PUT", f"/_api/user/{name}/database/_system", {"grant": level})


def make(clock: FakeClock, options: ServerOptions | None = None, **more: Any) -> Asker:
    """Return an asker for a new deployment."""
    return Asker(Deployment(options, clock=clock, jwt_secret=SECRET, **more), clock)
