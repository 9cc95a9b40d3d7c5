"""Which handler answers which method and path.

Templates are written as in the manual, ``/_api/document/{collection}/{key}``; a path is split
before it is decoded, so that ``%2F`` may stand in a name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from arango_jobs.local.errors import ArangoError
from arango_jobs.local.messages import Response
from arango_jobs.local.scheduler import Lane

if TYPE_CHECKING:
    from arango_jobs.local.call import Call

__all__ = ["Handler", "Route", "RouteTable", "Router"]

Handler = Callable[["Call"], Response]
_Prefix = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One endpoint: `slow` ones may wait and run on a thread of their own."""

    method: str
    template: str
    handler: Handler
    lane: Lane = Lane.LOW
    slow: bool = False

    @property
    def name(self) -> str:
        """Return method and template, as faults and statistics name the route."""
        return f"{self.method} {self.template}"


class RouteTable:
    """The endpoints of one subject, collected by decorator."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def __call__(
        self, *templates: str, lane: Lane = Lane.LOW, slow: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a handler for ``"METHOD /path"`` templates."""

        def register(handler: Handler) -> Handler:
            for text in templates:
                method, _, template = text.partition(" ")
                self.routes.append(Route(method, template, handler, lane, slow))
            return handler

        return register


# Where a wrong number of segments is a bad parameter; elsewhere the path is just unknown.
_STRICT = frozenset({("_api", "job"), ("_admin", "job"), ("_api", "document"), ("_api", "import")})


def _wrong_arity(call: Call) -> Response:
    if _prefix(_split(call.path)) in _STRICT:
        raise ArangoError(400, "wrong number of path segments")
    raise ArangoError(404, f"the embedded server does not have {unquote(call.path)}")


def _wrong_method(call: Call) -> Response:
    raise ArangoError(405)


def _unknown_path(call: Call) -> Response:
    raise ArangoError(404, f"unknown path '{unquote(call.path)}'")


UNKNOWN = Route("*", "(unknown path)", _unknown_path)
_ARITY = Route("*", "(wrong path)", _wrong_arity, Lane.FAST)
_METHOD = Route("*", "(wrong method)", _wrong_method, Lane.FAST)


class Router:
    """Finds routes by the first two segments and the number of segments."""

    def __init__(self, tables: Iterable[RouteTable]) -> None:
        self.routes = [route for table in tables for route in table.routes]
        self._by_shape: dict[tuple[_Prefix, int], list[tuple[list[str], dict[str, Route]]]] = {}
        self._prefixes: set[_Prefix] = set()
        for route in self.routes:
            self._add(route)
        for shapes in self._by_shape.values():
            # Literal segments win over parameters: /_api/job/all over /_api/job/{id}.
            shapes.sort(key=lambda shape: [segment.startswith("{") for segment in shape[0]])

    def _add(self, route: Route) -> None:
        segments = _split(route.template)
        prefix = _prefix(segments)
        shapes = self._by_shape.setdefault((prefix, len(segments)), [])
        self._prefixes.add(prefix)
        for known, methods in shapes:
            if known == segments:
                methods[route.method] = route
                return
        shapes.append((segments, {route.method: route}))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route for an encoded path, and its decoded parameters."""
        segments = _split(path)
        prefix = _prefix(segments)
        seen = False
        for template, methods in self._by_shape.get((prefix, len(segments)), ()):
            params = _match(template, segments)
            if params is None:
                continue
            route = methods.get(method)
            if route is not None:
                return route, params
            seen = True
        if seen:
            return _METHOD, {}
        if prefix in self._prefixes:
            known = self._methods_under(prefix)
            return (_ARITY if method in known else _METHOD), {}
        return UNKNOWN, {}

    def _methods_under(self, prefix: _Prefix) -> set[str]:
        return {route.method for route in self.routes if _prefix(_split(route.template)) == prefix}


def _split(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _prefix(segments: list[str]) -> _Prefix:
    return (segments[0] if segments else "", segments[1] if len(segments) > 1 else "")


def _match(template: list[str], segments: list[str]) -> dict[str, str] | None:
    params = {}
    for expected, segment in zip(template, segments, strict=True):
        if expected[0] == "{":
            params[expected[1:-1]] = unquote(segment)
        elif expected != segment:
            return None
    return params
