"""The server as a whole: version, role, time and the like."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from arango_jobs.api import shapes
from arango_jobs.api.context import C
from arango_jobs.api.decode import an_object, failure, reading
from arango_jobs.api.group import ApiGroup
from arango_jobs.api.method import api_method
from arango_jobs.api.types import Json
from arango_jobs.errors import (
    ServerCheckAvailabilityError,
    ServerDetailsError,
    ServerEchoError,
    ServerEngineError,
    ServerMetricsError,
    ServerModeError,
    ServerRoleError,
    ServerShutdownProgressError,
    ServerStatisticsError,
    ServerStatusError,
    ServerTimeError,
    ServerVersionError,
)
from arango_jobs.operations import Operation, Response, Retry

__all__ = ["Server"]


class Server(ApiGroup[C]):
    """Asks the server about itself."""

    @api_method
    def version(self, details: bool = False) -> Operation[Any]:
        """Return the server's version, or all that it says of itself if `details`."""
        return self._operation(
            "server.version",
            "GET",
            "/_api/version",
            reading(lambda body: an_object(body) if details else str(body["version"])),
            ServerVersionError,
            query={"details": details},
        )

    @api_method
    def details(self) -> Operation[Json]:
        """Return what the server was built of."""
        return self._operation(
            "server.details",
            "GET",
            "/_api/version",
            reading(lambda body: body["details"]),
            ServerDetailsError,
            query={"details": True},
        )

    @api_method
    def engine(self) -> Operation[Json]:
        """Return the storage engine."""
        return self._operation(
            "server.engine",
            "GET",
            "/_api/engine",
            reading(shapes.without_status),
            ServerEngineError,
        )

    @api_method
    def status(self) -> Operation[Json]:
        """Return the server's status."""
        return self._operation(
            "server.status",
            "GET",
            "/_admin/status",
            reading(_status),
            ServerStatusError,
        )

    @api_method
    def check_availability(self) -> Operation[str]:
        """Return the server's mode if it takes requests; raise where it does not."""
        return self._operation(
            "server.check_availability",
            "GET",
            "/_admin/server/availability",
            reading(lambda body: str(body["mode"])),
            ServerCheckAvailabilityError,
        )

    @api_method
    def role(self) -> Operation[str]:
        """Return "SINGLE", "COORDINATOR", "PRIMARY", "AGENT" or "UNDEFINED"."""
        return self._operation(
            "server.role",
            "GET",
            "/_admin/server/role",
            reading(lambda body: str(body["role"])),
            ServerRoleError,
        )

    @api_method
    def mode(self) -> Operation[str]:
        """Return "default", or "readonly" where nothing may be written."""
        return self._operation(
            "server.mode",
            "GET",
            "/_admin/server/mode",
            reading(lambda body: str(body["mode"])),
            ServerModeError,
        )

    @api_method
    def time(self) -> Operation[datetime]:
        """Return the server's clock, in this machine's time zone."""
        return self._operation(
            "server.time",
            "GET",
            "/_admin/time",
            reading(lambda body: datetime.fromtimestamp(body["time"])),
            ServerTimeError,
        )

    @api_method
    def echo(self, body: Any | None = None) -> Operation[Json]:
        """Return the request as the server saw it."""
        return self._operation(
            "server.echo",
            "GET" if body is None else "POST",
            "/_admin/echo",
            reading(an_object),
            ServerEchoError,
            body=body,
            retry=Retry.SAFE,
        )

    @api_method
    def statistics(self, description: bool = False) -> Operation[Json]:
        """Return the server's statistics, or what they mean if `description` (before 4.0)."""
        return self._operation(
            "server.statistics",
            "GET",
            "/_admin/statistics-description" if description else "/_admin/statistics",
            reading(shapes.without_status),
            ServerStatisticsError,
        )

    @api_method
    def metrics(self) -> Operation[str]:
        """Return the server's metrics in the text format of Prometheus."""
        return self._operation(
            "server.metrics", "GET", "/_admin/metrics", _text, ServerMetricsError
        )

    @api_method
    def shutdown_progress(self) -> Operation[Json]:
        """Return how far a soft shutdown is, with the counts of jobs of all users."""
        return self._operation(
            "server.shutdown_progress",
            "GET",
            "/_admin/shutdown",
            reading(an_object),
            ServerShutdownProgressError,
        )


def _text(response: Response, operation: Operation[str]) -> str:
    if not response.is_success:
        raise failure(response, operation)
    return response.body.decode()


def _status(body: Any) -> Json:
    status = shapes.renamed(shapes.STATUS)(body)
    if "server_info" in status:
        rename = {"writeOpsEnabled": "write_ops_enabled", "readOnly": "read_only"}
        items = status["server_info"].items()
        status["server_info"] = {rename.get(name, name): value for name, value in items}
    return status
