"""The same account without what has ended: a file that does not grow for ever."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import orjson

from arango_jobs.ledger.checks import Chain, Statement, row
from arango_jobs.ledger.facts import KindFacts
from arango_jobs.ledger.file import LedgerFile
from arango_jobs.ledger.reader import Account, ReadJob, ReadOperation
from arango_jobs.ledger.spans import ordered_spans_of

__all__ = ["rewrite"]

_SLICE = 1000


def rewrite(file: LedgerFile, account: Account) -> None:
    """Keep what is open and nothing else; all of it is done, or nothing."""
    file.rewrite(partial(_statements, account))


def _statements(account: Account, chain: Chain) -> Iterator[Statement]:
    jobs = account.open_jobs()
    operations = {each.number: each for each in account.open()}
    # An array's reply can be taken apart only with all of its parts.
    for job in jobs:
        operations.update((number, account.operations[number]) for number in job.numbers)
    kept = ", ".join(str(run) for run in sorted({job.run for job in jobs}))
    yield "DELETE FROM round", ()
    yield "DELETE FROM kind", ()
    # The newest one is the writer's own, whose number its rows to come will have.
    yield f"DELETE FROM run WHERE id NOT IN ({kept}) AND id < (SELECT max(id) FROM run)", ()
    everything = [operations[number] for number in sorted(operations)]
    kinds: dict[KindFacts, int] = {}
    for each in everything:
        kinds.setdefault(each.facts, len(kinds) + 1)
    for facts, number in kinds.items():
        yield row("kind", number, facts.to_json())
    for at in range(0, len(everything), _SLICE):
        taken, bodies = _taken(everything[at : at + _SLICE], kinds)
        yield chain.append(0, 0.0, taken, bodies, None, None, None)
    for job in jobs:
        events, servers = _job(job)
        yield chain.append(job.run, job.accepted_at, None, None, events, None, servers)
    ended = [(each.number, each.outcome, each.error) for each in everything if each.outcome]
    if ended:
        yield chain.append(0, 0.0, None, None, None, orjson.dumps(([], ended)), None)


def _taken(operations: list[ReadOperation], kinds: dict[KindFacts, int]) -> tuple[bytes, bytes]:
    rows = [
        (
            kinds[each.facts],
            each.shape.to_list(),
            each.number,
            1,
            None if each.path_key is None else [each.path_key],
            [len(each.body)],
        )
        for each in operations
    ]
    return orjson.dumps(rows), b"".join(each.body for each in operations)


def _job(job: ReadJob) -> tuple[bytes, bytes | None]:
    first = job.numbers[0]
    events: list[Any] = [(job.host_index, job.tries, ordered_spans_of(job.numbers))]
    if job.is_refused:
        events.append((first,))
    if job.job_id is not None:
        events.append((first, job.job_id))
    servers = None if job.started is None else orjson.dumps([(job.host_index, *job.started)])
    return orjson.dumps(events), servers
