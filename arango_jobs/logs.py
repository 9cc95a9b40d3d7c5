"""The library's one logger; silent until the application gives it a handler."""

from __future__ import annotations

import logging

__all__ = ["logger"]

logger = logging.getLogger("arango_jobs")
logger.addHandler(logging.NullHandler())
