"""What a poller tells, written down and read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ledger_world import HOSTS, World

from arango_jobs import (
    DocumentInsertError,
    HostUnreachableError,
    JobDeadlineError,
    JobLostError,
    SubmitOutcomeUnknownError,
)
from arango_jobs._core.host import Identity
from arango_jobs._runtime.endings import Ended
from arango_jobs.ledger import grouping
from arango_jobs.ledger import writer as writer_module
from arango_jobs.ledger.file import LedgerFile
from arango_jobs.ledger.rewriting import rewrite


def test_nothing_to_tell(world: World) -> None:
    """A round in which nothing happened writes nothing."""
    world.writer.commit()
    assert world.rounds() == 0


def test_one_round_is_one_row(world: World) -> None:
    """However many operations: what it took in and sent; what has ended."""
    futures = world.insert(*range(500))
    job = world.send(futures)
    world.writer.commit()
    assert world.rounds() == 1
    job.job_id = "7"
    world.writer.accepted((job,))
    world.writer.ended(Ended(succeeded=futures))
    world.writer.commit()
    assert world.rounds() == 2
    told = world.told()
    assert [each.outcome for each in told] == ["succeeded"] * 500
    assert [each.key for each in told] == [f"k{n}" for n in range(500)]


def test_not_committed(world: World, ledger: Path) -> None:
    """What was noted since the last commit is not in the file."""
    world.insert(1)
    world.writer.commit()
    world.insert(2)
    assert [each.key for each in world.told()] == ["k1"]


def test_taken_and_not_sent(world: World) -> None:
    """It is known, with its body, and has no job."""
    world.insert(1)
    world.writer.commit()
    (told,) = world.told()
    assert (told.facts.name, told.key, told.body) == ("document.insert", "k1", b'{"_key":"k1"}')
    assert (told.job, told.outcome) == (None, "")


def test_sent_and_accepted(world: World) -> None:
    """It is known where it was sent, and by which id."""
    futures = world.insert(1, 2)
    job = world.send(futures, host=1)
    world.writer.commit()
    (sent, other) = (each.job for each in world.told())
    assert sent is other
    assert sent is not None
    assert (sent.host, sent.job_id, sent.tries) == (HOSTS[1], None, 0)
    world.clock.advance(5)
    world.accept(job, "77")
    world.writer.commit()
    accepted = world.told()[0].job
    assert accepted is not None
    assert (accepted.job_id, accepted.accepted_at) == ("77", world.clock.time())


def test_refused(world: World) -> None:
    """It is known that it has not run, until it is sent again."""
    futures = world.insert(1)
    job = world.send(futures)
    world.writer.commit()
    world.writer.refused(job)
    world.writer.commit()
    assert world.told()[0].job.is_refused  # type: ignore[union-attr]  # it was sent
    world.writer.sending(job)
    world.writer.commit()
    assert not world.told()[0].job.is_refused  # type: ignore[union-attr]  # it was sent


def test_sent_again_in_the_round_in_which_it_was_accepted(world: World) -> None:
    """An id is that of the submission that it was given for."""
    futures = world.insert(1)
    first = world.send(futures)
    world.writer.commit()
    world.accept(first, "7")
    world.send(futures, tries=1)
    world.writer.commit()
    job = world.told()[0].job
    assert job is not None
    assert (job.job_id, job.tries) == (None, 1)


def test_order_of_an_array(world: World) -> None:
    """It is that of the job, whatever the order of the numbers is."""
    futures = world.insert(1, 2, 3, 4)
    mixed = [futures[2], futures[0], futures[1], futures[3]]
    world.send(mixed)
    world.writer.commit()
    account = world.read()
    (job,) = account.open_jobs()
    assert [account.operations[n].key for n in job.numbers] == ["k3", "k1", "k2", "k4"]


def test_kinds_that_alternate(world: World) -> None:
    """Each operation has its own kind, key and body."""
    one, two = world.db.collection("one"), world.db.collection("two")
    world.take(
        one.insert({"_key": "a"}),
        two.get("b"),
        one.insert({"x": 1}),
        two.update({"_key": "c", "x": 2}),
        two.delete("d", rev="_1"),
    )
    world.writer.commit()
    assert {(each.facts.name, each.key, each.body) for each in world.told()} == {
        ("document.delete", "d", b""),
        ("document.get", "b", b""),
        ("document.insert", None, b'{"x":1}'),
        ("document.insert", "a", b'{"_key":"a"}'),
        ("document.update", "c", b'{"_key":"c","x":2}'),
    }
    deleted = next(each for each in world.told() if each.key == "d")
    assert deleted.shape.headers == (("if-match", "_1"),)
    assert not deleted.is_repeatable


def test_made_keys(world: World) -> None:
    """It is known that the key is ours, so that a second run does no harm."""
    operation = world.db.collection("c").insert({"_key": "ours"})
    operation.made_key = True
    world.take(operation)
    world.insert(1)
    world.writer.commit()
    assert [(each.key, each.is_repeatable) for each in world.told()] == [
        ("ours", True),
        ("k1", False),
    ]


ERRORS = [
    (DocumentInsertError("taken", http_code=409, error_code=1210), "failed", "[ERR 1210] taken"),
    (JobLostError("gone"), "lost", "gone"),
    (SubmitOutcomeUnknownError("who knows"), "unknown", "who knows"),
    (JobDeadlineError("late"), "deadline", "late"),
    (HostUnreachableError("away"), "unsent", "away"),
    (ValueError("of a decoder"), "failed", "of a decoder"),
]


@pytest.mark.parametrize(("error", "outcome", "says"), ERRORS)
def test_how_it_ended(world: World, error: BaseException, outcome: str, says: str) -> None:
    """The class and the message of the error are kept."""
    (future,) = world.insert(1)
    world.fail(future, error)
    world.writer.commit()
    (told,) = world.told()
    assert told.outcome == outcome
    assert told.error.startswith(type(error).__name__)
    assert says in told.error


def test_part_that_ends_before_its_job(world: World) -> None:
    """A deadline ends one part of an array; the others end with the array."""
    futures = world.insert(1, 2, 3)
    job = world.send(futures)
    world.accept(job, "7")
    world.fail(futures[1], JobDeadlineError("late"))
    world.writer.commit()
    account = world.read()
    assert [each.key for each in account.open()] == ["k1", "k3"]
    assert account.open_jobs()[0].numbers == [1, 2, 3]
    world.succeed(futures[0], futures[2])
    world.writer.commit()
    assert [each.outcome for each in world.told()] == ["succeeded", "deadline", "succeeded"]


def test_cancelled_before_it_was_taken_in(world: World) -> None:
    """It is known to be cancelled once it is known at all."""
    future = world.future(world.db.collection("c").insert({"_key": "k1"}))
    future.cancel()
    world.writer.cancelled(future)
    world.writer.commit()
    assert world.rounds() == 0
    world.writer.taken(future)
    world.writer.commit()
    assert [each.outcome for each in world.told()] == ["cancelled"]


def test_ended_before_it_was_taken_in(world: World) -> None:
    """So it is with what a shutdown has ended on its way in."""
    future = world.future(world.db.collection("c").insert({"_key": "k1"}))
    future.end_with_error(JobDeadlineError("late"))
    world.writer.ended(Ended(failed=[future]))
    world.writer.taken(future)
    world.writer.commit()
    assert [each.outcome for each in world.told()] == ["deadline"]


def test_who_the_server_is(world: World) -> None:
    """With an id is kept when its server was started, learnt before or after it was given."""
    first, second = (world.send(world.insert(n)) for n in (1, 2))
    world.clock.advance(1000)
    world.accept(first, "7")
    world.writer.commit()
    now = world.clock.monotonic()
    world.engine.hosts[0].identity = Identity(600.0, now, now + 0.5)
    world.writer.commit()
    world.accept(second, "8")
    world.writer.commit()
    wall = world.clock.time()
    for each in world.told():
        assert each.job is not None
        assert each.job.started == pytest.approx((wall - 600, wall - 599.5))


def test_server_that_was_started_later(world: World) -> None:
    """It has not given the ids of before."""
    job = world.send(world.insert(1))
    world.clock.advance(1000)
    world.accept(job, "7")
    world.writer.commit()
    world.clock.advance(100)
    now = world.clock.monotonic()
    world.engine.hosts[0].identity = Identity(50.0, now, now)
    world.writer.commit()
    told = world.told()[0].job
    assert told is not None
    assert told.started is None


def test_passwords(world: World, ledger: Path) -> None:
    """No password, token or header that may be one is written."""
    world.take(
        world.db.create_user("u", "hunter2"),
        world.db.create_database("d", users=[{"username": "v", "password": "hunter2"}]),
        world.db.request("POST", "/_open/auth", body={"password": "hunter2"}),
        world.db.request("GET", "/_api/version", headers={"cookie": "hunter2"}),
    )
    world.insert(1)
    world.writer.commit()
    told = world.told()
    assert [each.is_complete for each in told] == [False, False, False, False, True]
    for end in ("", "-wal", "-tail"):
        data = Path(f"{ledger}{end}").read_bytes()
        assert b"hunter2" not in data
        assert b"very secret" not in data


def test_more_than_one_row_can_hold(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bodies are spread over several rows."""
    monkeypatch.setattr(grouping, "_ROW", 100)
    world.insert(*range(20))
    world.writer.commit()
    assert world.rounds() > 2
    assert [each.key for each in world.told()] == [f"k{n}" for n in range(20)]


def test_kinds_of_single_operations(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Equal ones are kept once, and those that are remembered are not too many."""
    monkeypatch.setattr(writer_module, "_KINDS_KEPT", 3)
    for number in range(10):
        world.take(world.db.aql.execute("RETURN 1", bind_vars={"n": number}))
        world.take(world.db.request("GET", f"/_api/{number}"))
        world.writer.commit()
    assert len(world.writer._kinds) <= 3
    assert next(world.file.rows("SELECT count(*) FROM kind"))[0] == 11
    assert len(world.told()) == 20


def test_forgotten(world: World) -> None:
    """What nobody asks for any more is closed."""
    world.insert(1, 2)
    world.writer.commit()
    world.writer.forget([1])
    world.writer.commit()
    assert [each.outcome for each in world.told()] == ["forgotten", ""]


def _loaded(world: World) -> None:
    """Leave one operation in each state, and some that have ended."""
    ended = world.insert(*range(5))
    held = world.insert(5, 6, 7)
    sent, refused, _waiting = (world.insert(n) for n in (8, 9, 10))
    world.accept(world.send(ended), "6")
    world.accept(world.send(held, host=1, tries=2), "7")
    world.send(sent)
    job = world.send(refused)
    world.writer.commit()
    world.writer.refused(job)
    now = world.clock.monotonic()
    world.engine.hosts[1].identity = Identity(600.0, now, now)
    world.succeed(*ended, held[1])
    world.writer.commit()


def _shown(world: World) -> list[Any]:
    return [
        (
            each.number,
            each.key,
            each.facts,
            each.shape,
            each.body,
            each.job and (each.job.host, each.job.job_id, each.job.tries, each.job.numbers),
            each.job and (each.job.is_refused, each.job.accepted_at, each.job.started),
        )
        for each in world.read().open()
    ]


def test_rewritten(world: World) -> None:
    """What is open is the same; of what has ended only the parts of open arrays are left."""
    _loaded(world)
    before = _shown(world)
    assert len(before) == 5
    rewrite(world.file, world.read())
    assert _shown(world) == before
    assert [each.key for each in world.told()] == ["k5", "k6", "k7", "k8", "k9", "k10"]
    assert [each.key for each in world.told() if each.outcome] == ["k6"]


def test_written_to_after_it_was_rewritten(ledger: Path) -> None:
    """With `keep_done` off the file stays small, and the account goes on."""
    world = World(ledger, keep_done=False, compact_every=10_000)
    long_one = world.insert(0)
    world.send(long_one)
    for number in range(1, 400):
        futures = world.insert(number)
        world.accept(world.send(futures), str(number))
        world.succeed(*futures)
        world.writer.commit()
    assert world.rounds() < 30
    assert [each.key for each in world.read().open()] == ["k0"]
    world.succeed(*long_one)
    world.writer.commit()
    assert world.read().open() == []
    world.close()


def test_ended_and_kept(world: World) -> None:
    """By default what has ended stays, however much it is."""
    world.writer._compact_every = 10
    for number in range(20):
        world.succeed(*world.insert(number))
        world.writer.commit()
    assert len(world.told()) == 20


def test_numbers_go_on(world: World, ledger: Path) -> None:
    """A second writer of the same file gives none that the first one has given."""
    world.insert(1, 2)
    world.writer.commit()
    free = world.read().next_number
    assert free == 3
    world.close()
    again = World(ledger, next_number=free)
    again.insert(3)
    again.writer.commit()
    assert [each.key for each in again.told()] == ["k1", "k2", "k3"]
    again.close()


def test_abandoned_in_a_child(world: World) -> None:
    """Nothing is written any more, and nothing of the parent's is closed."""
    db = world.file._db
    world.writer.abandon()
    assert db is not None
    assert db.execute("SELECT count(*) FROM round").fetchone() == (0,)
    with pytest.raises(Exception, match="is closed"):
        LedgerFile.append(world.file, 1, 0.0, b"[]", b"", None, None, None)
    db.close()
