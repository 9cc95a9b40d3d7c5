"""`/_admin/statistics` tells for how long the process has been up."""

from __future__ import annotations

import json

from arango_jobs.local.deployment import Deployment
from arango_jobs.testing import FakeClock


def _server(server: Deployment) -> object:
    return json.loads(server.call("GET", "/_admin/statistics").body)["server"]


def test_uptime_starts_with_the_process() -> None:
    """It grows with the clock and starts again with a restart."""
    clock = FakeClock()
    server = Deployment(clock=clock, authentication=False)
    clock.advance(40)
    assert _server(server) == {"uptime": 40.0}
    server.coordinators[0].crash()
    server.coordinators[0].revive()
    clock.advance(2)
    assert _server(server) == {"uptime": 2.0}
