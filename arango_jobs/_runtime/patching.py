"""Whether the program has replaced the standard library's threads since something was made.

gevent and eventlet do so (`monkey.patch_all()`). What is made afterwards uses
greenlets, as every name is looked up when it is used; what was made before holds
locks, sockets and selectors that would block all greenlets of the thread.
"""

from __future__ import annotations

import _thread

__all__ = ["Threads"]


class Threads:
    """The threads of the standard library as they were when this was made."""

    __slots__ = ("_allocate_lock",)

    def __init__(self) -> None:
        # Debuggers replace what starts threads; only who replaces threads replaces locks.
        self._allocate_lock = _thread.allocate_lock

    def are_replaced(self) -> bool:
        """Return whether others have taken their place."""
        return _thread.allocate_lock is not self._allocate_lock
