"""Requests that go out in one piece are what they would be one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arango_jobs._net.exchange import Exchanges
from arango_jobs._net.hosts import parse_host
from arango_jobs._net.render import RequestRenderer
from arango_jobs._net.verdict import settle
from arango_jobs.errors import ConnectionLostError, OptionError
from arango_jobs.operations import Template

TEMPLATE = Template("POST", "/%7B%d/", ())
LARGE = b"x" * 70_000
RENDERER = RequestRenderer(parse_host("http://host:1"), ())

bodies_of_some = st.lists(st.sampled_from([b"", b"{}", b"[1, 2]", LARGE]), min_size=1, max_size=8)


def some(bodies: Sequence[bytes], first: int = 1, leaves: Sequence[str] | None = None) -> Exchanges:
    """Return requests as a transport has them in its queue."""
    numbers = range(first, first + len(bodies))
    leaves = list(map(str, numbers)) if leaves is None else leaves
    exchanges = Exchanges(TEMPLATE, leaves, bodies, 0, "token", 60.0, 0, list(numbers))
    RENDERER.put_heads(exchanges)
    exchanges.deadline = 60.0
    return exchanges


def stream(exchanges: Exchanges) -> bytes:
    bodies = exchanges.bodies or [b""] * len(exchanges)
    pairs = zip(exchanges.heads, bodies, strict=True)
    return b"".join(piece for pair in pairs for piece in pair)


@given(bodies_of_some)
def test_rendered(bodies: list[bytes]) -> None:
    """All have their own head, with the length of their own body."""
    alone = [some([body], number) for number, body in enumerate(bodies, 1)]
    together = some(bodies)
    assert stream(together) == b"".join(map(stream, alone))
    assert together.size == len(stream(together))
    # What is large is not copied.
    assert all(body in (b"", LARGE) for body in together.bodies)
    assert LARGE not in b"".join(together.heads)


@given(bodies_of_some)
def test_rendered_without_leaves(bodies: list[bytes]) -> None:
    together = some(bodies, leaves=[""] * len(bodies))
    alone = [some([body], leaves=[""]) for body in bodies]
    assert stream(together) == b"".join(map(stream, alone))
    assert LARGE not in b"".join(together.heads)
    small = [body for body in bodies if body != LARGE]
    target = b"POST /%7B%d/ HTTP/1.1\r\n"
    assert stream(together).count(target) == len(bodies)
    assert stream(some(small, leaves=[""] * len(small))).endswith(b"".join(small[-1:]))


@pytest.mark.parametrize("leaf", ["2 3", "/a b", "\n", "é"])
def test_leaf_that_would_break_a_head(leaf: str) -> None:
    """It is refused wherever it stands."""
    for leaves in ([leaf, "1"], ["1", leaf]):
        with pytest.raises(OptionError):
            some([b"", b""], leaves=leaves)


@given(bodies_of_some, st.integers(1, 9), st.integers(0, 10_000))
def test_parts(bodies: list[bytes], most: int, start: int) -> None:
    """They follow each other in the stream, and nothing is lost."""
    whole = some(bodies)
    whole.start = start
    parts = list(whole.parts(most))
    assert [len(part) for part in parts[:-1]] == [most] * (len(parts) - 1)
    assert b"".join(map(stream, parts)) == stream(whole)
    assert [item for part in parts for item in part.items] == list(whole.items)
    assert [part.start for part in parts] == [start, *[part.end for part in parts[:-1]]]
    assert parts[-1].end == whole.end
    assert {(part.token, part.timeout, part.deadline) for part in parts} == {("token", 60.0, 60.0)}


@given(bodies_of_some, st.data())
def test_cut(bodies: list[bytes], data: st.DataObject) -> None:
    """What is taken off and what is left are what they were together."""
    whole, rest = some(bodies), some(bodies)
    rest.start, rest.losses = 100, 1
    count = data.draw(st.integers(1, len(bodies)))
    first = rest.cut(count)
    assert stream(first) + stream(rest) == stream(whole)
    assert [*first.items, *rest.items] == list(whole.items)
    assert [*first.leaves, *rest.leaves] == list(whole.leaves)
    assert (first.start, first.end, rest.end) == (100, rest.start, 100 + whole.size)
    assert (len(first), first.losses) == (count, 1)


@given(bodies_of_some, st.integers(1, 150_000), st.integers(1, 9))
def test_count_of(bodies: list[bytes], size: int, most: int) -> None:
    """As many as begin within `size` bytes, and no more than `most`."""
    exchanges = some(bodies)
    begins = accumulate((one.size for one in exchanges.each()), initial=0)
    fitting = [begin for begin in list(begins)[:-1] if begin < size]
    assert exchanges.count_of(size, most) == min(most, len(fitting))


@given(st.lists(bodies_of_some, min_size=1, max_size=4), st.data())
def test_settled(groups: list[list[bytes]], data: st.DataObject) -> None:
    """Wherever a connection breaks: which may have run, and which are sent again."""
    together: list[Exchanges] = []
    alone: list[Exchanges] = []
    end = 50
    for bodies in groups:
        first = sum(map(len, together)) + 1
        together.append(some(bodies, first))
        together[-1].start = end
        for number, body in enumerate(bodies, first):
            alone.append(some([body], number))
            alone[-1].start = end
            end = alone[-1].end
    ends = [one.end for one in alone]
    near = st.sampled_from([50, *ends]).flatmap(lambda at: st.integers(at - 2, at + 2))
    written = data.draw(near | st.integers(50, end))
    expected, found = settled(alone, written), settled(together, written)
    assert found == expected
    assert [item for item, may_have_run, _ in found[0] if may_have_run] == [
        number for number, at in enumerate(ends, 1) if at <= written
    ]


def settled(unanswered: list[Exchanges], written: int) -> tuple[list[object], list[object]]:
    failures, spared = settle(unanswered, written, lambda _: ConnectionLostError("x"), 3)
    return (
        [(each.exchange.item, each.may_have_run, each.connection) for each in failures],
        [(one.item, one.losses) for each in spared for one in each.each()],
    )
