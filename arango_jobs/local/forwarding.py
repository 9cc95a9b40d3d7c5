"""Handing requests on between Coordinators (server-protocol.md §2.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote

from arango_jobs.local.call import Call
from arango_jobs.local.errors import ArangoError
from arango_jobs.local.jobs import parse_id
from arango_jobs.local.messages import Request, Response

if TYPE_CHECKING:
    from arango_jobs.local.coordinator import Coordinator
    from arango_jobs.local.task import Reply

__all__ = ["Forwarded", "decode", "owner_of"]

_JOB_METHODS = frozenset({"GET", "PUT", "DELETE"})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 3.0


def decode(text: str) -> str:
    """Undo percent-encoding of a path segment."""
    return unquote(text)


def owner_of(coordinator: Coordinator, call: Call) -> Coordinator | None:
    """Return the other Coordinator that must answer `call`, or None; raise if it is unknown."""
    segments = [segment for segment in call.path.split("/") if segment]
    head = "/".join(segments[:2])
    first = segments[2] if len(segments) > 2 else ""
    transaction = call.header("x-arango-trx-id")
    if head in ("_api/job", "_admin/job"):
        if call.request.method not in _JOB_METHODS or not first:
            return None
        return _find(coordinator, parse_id(first), None)
    if head == "_api/cursor" and first:
        return _find(coordinator, parse_id(first), 1600)
    if head == "_api/transaction" and parse_id(first):
        return _find(coordinator, parse_id(first), 1655)
    if transaction is not None:
        return _find(coordinator, parse_id(transaction), 1655)
    return None


def _find(coordinator: Coordinator, number: int, unknown: int | None) -> Coordinator | None:
    short_id = number >> 40
    if short_id == coordinator.short_id:
        return None
    for peer in coordinator.deployment.coordinators:
        if peer.short_id == short_id:
            if coordinator.deployment.faults.is_vanished(peer.index):
                raise ArangoError(1449, f"cluster server {peer.server_id} unknown")
            return peer
    if unknown is not None:
        raise ArangoError(unknown)
    return None


class Forwarded:
    """One request for another Coordinator, tried until it answers or time is up."""

    def __init__(
        self, front: Coordinator, owner: Coordinator, request: Request, reply: Reply
    ) -> None:
        self._front = front
        self._owner = owner
        self._request = request
        self._reply = reply
        self._pause = _FIRST_PAUSE
        self._give_up_at = front.clock.monotonic() + front.deployment.options.forward_timeout
        front.stats["(forwarded)"] += 1

    def send(self) -> None:
        """Try once; whoever does not listen, or answers 503, is tried again later."""
        if self._front.stopping:
            self._reply(Response.error(ArangoError(30)))
        elif self._owner.alive:
            self._owner.dispatch(self._request, self._answered, front=self._front)
        else:
            self._again(Response.error(ArangoError(1478)))

    def _answered(self, response: Response) -> None:
        headers = {**response.headers, "X-Arango-Request-Forwarded-To": self._owner.server_id}
        response = replace(response, headers=headers)
        if response.status == 503:
            # The real server repeats these, though a fetched result is gone by now.
            self._again(response)
        else:
            self._reply(response)

    def _again(self, otherwise: Response) -> None:
        if self._front.clock.monotonic() + self._pause > self._give_up_at:
            self._reply(otherwise)
            return
        self._front.executor.later(self._pause, self.send)
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE)
