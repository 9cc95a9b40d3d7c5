"""What the system can run out of: threads and file descriptors, told by an error of ours."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from arango_jobs.errors import ResourceExhaustedError

__all__ = ["descriptors_for", "is_exhausted", "no_descriptor", "start_thread"]

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_NO_THREAD = "can't start new thread"


def is_exhausted(error: BaseException) -> bool:
    """Return whether `error` says that the process or the system has no descriptor left."""
    return isinstance(error, OSError) and error.errno in _EXHAUSTED


def no_descriptor(what: str, error: OSError) -> ResourceExhaustedError:
    """Return the error for `what`, for which there was no descriptor left."""
    return ResourceExhaustedError(
        f"no file descriptor is left for {what}: {error.strerror or error}"
    )


@contextmanager
def descriptors_for(what: str) -> Iterator[None]:
    """Raise `ResourceExhaustedError` where no descriptor is left for `what`."""
    try:
        yield
    except OSError as error:
        if not is_exhausted(error):
            raise
        raise no_descriptor(what, error) from error


def start_thread(thread: threading.Thread) -> None:
    """Start `thread`; raise `ResourceExhaustedError` where the system has none left."""
    try:
        thread.start()
    except RuntimeError as error:
        # At the end of the interpreter it is a RuntimeError as well, of another kind.
        if str(error) != _NO_THREAD:
            raise
        raise ResourceExhaustedError(
            f"no thread can be started for {thread.name}: the system has none left"
        ) from error
