"""What becomes of a wrapper's calls: the four contexts, as types.

The marks are for type checkers only. `StandardCollection[Managed]` is a
collection whose methods return `JobFuture`s; at run time every context has the
same classes, and an executor that does what the mark says.
"""

from __future__ import annotations

from typing_extensions import TypeVar

__all__ = ["Async", "C", "Context", "Default", "Forget", "Managed"]


class Context:
    """What becomes of a wrapper's calls."""


class Default(Context):
    """Each call is sent now and returns its result."""


class Async(Context):
    """Each call becomes a job on the server and returns an `AsyncJob`."""


class Forget(Context):
    """Each call becomes a job whose result is thrown away, and returns `None`."""


class Managed(Context):
    """Each call goes through a `JobManager` and returns a `JobFuture`."""


C = TypeVar("C", bound=Context, default=Default)
