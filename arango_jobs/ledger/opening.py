"""A ledger opened for a manager: for a new account, or to go on with one after a crash."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from arango_jobs.api.connection import Connection
from arango_jobs.ledger.file import LedgerFile
from arango_jobs.ledger.reader import Account, read_ledger
from arango_jobs.ledger.rewriting import rewrite
from arango_jobs.ledger.writer import LedgerWriter
from arango_jobs.logs import logger

__all__ = ["Resumed", "open_writer", "resume"]


@dataclass(frozen=True, slots=True)
class Resumed:
    """An open ledger and what it says."""

    file: LedgerFile
    account: Account


def resume(path: str | os.PathLike[str]) -> Resumed:
    """Open a ledger that is there, and read it. Raises `LedgerError`."""
    file = LedgerFile(path, create=False)
    try:
        return Resumed(file, read_ledger(file))
    except BaseException:
        file.close()
        raise


def open_writer(
    ledger: str | os.PathLike[str] | Resumed, connection: Connection, *, keep_done: bool
) -> LedgerWriter:
    """Return what writes to `ledger`, made where there is none. Raises `LedgerError`.

    A path begins a new account: what has ended is left out of the file, and what
    has not is kept for `JobManager.recover`, with a warning.
    """
    resumed = ledger if isinstance(ledger, Resumed) else _begin(ledger)
    try:
        return LedgerWriter(
            resumed.file,
            clock=connection.sender.clock,
            hosts=connection.hosts,
            next_number=resumed.account.next_number,
            keep_done=keep_done,
        )
    except BaseException:
        resumed.file.close()
        raise


def _begin(path: Any) -> Resumed:
    file = LedgerFile(path)
    try:
        account = read_ledger(file)
        left = len(account.open())
        if account.operations:
            rewrite(file, account)
    except BaseException:
        file.close()
        raise
    if left:
        logger.warning(
            "the ledger %s has %d operations of an earlier run that have not ended; "
            "JobManager.recover says what became of them",
            file.path,
            left,
        )
    return Resumed(file, account)
