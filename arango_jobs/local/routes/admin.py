"""`/_admin` and the facts about the server: version, role, time, metrics, shutdown."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import TEXT, Response
from arango_jobs.local.routes.bodies import success
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane

__all__ = ["route"]

route = RouteTable()


def _role(call: Call) -> str:
    return "COORDINATOR" if call.coordinator.deployment.options.cluster else "SINGLE"


@route("GET /_api/version", "HEAD /_api/version", "GET /_admin/version", lane=Lane.FAST)
def version(call: Call) -> Response:
    """Answer the version that is imitated."""
    number = call.coordinator.deployment.options.version
    body: dict[str, Any] = {"server": "arango", "license": "community", "version": number}
    if call.flag("details"):
        body["details"] = {
            "architecture": "64bit",
            "mode": "server",
            "host": call.coordinator.server_id,
            "role": _role(call),
            "server-version": number,
            "embedded": "true",
        }
    return Response.json(body)


@route("GET /_api/engine", lane=Lane.FAST)
def engine(call: Call) -> Response:
    """Name the storage engine that is imitated."""
    return Response.json(
        {
            "name": "rocksdb",
            "supports": {"indexes": ["primary", "edge", "persistent", "hash", "skiplist"]},
        }
    )


@route("GET /_admin/server/role", lane=Lane.FAST)
def role(call: Call) -> Response:
    """Answer SINGLE or COORDINATOR."""
    return success(role=_role(call))


@route("GET /_admin/server/id", lane=Lane.FAST)
def server_id(call: Call) -> Response:
    """Answer the server's id in the cluster."""
    if not call.coordinator.deployment.options.cluster:
        raise ArangoError(1477, "only available in a cluster", 500)
    return success(id=call.coordinator.server_id)


@route("GET /_admin/server/availability", lane=Lane.FAST)
def availability(call: Call) -> Response:
    """Answer whether requests should be sent here."""
    scheduler = call.coordinator.scheduler
    if len(scheduler) >= 0.75 * scheduler.queue_size:
        raise ArangoError(503, "service unavailable")
    return success(mode="default")


@route("GET /_admin/server/mode", lane=Lane.FAST)
def mode(call: Call) -> Response:
    """Answer that writing is allowed."""
    return success(mode="default")


@route("GET /_admin/server/tls", lane=Lane.FAST)
def tls(call: Call) -> Response:
    """Describe the TLS keys: none are shown."""
    call.check_admin()
    return success(result={"keyfile": {}, "clientCA": {}, "SNI": {}})


@route("GET /_admin/server/aql-queries", lane=Lane.FAST)
def aql_history(call: Call) -> Response:
    """List recent queries: those that run or were slow."""
    call.check_admin()
    queries = call.coordinator.queries
    return success(result={"queries": queries.slow(None) + queries.current(None)})


@route("GET /_admin/time", lane=Lane.FAST)
def time(call: Call) -> Response:
    """Answer the server's wall time."""
    return success(time=call.coordinator.clock.time())


@route("GET /_admin/status", lane=Lane.FAST)
def status(call: Call) -> Response:
    """Describe the running server."""
    coordinator = call.coordinator
    return Response.json(
        {
            "server": "arango",
            "license": "community",
            "version": coordinator.deployment.options.version,
            "mode": "server",
            "operationMode": "server",
            "foxxApi": False,
            "host": coordinator.server_id,
            "serverInfo": {
                "role": _role(call),
                "serverId": coordinator.server_id,
                "maintenance": False,
                "readOnly": False,
                "writeOpsEnabled": True,
            },
        }
    )


@route("GET /_admin/echo", "POST /_admin/echo", lane=Lane.FAST)
def echo(call: Call) -> Response:
    """Answer what was asked."""
    request = call.request
    secret = ("authorization",)
    return success(
        user=call.identity.name,
        database=call.database.name,
        url=request.target,
        protocol="http",
        headers={k: v for k, v in request.headers.items() if k not in secret},
        requestType=request.method,
        parameters=call.query,
        requestBody=request.body.decode("utf-8", "replace"),
    )


@route("GET /_admin/metrics", "GET /_admin/metrics/v2", lane=Lane.FAST)
def metrics(call: Call) -> Response:
    """Answer the scheduler's gauges in Prometheus' text format (server-protocol.md §10.1)."""
    coordinator = call.coordinator
    scheduler = coordinator.scheduler
    stats = coordinator.stats
    values: dict[str, tuple[str, float]] = {
        "arangodb_scheduler_low_prio_queue_length": ("gauge", len(scheduler)),
        "arangodb_scheduler_queue_length": ("gauge", len(scheduler)),
        "arangodb_scheduler_ongoing_low_prio": ("gauge", scheduler.busy),
        "arangodb_scheduler_low_prio_queue_last_dequeue_time": (
            "gauge",
            round(coordinator.queue_time * 1000),
        ),
        "arangodb_scheduler_queue_full_failures_total": (
            "counter",
            scheduler.queue_full_failures,
        ),
        "arangodb_scheduler_queue_time_violations_total": (
            "counter",
            scheduler.queue_time_violations,
        ),
        "arangodb_requests_memory_usage": ("gauge", 0),
        "arangodb_network_forwarded_requests_total": ("counter", stats["(forwarded)"]),
        "arangodb_http_request_statistics_total_requests_total": (
            "counter",
            sum(stats.values()) - stats["(forwarded)"],
        ),
    }
    label = f'{{role="{_role(call)}"}}'
    lines = []
    for name, (kind, value) in values.items():
        lines += [f"# HELP {name} {name}", f"# TYPE {name} {kind}", f"{name}{label} {value}"]
    return Response(200, "\n".join([*lines, ""]).encode(), {}, TEXT)


@route("GET /_admin/statistics", lane=Lane.FAST)
def statistics(call: Call) -> Response:
    """Answer for how long this process has been up; nothing else is counted here."""
    coordinator = call.coordinator
    now = coordinator.clock.time()
    return success(
        time=now, enabled=True, server={"uptime": max(0.0, now - coordinator.started_at)}
    )


@route("GET /_admin/shutdown", lane=Lane.FAST)
def shutdown_progress(call: Call) -> Response:
    """Count what a soft shutdown waits for (server-protocol.md §1.7)."""
    return Response.json(_progress(call))


def _progress(call: Call) -> dict[str, Any]:
    coordinator = call.coordinator
    counts = coordinator.open_work()
    return {
        "softShutdownOngoing": coordinator.soft_shutdown,
        **counts,
        "allClear": not any(counts.values()),
    }


@route("DELETE /_admin/shutdown", lane=Lane.FAST)
def shut_down(call: Call) -> Response:
    """Stop now, or (``soft``, Coordinators only) when everything is fetched."""
    call.check_admin()
    coordinator = call.coordinator
    if call.flag("soft"):
        if not coordinator.deployment.options.cluster:
            raise ArangoError(1470, "soft shutdown is only available on Coordinators")
        coordinator.begin_soft_shutdown()
    else:
        coordinator.executor.soon(lambda: coordinator.deployment.on_shutdown(coordinator.index))
    return Response.json("OK")


@route("GET /_api/tasks", lane=Lane.FAST)
def tasks(call: Call) -> Response:
    """List the JavaScript tasks: there can be none, as none can be created."""
    return Response.json([])


@route("GET /_api/key-generators", lane=Lane.FAST)
def key_generators(call: Call) -> Response:
    """List the key generators."""
    return success(keyGenerators=["traditional", "autoincrement", "uuid", "padded"])


@route("GET /_api/cluster/endpoints", lane=Lane.FAST)
def endpoints(call: Call) -> Response:
    """List the Coordinators' addresses."""
    deployment = call.coordinator.deployment
    if not deployment.options.cluster:
        raise ArangoError(501, "only available in a cluster")
    shown = [{"endpoint": f"tcp://{address}"} for address in deployment.addresses]
    return success(endpoints=shown)
