"""Small pieces that many answers are made of."""

from __future__ import annotations

from typing import Any

from arango_jobs.local.messages import Response

__all__ = ["result", "success"]


def success(http_status: int = 200, /, **fields: Any) -> Response:
    """Return ``{"error": false, "code": ..., ...}`` with all `fields`."""
    return Response.json({"error": False, "code": http_status, **fields}, http_status)


def result(value: Any, status: int = 200) -> Response:
    """Return ``{"error": false, "code": status, "result": value}``."""
    return success(status, result=value)
