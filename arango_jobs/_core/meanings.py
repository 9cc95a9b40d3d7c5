"""What a call can come to, and what is done about it: the table of outcomes.

`Call` is what was asked of the server, `Meaning` what the answer (or its
absence) says, `Decision` what follows. The table below is the whole policy;
docs/outcomes.md shows it to users, and a test walks every row against the
embedded server. It knows no HTTP: `_wire` maps answers to meanings.

Sources: server-protocol.md §1.3 (nothing became a job), §2.3 (forwarding),
§4.2 (the header decides), §4.3 (a result is handed out once), §13.
"""

from __future__ import annotations

import enum

__all__ = ["ABSENT", "DECISIONS", "SILENT", "TIDY", "Call", "Decision", "Meaning"]


class Call(enum.Enum):
    """What is asked of the server."""

    __hash__ = object.__hash__  # enum's own is ten times as slow, and this one is looked up often

    SUBMIT = "submit"
    LIST = "list"
    FETCH = "fetch"
    ASK = "status"
    CANCEL = "cancel"
    DELETE = "delete"
    IDENTIFY = "identify"
    OWNER = "owner"
    CONFIRM = "confirm"
    EXPLAIN = "explain"
    RENEW = "renew"
    SEARCH_PENDING = "search what is pending"
    SEARCH_DONE = "search what is done"
    SEARCH_HOST = "ask who was searched"


class Meaning(enum.Enum):
    """What an answer, or the lack of one, says about the job or the call."""

    __hash__ = object.__hash__  # enum's own is ten times as slow, and this one is looked up often

    ACCEPTED = "the server runs it as a job"
    RESULT = "the operation's own answer"
    ARRAY_REFUSED = "not run: an array was refused as a whole"
    PENDING = "not done yet"
    OK = "the call did what it says"
    UNKNOWN_JOB = "the server has no such job of this user"
    OWNER_GONE = "the Coordinator that owns the job has left the cluster"
    DATABASE_GONE = "the database in the path is not there; the job may be"
    QUEUE_FULL = "not run: the server's queue is full or it takes no new jobs"
    QUEUE_TIME = "not run: the queue is slower than the caller allowed"
    UNAVAILABLE = "not run: the server starts or stops"
    UNAUTHORIZED = "not run: wrong or expired credentials"
    TOO_MANY = "not run: too many requests, says something on the way"
    OVERLOADED = "something on the way is overloaded; the server may have run it"
    FORWARD_FAILED = "another Coordinator did not answer; it may have done the work"
    MALFORMED = "the server does not understand the call"
    ODD = "nothing that the job protocol knows"
    UNREACHABLE = "nothing was sent: no connection"
    MOVED = "nothing was sent: the connection that it was meant for is gone"
    BROKEN = "sent, and the answer is missing or incomplete"

    @property
    def is_refusal(self) -> bool:
        """Whether the server did nothing and the same call may be sent again."""
        return self in _REFUSALS


_REFUSALS = frozenset(
    {
        Meaning.QUEUE_FULL,
        Meaning.QUEUE_TIME,
        Meaning.UNAVAILABLE,
        Meaning.UNAUTHORIZED,
        Meaning.TOO_MANY,
    }
)


ABSENT = frozenset({Meaning.UNREACHABLE, Meaning.UNAVAILABLE})
"""Whoever says this is not there, or is no server that can run anything."""
SILENT = frozenset({Meaning.UNREACHABLE, Meaning.MOVED, Meaning.BROKEN})
"""Nothing was said by the server itself."""
TIDY = frozenset({Call.CANCEL, Call.DELETE})
"""Calls for jobs that nobody waits for any more."""


class Decision(enum.Enum):
    """What is done next."""

    __hash__ = object.__hash__  # enum's own is ten times as slow, and this one is looked up often

    TAKE_ID = "remember the id and start to look"
    TAKE_RESULT = "end the future with it"
    HALVE = "nothing of it ran: each half again by itself, down to single operations"
    KEEP = "look again later"
    BACK_OFF = "nothing happened: the same again later, with a smaller window"
    HOLD_BACK = (
        "nothing happened: the same again later, with a smaller window, within `patience`; "
        "then the future ends with this answer"
    )
    WAIT_FOR_HOST = "nothing happened: the same again when the host is back, within `patience`"
    RENEW = "renew the credentials once and do the same again; else as refused for good"
    ASK = (
        "the result may be gone: ask for the status, which takes nothing; after the first time "
        "with growing pauses, within `patience`"
    )
    FETCH = "take the result"
    ELSEWHERE = "jobs belong to no database: the same once more by way of `_system`, else as lost"
    LOST = "the result is gone: repeat what is safe, read back what can be, else JobLostError"
    SEARCH = (
        "it may have run: with `exclusive_user` look for its job; "
        "else repeat what is safe, else SubmitOutcomeUnknownError"
    )
    UNKNOWN = "it may have run: repeat what is safe, else SubmitOutcomeUnknownError"
    DONE = "nothing more to do"
    AGAIN = "the same again with growing pauses, within `patience`; then as lost"
    A_FEW_TIMES = "the same again with growing pauses, a few times"


def _rows() -> dict[tuple[Call, Meaning], Decision]:
    call, says, then = Call, Meaning, Decision
    rows = {
        # A submission
        (call.SUBMIT, says.ACCEPTED): then.TAKE_ID,
        (call.SUBMIT, says.RESULT): then.TAKE_RESULT,
        (call.SUBMIT, says.ARRAY_REFUSED): then.HALVE,
        (call.SUBMIT, says.QUEUE_FULL): then.BACK_OFF,
        (call.SUBMIT, says.QUEUE_TIME): then.BACK_OFF,
        (call.SUBMIT, says.TOO_MANY): then.HOLD_BACK,
        (call.SUBMIT, says.UNAVAILABLE): then.WAIT_FOR_HOST,
        (call.SUBMIT, says.UNREACHABLE): then.WAIT_FOR_HOST,
        (call.SUBMIT, says.MOVED): then.WAIT_FOR_HOST,
        (call.SUBMIT, says.UNAUTHORIZED): then.RENEW,
        (call.SUBMIT, says.DATABASE_GONE): then.TAKE_RESULT,
        (call.SUBMIT, says.UNKNOWN_JOB): then.TAKE_RESULT,
        (call.SUBMIT, says.MALFORMED): then.TAKE_RESULT,
        (call.SUBMIT, says.OWNER_GONE): then.TAKE_RESULT,
        (call.SUBMIT, says.FORWARD_FAILED): then.UNKNOWN,
        (call.SUBMIT, says.OVERLOADED): then.UNKNOWN,
        (call.SUBMIT, says.ODD): then.UNKNOWN,
        (call.SUBMIT, says.BROKEN): then.SEARCH,
        # A fetch: whatever may have consumed the result is followed by a question that cannot
        (call.FETCH, says.RESULT): then.TAKE_RESULT,
        (call.FETCH, says.ARRAY_REFUSED): then.HALVE,
        (call.FETCH, says.PENDING): then.KEEP,
        (call.FETCH, says.UNKNOWN_JOB): then.LOST,
        (call.FETCH, says.OWNER_GONE): then.LOST,
        (call.FETCH, says.DATABASE_GONE): then.ELSEWHERE,
        (call.FETCH, says.QUEUE_FULL): then.AGAIN,
        (call.FETCH, says.QUEUE_TIME): then.AGAIN,
        (call.FETCH, says.TOO_MANY): then.AGAIN,
        (call.FETCH, says.UNAVAILABLE): then.WAIT_FOR_HOST,
        (call.FETCH, says.UNREACHABLE): then.WAIT_FOR_HOST,
        (call.FETCH, says.MOVED): then.KEEP,
        (call.FETCH, says.UNAUTHORIZED): then.RENEW,
        (call.FETCH, says.FORWARD_FAILED): then.ASK,
        (call.FETCH, says.OVERLOADED): then.ASK,
        (call.FETCH, says.MALFORMED): then.ASK,
        (call.FETCH, says.ODD): then.ASK,
        (call.FETCH, says.BROKEN): then.ASK,
        # The question after a broken fetch
        (call.ASK, says.OK): then.FETCH,
        (call.ASK, says.PENDING): then.KEEP,
        (call.ASK, says.UNKNOWN_JOB): then.LOST,
        (call.ASK, says.OWNER_GONE): then.LOST,
        (call.ASK, says.DATABASE_GONE): then.ELSEWHERE,
        (call.ASK, says.QUEUE_FULL): then.AGAIN,
        (call.ASK, says.QUEUE_TIME): then.AGAIN,
        (call.ASK, says.TOO_MANY): then.AGAIN,
        (call.ASK, says.UNAVAILABLE): then.WAIT_FOR_HOST,
        (call.ASK, says.UNREACHABLE): then.WAIT_FOR_HOST,
        (call.ASK, says.MOVED): then.AGAIN,
        (call.ASK, says.UNAUTHORIZED): then.RENEW,
        (call.ASK, says.FORWARD_FAILED): then.AGAIN,
        (call.ASK, says.OVERLOADED): then.AGAIN,
        (call.ASK, says.MALFORMED): then.AGAIN,
        (call.ASK, says.ODD): then.AGAIN,
        (call.ASK, says.BROKEN): then.AGAIN,
    }
    # Lists only advise, cancelling only asks, deleting only tidies: none of them ends a future.
    for tidy in (call.LIST, call.CANCEL, call.DELETE):
        for meaning in Meaning:
            rows[tidy, meaning] = then.A_FEW_TIMES
        rows[tidy, says.OK] = then.DONE
        rows[tidy, says.PENDING] = then.DONE
        rows[tidy, says.UNAUTHORIZED] = then.RENEW
        for gone in (says.UNKNOWN_JOB, says.OWNER_GONE):
            rows[tidy, gone] = then.DONE
        rows[tidy, says.DATABASE_GONE] = then.ELSEWHERE
    rows[call.LIST, says.MALFORMED] = then.DONE
    return rows


DECISIONS = _rows()
