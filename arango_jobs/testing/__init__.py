"""Help for tests: a clock to move, and a pytest plugin with an embedded server."""

from __future__ import annotations

from arango_jobs.testing.clock import FakeClock

__all__ = ["FakeClock"]
