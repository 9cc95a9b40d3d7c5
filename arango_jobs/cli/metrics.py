"""Reads the server's metrics, as far as they are single numbers."""

from __future__ import annotations

from arango_jobs.operations import Response

__all__ = ["read_metrics"]


def read_metrics(response: Response) -> dict[str, float]:
    """Return name and value of each; values with different labels are added up.

    Empty where the server does not show them (needs rights, or is switched off).
    """
    if not response.is_success:
        return {}
    values: dict[str, float] = {}
    for line in response.body.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition("#")[0].strip().rpartition(" ")
        if not name:
            continue
        try:
            number = float(value)
        except ValueError:
            continue
        plain = name.partition("{")[0]
        values[plain] = values.get(plain, 0.0) + number
    return values
