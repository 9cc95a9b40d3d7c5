# ruff: noqa: E501 - a page of prose, in lines as long as the manual has
"""Writes docs/outcomes.md from the engine's table, so that the two cannot differ.

Run it (`python tests/outcomes/outcomes_page.py`) after a change of the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from arango_jobs._core.meanings import DECISIONS, Call, Decision, Meaning
from arango_jobs._wire.job_api import _WITHOUT_HEADER

PAGE = Path(__file__).parents[2] / "docs" / "outcomes.md"

_INTRODUCTION = """\
# What becomes of a call that breaks

<!-- Written by tests/outcomes/outcomes_page.py from the table that the code decides by. -->

Every future ends, once, in one of these ways:

| end | what it says |
| --- | --- |
| the result | the operation ran; this is its answer |
| the operation's own error (`DocumentInsertError`, …) | the server refused the operation, or it failed there; \
`http_code` and `error_code` say why |
| cancelled | it was never sent, or the server has confirmed that it was stopped |
| `HostUnreachableError` | no host could be reached for `patience` seconds; it was never sent |
| `JobLostError` | the server accepted it; its result can no longer be had. Whether it took effect is for you to look at |
| `SubmitOutcomeUnknownError` | it was sent and nobody knows whether it ran |
| `JobDeadlineError` | it had not ended when its deadline was over |
| `ManagerClosedError`, `ManagerDiedError` | the manager was shut down, or its thread ended, before it had ended |

The last five carry what is known: `operation`, `job_id`, `host`, and in `attempts` what was tried and what came of it.

## What may be repeated

An operation whose first run may have taken effect is run a second time only where that does no harm:

| operation | a second run | where the first may have run |
| --- | --- | --- |
| reads (`get`, `has`, `count`, …; queries that the server's plan shows to be reading) | does no harm | it is repeated |
| writes that leave the same data (`replace`, `update`, `insert` with `_key` and an `overwrite_mode`, …) | does no harm | it is repeated |
| `insert` with a key that the manager has made (`client_keys=True`) | finds the key taken | it is repeated; if the key is \
taken by the first run, the document is read back, again where it cannot be read for now, and the future has the first \
run's result |
| everything else, and all raw requests but `GET` and `HEAD` | may do harm | it is not repeated: \
`SubmitOutcomeUnknownError`, or `JobLostError` where the server had accepted it |

`jobs.with_options(retry=…)` and `operation.with_retry(…)` say "safe", "idempotent" or "never" where you know better. An
operation is repeated ten times at most. Several operations that travelled as one array are looked at one by one.

A second run leaves the same data as the first only as long as nobody else writes the document. An update whose answer was lost
and that is repeated may take effect behind a newer write of the same document, by another program or by another call of ours, and
undo it although it was acknowledged. No answer tells of that. Where a document has several writers:

| do this | and then |
| --- | --- |
| `jobs.collection(name, ordered=True)` | calls of this manager about one document do not overtake one another, and a write is \
not repeated while its first run may be under way: it ends with `SubmitOutcomeUnknownError` or `JobLostError`. A `retry` of your own has it \
repeated all the same |
| a `_rev` in the document, with `check_rev=True` | a write that comes late finds another revision and does nothing \
(`DocumentRevisionError`); it is not repeated |
| `retry="never"` | nothing runs twice: what was lost ends with one of the two errors |

What has ended with `SubmitOutcomeUnknownError`, `JobLostError` or `JobDeadlineError` may still be under way on the server, and take
effect after whatever you do next.

## A result that cannot be read

The server hands a result out once, so one that came and is no JSON, or not the JSON that the server gives (an object where a list
should be, another number of elements, an element that is no object), or at which your `deserializer` raises, cannot be had
again. Alone or in an array, an insert with a key that the manager has made is read back; everything else ends with `JobLostError`, whose
`__cause__` says what is wrong. The operation has run. A direct call raises `JSONDecodeError`.

## An array that is refused

Single-document operations that travel as one array are answered one by one. Where the server, or a gateway in front of it, refuses the
array as a whole and nothing of it was run, it goes out again in two halves, and these likewise, down to single operations: so the
one that is to blame fails alone, after two requests for each halving. What has nothing to do with the elements (no such collection,
no rights) is told to each of them at once, and so is what may have come half-way through, such as a 500.

## How an answer is read

An answer to a fetch (`PUT /_api/job/<id>`) is the operation's own if, and only if, it has the header `x-arango-async-id`,
whatever its status, and if it names the job that was asked for. An answer that names another job proves that answers were swapped,
repeated or left out on the way: its connection is closed, and neither that answer nor any behind it decides anything; nor do
those just before it that name no job. The same holds for a submission whose answer names a job that is older than one named before
on its connection, and for two submissions that were given one job: nobody can tell whose it is. The answer to an array has
as many elements as the array, about the same documents in the same order, or it is the answer to none of them. Without the header,
and for all other calls:

| answer | what it says |
| --- | --- |
"""

_CALLS = {
    Call.SUBMIT: (
        "Submitting",
        "The operation is sent with `x-arango-async: store`. Any answer but 202 was given before anything "
        "became a job.",
    ),
    Call.FETCH: (
        "Fetching the result",
        "The server hands a result out once, and forgets it before its answer is on the way. A fetch whose answer "
        "is not understood is therefore followed by a question that takes nothing.\n\n"
        "All that brings nothing for one job is counted together, whichever calls it was: with each round the "
        "pause before the next one grows, from 0.05 to 5 seconds. After twelve answers in a row that said nothing "
        "about the job, and after `patience` seconds in any case, the future ends with `JobLostError`, whose "
        "`attempts` tell of the rounds. Only *pending* begins a new count.",
    ),
    Call.ASK: (
        "Asking for the state, after a fetch that broke",
        "Still there: it is fetched. Gone: the result is lost, and what is safe is repeated.",
    ),
    Call.LIST: ("Listing what is done", "Lists only advise: none of them ends a future."),
    Call.CANCEL: (
        "Cancelling",
        "The server is only asked. How the future ends, its result says: 410 is cancelled. Where no word comes "
        "within 30 seconds (or the timeout given, if that is longer) the job is deleted, and the future ends "
        "with `JobLostError`.",
    ),
    Call.DELETE: (
        "Deleting what nobody waits for any more",
        "After a deadline, a shutdown with a timeout, a cancel without an answer. The future has ended before.",
    ),
}

_NO_ANSWER = {
    Meaning.ARRAY_REFUSED: "of an array, before it was a job: 413; 400, unless it is 400/400; 403, 406 or 422 without an error "
    "number (a gateway's); as the result of its job: 413; 400/600, 400/1221, 400/1227, 400/1466, 400/1468; any 400, if it only reads",
    Meaning.TOO_MANY: "429, whatever else it says: a gateway or a proxy gives it, and ArangoDB never does",
    Meaning.OVERLOADED: "503 with another error number or none, to a submission",
    Meaning.UNREACHABLE: "connection refused, or no connection in time; the name cannot be resolved; TLS fails",
    Meaning.MOVED: "the connection ended before the request was written whole",
    Meaning.BROKEN: "reset, closed, or timed out after the request was written whole; an answer that is cut short, "
    "is no HTTP (the first one of a host, too), is too large, or names another job than the one asked for",
    Meaning.ODD: "any other answer, such as 202 without the id, or 500 with another error number",
}


def _rows(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _answers() -> str:
    said: dict[Meaning, list[str]] = {}
    for (status, number), meaning in _WITHOUT_HEADER.items():
        said.setdefault(meaning, []).append(f"{status}/{number}")
    rows = [(", ".join(answers), meaning.value) for meaning, answers in said.items()]
    rows += [(words, meaning.value) for meaning, words in _NO_ANSWER.items()]
    return _rows(rows)


def _section(call: Call) -> str:
    title, words = _CALLS[call]
    rows = [(says.value, then.value) for (of, says), then in DECISIONS.items() if of is call]
    if call in (Call.LIST, Call.CANCEL, Call.DELETE):
        # Most of their answers have one meaning.
        rows = [row for row in rows if row[1] != Decision.A_FEW_TIMES.value]
        rows.append(("anything else", Decision.A_FEW_TIMES.value))
    return f"\n## {title}\n\n{words}\n\n| what came | what is done |\n| --- | --- |\n{_rows(rows)}"


_END = """
## What was written on a connection that ended

A request that was written whole may have run, whatever answered and however badly: a guess about who is there never proves
that nothing ran. There are two exceptions:

| how the connection ended | what was written behind the last answer |
| --- | --- |
| the last answer says `Connection: close`, and nothing follows it | the server does not look at it (RFC 9112 §9.6): it is sent again |
| TLS 1.3: the server refuses our certificate, before any answer or session ticket | the server reads no request before it has verified \
the certificate (RFC 8446 §4.4): nothing was sent |
| any other end, such as behind an HTTP/1.0 answer, or one whose body has no length | it may have run |

Servers and proxies that close a connection after its answer, and do not say so, would leave every request in doubt that is
written on it meanwhile. So what may do harm a second time goes on connections that have not answered yet, until a used one has
answered something harmless; and for half a minute (longer each time) after one has ended without a byte of an answer, everything
does. Where requests go through methods or hooks of your session, which connection they take cannot be seen, and this does not hold.

A host whose first answer is no HTTP counts as away: what was not written waits for it for three seconds, and then ends as never sent
(`NotHTTPError`).

## Waits, pauses and ends

Two answers are no trouble but waits: *pending* (204, or not yet in the list of what is done), and *no room* to a submission
(503/21003, 412/21004). They last until the `deadline` of the operation or a shutdown, and are asked about with growing pauses:
up to one second for a job that is pending, up to half a second for a submission, of which a host that refuses everything is
sent one at a time.

Everything else ends within `patience` seconds: submissions that no host takes with `HostUnreachableError`, or with the answer itself
where it was 429; accepted jobs with `JobLostError`. What may be repeated is, within the same `patience`.

`Retry-After` is obeyed, in seconds or as a date, on whichever answer it comes: the host is left alone for so long, up to
`patience` seconds. Where it asks for more than is left of `patience` the operation ends at once.

## Restarts and clusters

- A server that has restarted has lost its jobs, and may give their ids to others'. A new connection is therefore asked
  for how long its server has been up before anything is fetched over it; what an older process had accepted ends or is
  repeated at once. Nothing is fetched by an id that another process gave. Where the time does not tell which of two
  processes accepted a job, the connection that the job was accepted on is asked too: if that still answers, it leads to
  the one that answers now. A server that answers and does not say for `patience` seconds is given up: its jobs end as lost
  or are repeated, and what they left there is not deleted, as it may be another program's by then.
- Two processes are told apart by when they were started. That fails where the second was started within 0.15 seconds of
  the first (by more where the server is slower to answer: by twice what its answers take), which no real server is that has
  taken a job in between; and where a server tells neither statistics nor metrics, so that nothing but ids that go back
  speaks of a restart.
- Where each of 16 connections in a row was closed after its only answer, the next ones count as the same connection going
  on: until one breaks or is refused, carries a second answer, or is made later than a second after the last one that was
  answered. A server that restarts within that second without refusing or breaking any is not
  noticed before its ids go back, and neither is one behind a proxy that lets requests wait meanwhile: until then a
  result may be taken that belongs to another program of the same user.
- Jobs live on the Coordinator that accepted them and are fetched there. One that cannot be reached, or takes no new jobs,
  gets none; its results are still collected. What waits to be sent goes to the others.
- A submission whose 202 was lost has left a job under an id that only the server knows. Its result stays in the server's
  memory until the server restarts or somebody deletes it (`db.clear_async_jobs()`); the manager does not, since lists
  are shared with every other program of the same user. Where they are not (`exclusive_user=True`), see below.

## Looking for the job of a submission that broke

With [`exclusive_user=True`](manager.md#submissions-whose-answer-was-lost) a submission whose answer is missing or incomplete is looked
for before anything else is done about it: the host is asked for the ids of the jobs that are pending, then of those that are done, then
for how long it has been up. A candidate is a job that is done, that the manager was not told of, and whose id is above all that had been
told when the submission was sent.

| what the lists say | what is done |
| --- | --- |
| as many candidates as submissions broke on this one connection, and no other is without its answer | each is adopted: its \
result ends the future |
| fewer, and the others may be among what is pending | looked at again, for `patience` seconds |
| fewer, or more | looked at again, seven times in about three seconds |
| a list is as long as was asked for | a longer one is asked for, up to 50,000 ids |
| another submission has no answer yet | waited for: the job may be its |
| the server was started, or a connection to it made, at about that time | looked at again |
| ids of another Coordinator, or the server was started since | given up |
| it was given up, as others were before it that this process may have got | given up |
| no answer, or one that is no list | looked at again, as above; while the host is away, for `patience` seconds |

Given up means what it says above: what is safe is repeated, and the rest ends with `SubmitOutcomeUnknownError`.
"""


def page() -> str:
    """Return the page as it should be."""
    return _INTRODUCTION + _answers() + "".join(map(_section, _CALLS)) + _END


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
