"""Budgets of time, and the names that are exported."""

from __future__ import annotations

import pytest

import arango_jobs
from arango_jobs import OptionError, Timeouts


def test_three_budgets() -> None:
    """Connecting, one request, and the whole job are apart."""
    assert Timeouts() == Timeouts(connect=10, request=60, job=None)
    assert Timeouts.of(5) == Timeouts(request=5)
    assert Timeouts.of((1, None)) == Timeouts(connect=1, request=None)
    mine = Timeouts(job=1)
    assert Timeouts.of(mine) is mine


@pytest.mark.parametrize("name", ["connect", "request", "job"])
@pytest.mark.parametrize("value", [0, -1, float("inf"), float("nan"), True, "1"])
def test_a_budget_that_cannot_be(name: str, value: object) -> None:
    """The message names which one."""
    with pytest.raises(OptionError, match=name):
        Timeouts(**{name: value})  # type: ignore[arg-type]  # that is the point


def test_every_export_exists_once() -> None:
    """`from arango_jobs import *` works, and no name is listed twice."""
    names = arango_jobs.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(arango_jobs, name)] == []


def test_every_public_name_says_what_it_is() -> None:
    """Classes and functions have a docstring of their own."""
    public = [getattr(arango_jobs, name) for name in arango_jobs.__all__]
    assert [each for each in public if isinstance(each, type) and not each.__doc__] == []
