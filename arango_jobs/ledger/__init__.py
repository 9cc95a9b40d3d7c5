"""The ledger: what was to be sent, its id once accepted, its outcome; and what a crash left.

    poller ─▶ LedgerWriter ─▶ LedgerFile ─▶ read_ledger ─▶ Recovered

docs/ledger.md tells users of it. The manager knows this package, never the reverse.
"""

from __future__ import annotations

from arango_jobs.ledger.entries import EntryState, LedgerEntry
from arango_jobs.ledger.opening import Resumed, open_writer, resume
from arango_jobs.ledger.rebuilding import Decoders
from arango_jobs.ledger.recovery import Recovered, recover
from arango_jobs.ledger.writer import LedgerWriter

__all__ = [
    "Decoders",
    "EntryState",
    "LedgerEntry",
    "LedgerWriter",
    "Recovered",
    "Resumed",
    "open_writer",
    "recover",
    "resume",
]
