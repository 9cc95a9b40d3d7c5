"""Loads files, frames and iterables into collections, each row once, as background jobs.

    load("airports.csv", db, "airports", key_field="iata", types={"latitude": "float"})

Built on the manager's public face only; knows no protocol and prints nothing.
"""

from __future__ import annotations

from arango_jobs.loader.errors import (
    CheckpointError,
    DeadLetterError,
    LoaderError,
    LoadStoppedError,
    SourceError,
)
from arango_jobs.loader.load import load
from arango_jobs.loader.options import LoadOptions
from arango_jobs.loader.report import LoadProgress, LoadReport
from arango_jobs.loader.stopping import StopSwitch

__all__ = [
    "CheckpointError",
    "DeadLetterError",
    "LoadOptions",
    "LoadProgress",
    "LoadReport",
    "LoadStoppedError",
    "LoaderError",
    "SourceError",
    "StopSwitch",
    "load",
]
