"""CPython's own tests of futures, `wait` and `as_completed`, run against `JobFuture`.

Where the standard library was installed without its tests, there is nothing to collect here.
"""

from __future__ import annotations

import importlib
import logging
import time
import types
import unittest
import warnings
from concurrent.futures import _base
from typing import Any

import pytest

from arango_jobs._runtime.future import JobFuture

PARTS = ("", ".util", ".test_future", ".test_wait", ".test_as_completed")
SUITES = ("FutureTests", "ThreadPoolWaitTests", "ThreadPoolAsCompletedTest")
HURRY = 0.25
"""Their short sleeps last this share of what they say, which leaves their order as it is."""


class Future(JobFuture[Any]):
    """`JobFuture` under the name that the tests expect in a `repr`."""

    __slots__ = ()


def import_part(part: str) -> types.ModuleType | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module("test.test_concurrent_futures" + part)
        except (ImportError, unittest.SkipTest):
            return None


modules = [module for part in PARTS if (module := import_part(part))]
suites = [vars(module)[name] for module in modules for name in SUITES if name in vars(module)]
names = unittest.defaultTestLoader.getTestCaseNames
cases = [suite(name) for suite in suites for name in names(suite)]


def remade(old: _base.Future[Any]) -> Future:
    future = Future()
    future._state, future._result, future._exception = old._state, old._result, old._exception
    return future


@pytest.fixture
def _job_futures_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    hurried = types.SimpleNamespace(**vars(time))
    hurried.sleep = lambda seconds: time.sleep(seconds * (HURRY if seconds <= 3 else 1))
    swapped: dict[int, Future] = {}
    for module in modules:
        for name, value in list(vars(module).items()):
            if isinstance(value, _base.Future):
                # The same constant is imported into several modules and must stay the same.
                swap = swapped.setdefault(id(value), remade(value))
                monkeypatch.setattr(module, name, swap)
            elif value is _base.Future:
                monkeypatch.setattr(module, name, Future)
            elif value is time:
                monkeypatch.setattr(module, name, hurried)
    monkeypatch.setattr(_base, "Future", Future)


if cases:

    @pytest.mark.usefixtures("_job_futures_everywhere")
    @pytest.mark.parametrize("case", cases, ids=lambda case: case.id().rpartition("futures.")[2])
    def test_as_the_standard_librarys_own(
        case: unittest.TestCase, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What CPython asks of a Future holds for ours, made by its own thread pool."""
        # Two of them look for a log line on stderr, where it goes while nobody handles it.
        monkeypatch.setattr(logging.root, "handlers", [])
        result = unittest.TestResult()
        case.run(result)
        assert result.testsRun == 1
        assert [text for _, text in result.errors + result.failures] == []
        assert result.skipped == []
