"""Every public method of the installed driver, sent as a job, does what it does directly."""

from __future__ import annotations

from typing import Any

import pytest
from driver_methods import SILENT, WRAPPERS, arguments, methods, own_methods
from driver_world import World, outcome, quiet

from arango_jobs import JobFuture, UnsupportedTargetError

pytestmark = [
    pytest.mark.local_only,
    # The driver leaves the file open, when it is used directly.
    pytest.mark.filterwarnings(r"ignore:unclosed file .*service\.js:ResourceWarning"),
]

CALLS = [(cls, name) for cls in WRAPPERS for name in methods(cls)]

# They are answered at once: a job that forgets jobs may forget itself.
AT_ONCE = frozenset({"async_jobs", "clear_async_jobs", "shutdown", "shutdown_progress"})

BY_CHANCE = frozenset({"random"})


def _name(value: Any) -> str:
    return getattr(value, "__name__", value)


def test_there_are_as_many_methods_as_the_driver_has():
    """The newest release has 278 that send something; the oldest that is supported has 225."""
    assert len(own_methods()) >= 225


@pytest.mark.parametrize(("cls", "name"), CALLS, ids=_name)
def test_a_method_does_as_a_job_what_it_does_directly(cls, name, direct: World, jobs):
    """The same result, or the driver's own error with the same numbers; and it was a job."""
    wrapper = WRAPPERS[cls]
    with direct.database():
        expected = outcome(lambda: getattr(wrapper(direct.db), name)(**arguments(cls, name)))
    with quiet():
        future = getattr(wrapper(jobs.db), name)(**arguments(cls, name))
    assert isinstance(future, JobFuture)
    found = outcome(lambda: future.result(30))
    if name in BY_CHANCE:
        found, expected = found[0], expected[0]
    assert found == expected
    assert (future.job_id is None) is (name in AT_ONCE)


@pytest.mark.parametrize(("cls", "name"), CALLS, ids=_name)
def test_submit_takes_the_bound_method_of_a_database_that_is_not_managed(
    cls, name, managed: World, jobs
):
    """It is called once, and its request goes out as a job."""
    method = getattr(WRAPPERS[cls](managed.db), name)
    with quiet():
        future = jobs.submit(method, **arguments(cls, name))
    future.exception(30)
    assert (future.job_id is None) is (name in AT_ONCE)


@pytest.mark.parametrize("name", sorted(SILENT))
def test_what_sends_nothing_cannot_be_submitted(name, managed: World, jobs):
    """A wrapper is no result that could be waited for."""
    owner = managed.db if hasattr(managed.db, name) else managed.db.graph("g")
    with pytest.raises(UnsupportedTargetError, match="sends nothing"):
        jobs.submit(getattr(owner, name), "c")
