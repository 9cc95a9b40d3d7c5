"""What PATCH does to a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["apply_patch"]


def apply_patch(
    old: Mapping[str, Any], patch: Mapping[str, Any], *, keep_null: bool, merge_objects: bool
) -> dict[str, Any]:
    """Return `old` with `patch` laid over it; neither is changed."""
    result = dict(old)
    for name, value in patch.items():
        if value is None and not keep_null:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name) if merge_objects else None
            base = before if isinstance(before, dict) else {}
            result[name] = apply_patch(
                base, value, keep_null=keep_null, merge_objects=merge_objects
            )
        else:
            result[name] = value
    return result
