"""Whatever a server does: every exchange ends once, and what is said of it is true.

The server is played by a drawn script. It executes a request when it has read it
whole, in order, and nothing behind an answer with which it announced the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from netpeer import Listener, ManualClock, Peer, answer, singles

from arango_jobs._net.exchange import Answered, Exchanges, Failure, TransportEvent
from arango_jobs._net.pipeline import PipelineTransport
from arango_jobs._net.settings import NetSettings
from arango_jobs.operations import Template

LARGE = b"x" * (4 << 20)
"""More than the kernel takes at once."""


class Connection:
    """One connection of the drawn server."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.waiting: list[bytes] = []
        self.is_open = True

    def execute(self, executed: Counter[bytes]) -> None:
        """Read what is there and execute what is whole."""
        peer = self.peer
        peer.sock.setblocking(False)
        try:
            while data := peer.sock.recv(1 << 20):
                peer.buffer += data
        except BlockingIOError:
            pass
        except ConnectionResetError:
            self.is_open = False
        while (size := _whole(peer.buffer)) is not None:
            name = peer.buffer.split(b" ", 2)[1]
            peer.buffer = peer.buffer[size:]
            executed[name] += 1
            self.waiting.append(name)

    def say(self, data: bytes) -> None:
        try:
            self.peer.sock.sendall(data)
        except OSError:
            self.is_open = False

    def end(self, how: str) -> None:
        self.is_open = False
        self.peer.reset() if how == "reset" else self.peer.close()


def _whole(buffer: bytes) -> int | None:
    """Return the size of the request with which `buffer` begins, if it is whole."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return None
    size = end + 4 + int(buffer[:end].rpartition(b"Content-Length: ")[2])
    return size if len(buffer) >= size else None


def _answer_all(connection: Connection, executed: Counter[bytes]) -> None:
    connection.execute(executed)
    connection.say(b"".join(answer(name) for name in connection.waiting))
    connection.waiting.clear()


def _answer_one(connection: Connection, executed: Counter[bytes]) -> None:
    connection.execute(executed)
    if connection.waiting:
        connection.say(answer(connection.waiting.pop(0)))


def _announce(connection: Connection, executed: Counter[bytes]) -> None:
    """Execute one request at most and answer it as the last."""
    if not connection.waiting:
        before = Counter(executed)
        connection.execute(executed)
        behind = connection.waiting[1:]
        executed.clear()
        executed.update(before + Counter(connection.waiting[:1]))
        assert len(behind) <= 4
    elif len(connection.waiting) > 1:
        return
    if connection.waiting:
        connection.say(answer(connection.waiting[0], extra=b"Connection: close\r\n"))
        connection.end("close")


def _cut(connection: Connection, executed: Counter[bytes]) -> None:
    connection.execute(executed)
    if connection.waiting:
        connection.say(answer(connection.waiting[0])[:-1])
    connection.end("close")


def _garble(connection: Connection, executed: Counter[bytes]) -> None:
    connection.execute(executed)
    connection.say(b"what?\r\n\r\n")


def _execute_and_reset(connection: Connection, executed: Counter[bytes]) -> None:
    connection.execute(executed)
    connection.end("reset")


ACTIONS: dict[str, Callable[[Connection, Counter[bytes]], None]] = {
    "answer all": _answer_all,
    "answer one": _answer_one,
    "announce": _announce,
    "cut": _cut,
    "garble": _garble,
    "execute": lambda connection, executed: connection.execute(executed),
    "close": lambda connection, executed: connection.end("close"),
    "reset": lambda connection, executed: connection.end("reset"),
    "execute and reset": _execute_and_reset,
}
BODIES = {
    "send": [b"{}"],
    "send together": [b"{}", b"", b"[1]"],
    "send large": [LARGE],
    "send all": [b"", b"{}", LARGE, b"{}", b"x" * 70_000],
    "slow": [b"{}"],
}
step = st.tuples(
    st.sampled_from(
        [*BODIES, "send", "send together", "late", *ACTIONS, "answer all", "answer all"]
    ),
    st.integers(0, 7),
)


class World:
    """A transport, its server, and what each of them did."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.listener = Listener(receive_buffer=4096)
        limits = NetSettings(connections=2, max_depth=4, slow_connections=2)
        self.transport = PipelineTransport([self.listener.url], limits, clock=self.clock)
        self.connections: list[Connection] = []
        self.executed: Counter[bytes] = Counter()
        self.events: list[TransportEvent] = []
        self.sent = 0

    def run(self, action: str, number: int) -> None:
        if action == "late":
            self.clock.now += number * 10
        elif action in BODIES:
            self._send(action, 1 + number)
        elif alive := [connection for connection in self.connections if connection.is_open]:
            ACTIONS[action](alive[number % len(alive)], self.executed)
        self.poll()

    def _send(self, action: str, count: int) -> None:
        """Send so many requests, each by itself or all in one."""
        bodies = [BODIES[action][number % len(BODIES[action])] for number in range(count)]
        numbers = list(map(str, range(self.sent + 1, self.sent + 1 + count)))
        self.sent += count
        template = Template("POST", "/", (), action != "slow")
        items = [b"/" + number.encode() for number in numbers]
        sent = Exchanges(template, numbers, bodies, 0, None, 100.0, 0, items)
        is_together = action in ("send together", "send all")
        for exchanges in (sent,) if is_together else sent.each():
            self.transport.send(exchanges)

    def poll(self) -> None:
        for _ in range(3):
            self.events += self.transport.poll(0)
            while self.listener.has_caller():
                self.connections.append(Connection(self.listener.peers[-1]))

    def close(self) -> None:
        self.events += self.transport.close()
        self.listener.close()


@settings(max_examples=150, deadline=None)
@given(st.lists(step, max_size=25))
def test_what_is_said_is_true(script: list[tuple[str, int]]) -> None:
    """One end each; executed once at most; "did not run" and replies are never untrue."""
    world = World()
    try:
        for action, number in script:
            world.run(action, number)
    finally:
        world.close()
    ends = [event for event in singles(world.events) if isinstance(event, (Answered, Failure))]
    assert sorted(_of(event).item for event in ends) == sorted(
        b"/%d" % number for number in range(1, world.sent + 1)
    )
    assert all(count == 1 for count in world.executed.values())
    for event in ends:
        name = _of(event).item
        if isinstance(event, Answered):
            assert event.response(0).body == name
            assert world.executed[name] == 1
        elif not event.may_have_run:
            assert name not in world.executed


def _of(event: Exchanges | Failure) -> Exchanges:
    return event.exchanges[0] if isinstance(event, Answered) else event.exchange
