"""The library's loggers.

arango_jobs             silent until the application gives it, or the root logger, a handler
arango_jobs.user_code   what callbacks, receivers and other code of the user's raised: goes to
                        the handlers above or, where there are none, to standard error
"""

from __future__ import annotations

import logging
from collections.abc import Iterator

__all__ = ["logger", "user_code_logger"]


class _LastResort(logging.Handler):
    """Passes records to `logging.lastResort`, as if it were not there, where no other handler is.

    The `NullHandler` of our own logger would otherwise count as one.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Pass `record` on, if nobody else gets it."""
        if logging.lastResort is not None and not any(_handlers_of(record.name)):
            logging.lastResort.handle(record)


def _handlers_of(name: str) -> Iterator[bool]:
    """Say of each handler that a record of the logger `name` reaches whether it does anything."""
    one: logging.Logger | None = logging.getLogger(name)
    while one is not None:
        for handler in one.handlers:
            yield not isinstance(handler, (logging.NullHandler, _LastResort))
        one = one.parent if one.propagate else None


logger = logging.getLogger("arango_jobs")
logger.addHandler(logging.NullHandler())

user_code_logger = logging.getLogger("arango_jobs.user_code")
user_code_logger.addHandler(_LastResort())
