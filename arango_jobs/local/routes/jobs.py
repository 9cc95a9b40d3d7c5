"""`/_api/job`: lists, states, fetching, cancelling, deleting (server-protocol.md §3 to §6)."""

from __future__ import annotations

from dataclasses import replace

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.jobs import DONE, PENDING, parse_id
from arango_jobs.local.messages import Response
from arango_jobs.local.routing import RouteTable
from arango_jobs.local.scheduler import Lane
from arango_jobs.local.task import Task

__all__ = ["route"]

route = RouteTable()
_DEFAULT_COUNT = 100
_NO_JOB = "could not find job for cancel operation"


@route("GET /_api/job/{id}", "GET /_admin/job/{id}", lane=Lane.FAST)
def look(call: Call) -> Response:
    """Answer a job's state, or the ids of jobs in a state."""
    text = call.params["id"]
    if "1" <= text[:1] <= "9":
        job = call.coordinator.jobs.find(parse_id(text), call.identity.owner)
        if job is None:
            raise ArangoError(404)
        return Response(200 if job.done else 204)
    if text not in (DONE, PENDING):
        raise ArangoError(400)
    count = call.number("count", _DEFAULT_COUNT)
    found = call.coordinator.jobs.ids(done=text == DONE, owner=call.identity.owner, count=count)
    return Response.json(found)


@route("PUT /_api/job/{id}", "PUT /_admin/job/{id}", lane=Lane.FAST)
def fetch(call: Call) -> Response:
    """Hand out a stored response, once."""
    text = call.params["id"]
    job = call.coordinator.jobs.take(parse_id(text), call.identity.owner)
    if job is None:
        raise ArangoError(404)
    response = job.response
    if response is None:
        return Response(204)
    return replace(response, headers={**response.headers, "X-Arango-Async-Id": text})


@route("PUT /_api/job/{id}/{action}", "PUT /_admin/job/{id}/{action}", lane=Lane.FAST)
def cancel(call: Call) -> Response:
    """Ask a job to stop; its entry stays."""
    if call.params["action"] != "cancel":
        raise ArangoError(400)
    job = call.coordinator.jobs.find(parse_id(call.params["id"]), call.identity.owner)
    if job is None:
        raise ArangoError(404, _NO_JOB)
    if job.work is not None and not job.done:
        if isinstance(job.work, Task) and call.coordinator.deployment.faults.take_stuck():
            job.work.stuck = True
        job.work.cancel()
    return Response.json({"result": True})


@route("DELETE /_api/job/{id}", "DELETE /_admin/job/{id}", lane=Lane.FAST)
def delete(call: Call) -> Response:
    """Forget one job, all, or those before a stamp; nothing that runs is stopped."""
    text, jobs, owner = call.params["id"], call.coordinator.jobs, call.identity.owner
    if text == "all":
        jobs.delete_where(owner, lambda job: True)
    elif text == "expired":
        stamp = _stamp(call)
        jobs.delete_where(owner, lambda job: job.stamp < stamp)
    elif not jobs.delete(parse_id(text), owner):
        raise ArangoError(404)
    return Response.json({"result": True})


@route(
    "GET /_api/job/{id}/{action}",
    "DELETE /_api/job/{id}/{action}",
    "GET /_admin/job/{id}/{action}",
    "DELETE /_admin/job/{id}/{action}",
    lane=Lane.FAST,
)
def too_long(call: Call) -> Response:
    """Refuse: only PUT takes a second segment."""
    raise ArangoError(400)


def _stamp(call: Call) -> float:
    text = call.query.get("stamp")
    if text is None:
        raise ArangoError(400)
    try:
        return float(text)
    except ValueError:
        return 0.0
