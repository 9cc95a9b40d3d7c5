"""Single steps of the poller: from an operation to requests, from answers to its future."""

from __future__ import annotations

from concurrent.futures import CancelledError
from typing import Any

import pytest
from poller_rig import STATISTICS, Rig, Token, kind_of, merged_kind

from arango_jobs import json, signals
from arango_jobs._runtime.future import JobFuture
from arango_jobs.errors import (
    ArangoServerError,
    ConnectionLostError,
    HostUnreachableError,
    JobDeadlineError,
    JobLostError,
    ManagerClosedError,
    ManagerDiedError,
    SubmitOutcomeUnknownError,
)
from arango_jobs.operations import Operation, Response, Retry

PLAIN = kind_of()
MERGED = merged_kind()
INSERT = "POST /_db/d/_api/document"


def insert(number: int = 1, kind: Any = PLAIN, **changes: Any) -> Operation[Any]:
    return Operation(kind, {"n": number}, **changes)


def refused(status: int, number: int) -> dict[str, Any]:
    return {"error": True, "code": status, "errorNum": number, "errorMessage": "no"}


class TestOneOperation:
    def test_from_beginning_to_end(self, rig: Rig) -> None:
        """Submitted, accepted, fetched, ended, and its permit is free again."""
        future = rig.submit(insert())
        assert rig.waiting(INSERT)[0].request.body == b'{"n":1}'
        assert future.running()
        rig.accept()
        assert future.job_id == "101"
        assert not future.done()
        rig.finish({"_key": "k"})
        assert future.result(0) == {"_key": "k"}
        rig.identify()
        assert rig.step() is True
        assert rig.gate.in_use == 0
        assert rig.news.counts.succeeded == 1

    def test_own_error(self, rig: Rig) -> None:
        """The operation's error is its decoder's."""
        future = rig.submit(insert())
        rig.accept()
        rig.finish(refused(404, 1203), 404)
        with pytest.raises(ArangoServerError, match="HTTP 404"):
            future.result(0)
        assert rig.news.counts.failed == 1

    def test_refused_submission(self, rig: Rig) -> None:
        future = rig.submit(insert())
        rig.answer(INSERT, 404, refused(404, 1228))
        assert isinstance(future.exception(0), ArangoServerError)

    def test_pending_and_then_done(self, rig: Rig) -> None:
        future = rig.submit(insert())
        rig.accept()
        rig.answer("PUT", 204)
        assert not rig.waiting("PUT")
        rig.pass_time(1.0)
        rig.finish({})
        assert future.result(0) == {}

    def test_own_404_and_the_servers(self, rig: Rig) -> None:
        """The header decides which of the two it is."""
        own, lost = rig.submit(insert(1), insert(2))
        rig.accept("101")
        rig.accept("102")
        rig.answer("job/101", 404, refused(404, 404), x_arango_async_id="101")
        rig.answer("job/102", 404, refused(404, 404))
        assert isinstance(own.exception(0), ArangoServerError)
        assert isinstance(lost.exception(0), JobLostError)

    def test_lost(self, rig: Rig) -> None:
        """The error has everything known: the operation, the id, the host, what was tried."""
        future = rig.submit(insert())
        rig.accept()
        rig.transport.fail(may_have_run=True, to=rig.waiting("PUT")[0])
        rig.step()
        rig.answer("GET /_db/d/_api/job/101", 404, refused(404, 404))
        error = future.exception(0)
        assert isinstance(error, JobLostError)
        assert (error.job_id, error.host) == ("101", "http://host")
        assert "document.insert" in error.operation
        assert len(error.attempts) == 2
        assert rig.news.counts.lost == 1

    def test_broken_submission(self, rig: Rig) -> None:
        """Not repeated, and its cause is kept."""
        future = rig.submit(insert())
        cause = ConnectionLostError("cut")
        rig.transport.fail(cause, may_have_run=True, to=rig.waiting(INSERT)[0])
        rig.step()
        error = future.exception(0)
        assert isinstance(error, SubmitOutcomeUnknownError)
        assert error.__cause__ is cause

    def test_broken_submission_of_a_safe_one(self, rig: Rig) -> None:
        future = rig.submit(insert(retry=Retry.IDEMPOTENT))
        rig.transport.fail(may_have_run=True, to=rig.waiting(INSERT)[0])
        rig.step()
        rig.pass_time(1.0)
        rig.accept()
        rig.finish({})
        assert future.result(0) == {}

    def test_nobody_there(self, rig: Rig) -> None:
        """Never sent, and the error says so."""
        future = rig.submit(insert())
        for _ in range(100):
            if future.done():
                break
            while rig.transport.waiting:
                rig.transport.fail(HostUnreachableError("refused"), may_have_run=False)
            rig.pass_time(0.5)
        error = future.exception(0)
        assert isinstance(error, HostUnreachableError)
        assert "never sent" in str(error)

    def test_deadline(self, rig: Rig) -> None:
        future = rig.submit(insert(), deadline=5.0)
        rig.accept()
        rig.pass_time(5.0)
        error = future.exception(0)
        assert isinstance(error, JobDeadlineError)
        assert "did not end by its deadline of 5 s: on " in str(error)
        assert "its job 101 is deleted" in str(error)
        rig.answer("PUT", 204)
        rig.answer("DELETE /_db/d/_api/job/101", 200, {"result": True})
        assert rig.engine.is_idle
        assert rig.gate.in_use == 0

    def test_cancelled_while_it_waited(self) -> None:
        """It is not sent; what waits behind it is."""
        rig = Rig(max_jobs=1)
        first, second, third = rig.submit(insert(1), insert(2), insert(3))
        assert second.cancel()
        rig.accept()
        rig.finish({})
        assert first.done()
        assert rig.waiting(INSERT)[0].request.body == b'{"n":3}'
        assert third.running()
        rig.close()

    def test_cancelled_on_the_server(self, rig: Rig) -> None:
        future = rig.submit(insert())
        rig.accept()
        rig.answer("PUT", 204)
        rig.engine.cancel(future, None, rig.clock.monotonic())
        rig.step()
        rig.answer("job/101/cancel", 200, {"result": True})
        rig.answer("PUT", 410, refused(410, 21), x_arango_async_id="101")
        with pytest.raises(CancelledError):
            future.result(0)
        assert rig.news.counts.cancelled == 1

    def test_full_queue(self, rig: Rig) -> None:
        """Refusals are nobody's failure: the operation goes out again."""
        future = rig.submit(insert())
        for _ in range(5):
            rig.answer(INSERT, 503, refused(503, 21003))
            rig.pass_time(5.0)
        rig.accept()
        rig.finish({})
        assert future.result(0) == {}

    def test_id_that_is_none(self, rig: Rig) -> None:
        """A header that is no number ends in a typed error and hurts nobody else."""
        future = rig.submit(insert())
        rig.answer(INSERT, 202, x_arango_async_id="12/../all")
        assert isinstance(future.exception(0), SubmitOutcomeUnknownError)

    def test_calls_that_end_a_job_name_their_connection(self, rig: Rig) -> None:
        """So does the question who answers; a submission may go out on any."""
        rig.submit(insert())
        rig.accept()
        epochs = {each.request.target.rpartition("/")[2]: each.epoch for each in rig.transport.sent}
        # There was no connection yet when it was asked who answers.
        assert epochs == {"c": 0, "statistics": 0, "101": 1}


class TestMerged:
    def test_one_array(self, rig: Rig) -> None:
        """One request for many, and each future gets its own."""
        futures = rig.submit(*(insert(n, MERGED) for n in range(3)))
        assert rig.waiting(INSERT)[0].request.body == b'[{"n":0},{"n":1},{"n":2}]'
        rig.accept()
        rig.finish([{"_key": "a"}, {"_key": "b"}, {"_key": "c"}])
        assert [future.result(0)["_key"] for future in futures] == ["a", "b", "c"]
        assert rig.gate.in_use == 0

    def test_failed_element(self, rig: Rig) -> None:
        good, bad = rig.submit(insert(1, MERGED), insert(2, MERGED))
        rig.accept()
        rig.finish([{"_key": "a"}, {"error": True, "errorNum": 1210, "errorMessage": "no"}])
        assert good.result(0) == {"_key": "a"}
        with pytest.raises(ArangoServerError, match="HTTP 409"):
            bad.result(0)

    @pytest.mark.parametrize("reply", [[{}], [{}, {}, {}], {}, None, "x"])
    def test_reply_that_does_not_fit(self, rig: Rig, reply: Any) -> None:
        """Nobody can say whose element is whose: none of them gets another one's."""
        futures = rig.submit(insert(1, MERGED), insert(2, MERGED))
        rig.accept()
        rig.finish(reply)
        assert all(isinstance(future.exception(0), JobLostError) for future in futures)

    def test_failure_of_the_whole_array(self, rig: Rig) -> None:
        futures = rig.submit(insert(1, MERGED), insert(2, MERGED))
        rig.accept()
        rig.finish(refused(404, 1203), 404)
        assert all(isinstance(future.exception(0), ArangoServerError) for future in futures)

    def test_too_large(self, rig: Rig) -> None:
        """It is sent again in two, down to the one that is too large alone."""
        first, second = rig.submit(insert(1, MERGED), insert(2, MERGED))
        rig.answer(INSERT, 413)
        assert [each.request.body for each in rig.waiting(INSERT)] == [b'{"n":1}', b'{"n":2}']
        rig.answer(INSERT, 413)
        rig.accept()
        rig.finish({"_key": "b"})
        assert isinstance(first.exception(0), ArangoServerError)
        assert second.result(0) == {"_key": "b"}

    def test_one_that_is_late(self, rig: Rig) -> None:
        """Its element is nobody's; the others get theirs."""
        first = rig._future(insert(1, MERGED), 5.0)
        second = rig._future(insert(2, MERGED), None)
        rig.step()
        rig.accept()
        rig.pass_time(6.0)
        rig.finish([{"_key": "a"}, {"_key": "b"}])
        assert isinstance(first.exception(0), JobDeadlineError)
        assert second.result(0) == {"_key": "b"}

    def test_elements_that_are_no_objects(self, rig: Rig) -> None:
        futures = rig.submit(insert(1, MERGED), insert(2, MERGED))
        rig.accept()
        rig.finish([5, {"error": True, "errorNum": [1]}])
        assert isinstance(futures[0].exception(0), JobLostError)
        assert isinstance(futures[1].exception(0), ArangoServerError)


class TestOurKey:
    """A repeated insert that finds the key that we made."""

    def repeated(self, rig: Rig) -> JobFuture[Any]:
        kind = merged_kind()
        future: JobFuture[Any] = rig.submit(
            Operation(kind, {"_key": "k"}, "k", is_keyless=True, made_key=True)
        )
        rig.transport.fail(may_have_run=True, to=rig.waiting(INSERT)[0])
        rig.step()
        rig.pass_time(1.0)
        rig.accept()
        rig.finish(refused(409, 1210), 409)
        assert not future.done()
        return future

    def test_read_back(self, rig: Rig) -> None:
        future = self.repeated(rig)
        document = {"_id": "c/k", "_key": "k", "_rev": "_r", "n": 1}
        assert rig.answer("onlyget", 200, [document]).request.body == b'["k"]'
        assert future.result(0) == {"_id": "c/k", "_key": "k", "_rev": "_r"}

    def test_gone(self, rig: Rig) -> None:
        """Only 1202 says that the document is not there any more."""
        future = self.repeated(rig)
        rig.answer("onlyget", 200, [{"error": True, "errorNum": 1202}])
        error = future.exception(0)
        assert isinstance(error, JobLostError)
        assert "gone since" in str(error)

    @pytest.mark.parametrize("number", [1465, 1478, 1457, 1429, 32, None])
    def test_error_that_passes(self, rig: Rig, number: int | None) -> None:
        """A shard that gives no answer says nothing about the document: it is asked again."""
        future = self.repeated(rig)
        rig.answer("onlyget", 200, [{"error": True, "errorNum": number}])
        assert not future.done()
        rig.pass_time(1.0)
        rig.answer("onlyget", 200, [{"_id": "c/k", "_key": "k", "_rev": "_r"}])
        assert future.result(0)["_rev"] == "_r"

    @pytest.mark.parametrize("number", [11, 1004, 1203])
    def test_may_not_be_read(self, rig: Rig, number: int) -> None:
        """Another try would say the same; the error says why, and not that it is gone."""
        future = self.repeated(rig)
        rig.answer("onlyget", 200, [{"error": True, "errorNum": number, "errorMessage": "no"}])
        error = future.exception(0)
        assert isinstance(error, JobLostError)
        assert f"could not be read back: error {number} (no)" in str(error)

    @pytest.mark.parametrize(
        "reply",
        [[], [{"error": True, "errorNum": 1465}], {}, None, [{"_rev": "x"}], [{"_rev": 1,
         "_key": "k"}], [{"_rev": 1, "_key": []}], [{"_id": "c/j", "_key": "j", "_rev": "r"}]],
    )  # fmt: skip
    def test_never_there(self, rig: Rig, reply: Any) -> None:
        """Whatever comes instead of the document, again and again, the future ends."""
        future = self.repeated(rig)
        asked = 0
        while not future.done():
            asked += 1
            rig.answer("onlyget", 200, reply)
            rig.pass_time(10.0)
        error = future.exception(0)
        assert 2 <= asked <= 13
        assert isinstance(error, JobLostError)
        assert "could not be read back" in str(error)
        assert "gone" not in str(error)

    def test_some_of_an_array(self, rig: Rig) -> None:
        """Those that were read end; the others are asked for again, alone."""
        kind = merged_kind()
        operations = [
            Operation(kind, {"_key": key}, key, is_keyless=True, made_key=True) for key in "ab"
        ]
        first, second = rig.submit(*operations)
        rig.transport.fail(may_have_run=True, to=rig.waiting(INSERT)[0])
        rig.step()
        rig.pass_time(1.0)
        rig.accept()
        rig.finish([refused(409, 1210)] * 2)
        document = {"_id": "c/a", "_key": "a", "_rev": "_a"}
        rig.answer("onlyget", 200, [document, {"error": True, "errorNum": 1465}])
        assert first.result(0)["_key"] == "a"
        rig.pass_time(1.0)
        exchange = rig.answer("onlyget", 200, [document | {"_id": "c/b", "_key": "b"}])
        assert exchange.request.body == b'["b"]'
        assert second.result(0)["_key"] == "b"


class TestBreakdown:
    """Something goes wrong in the middle of a round."""

    def test_results_that_had_come(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        """They are given out all the same: nobody would know these futures any more."""
        first, second = rig.submit(insert(1), insert(2))
        rig.accept("101")
        fetch, submission = rig.waiting("PUT")[0], rig.waiting(INSERT)[0]
        told = {"x-arango-async-id": "101"}
        rig.transport.answer(202, b"{}", headers=told, to=fetch)
        rig.transport.answer(202, b"", headers={"x-arango-async-id": "102"}, to=submission)

        def fail(_exchange: Any) -> None:
            raise RuntimeError("no")

        monkeypatch.setattr(rig.transport, "send", fail)
        with pytest.raises(RuntimeError):
            rig.step()
        assert first.result(0) == {}
        assert not second.done()


class TestRestart:
    """A new process may have given our id to somebody else's job."""

    @pytest.mark.parametrize("connection", [1, 2])
    def test_accepted_on_an_older_connection(self, rig: Rig, connection: int) -> None:
        """An id that is told after a newer connection, but came before it, is the old process's."""
        future = rig.submit(insert())
        rig.identify()
        exchange = rig.waiting(INSERT)[0]
        rig.pass_time(5.0)
        rig.transport.connect()
        accepted = {"x-arango-async-id": "101"}
        rig.transport.answer(202, headers=accepted, to=exchange, connection=connection)
        rig.step()
        rig.identify(uptime=0.01)
        if connection == 1:
            # Nobody can be asked on it any more.
            (again,) = rig.waiting(STATISTICS)
            assert again.epoch == 1
            rig.transport.fail(may_have_run=False, to=again)
            rig.step()
        assert future.done() is (connection == 1)
        assert bool(rig.waiting("PUT /_db/d/_api/job/101")) is (connection == 2)

    def test_answers_on_an_older_connection(self, rig: Rig) -> None:
        """Who answers there after the newer one was made is the process that the job is on."""
        future = rig.submit(insert())
        rig.identify()
        exchange = rig.waiting(INSERT)[0]
        rig.pass_time(5.0)
        rig.transport.connect()
        accepted = {"x-arango-async-id": "101"}
        rig.transport.answer(202, headers=accepted, to=exchange, connection=1)
        rig.step()
        rig.identify(uptime=0.01)
        (again,) = rig.waiting(STATISTICS)
        uptime = json.dumps({"server": {"uptime": 0.01}})
        rig.transport.answer(200, uptime, to=again, connection=1)
        rig.step()
        assert not future.done()
        assert rig.waiting("PUT /_db/d/_api/job/101")


class TestWriteConflicts:
    """A write that met another one and did nothing is sent again, if that was asked for."""

    @pytest.mark.parametrize("merges", [False, True])
    def test_next_one_of_its_key_waits(self, merges: bool) -> None:
        """Through an ordered handle nothing overtakes it; other keys of its array go on."""
        rig = Rig(conflict_retries=1)
        kind = (merged_kind if merges else kind_of)(name="document.update", order="d/c")
        first, other = rig.submit(
            insert(1, kind, key="a", is_keyless=True), insert(1, kind, key="b", is_keyless=True)
        )
        second, next_other = rig.submit(
            insert(2, kind, key="a", is_keyless=True), insert(2, kind, key="b", is_keyless=True)
        )
        conflict = refused(409, 1200) | {"errorMessage": "write-write conflict"}
        rig.accept("101")
        if merges:
            rig.finish([conflict, {"n": 1}])
        else:
            rig.finish(conflict, 409)
            rig.accept("102")
            rig.answer("job/102", 202, {"n": 1}, x_arango_async_id="102")
        assert other.result(0) == {"n": 1}
        assert [each.request.body for each in rig.waiting(INSERT)] == [b'{"n":2}']
        rig.accept("103")
        rig.pass_time(1.0)
        assert [each.request.body for each in rig.waiting(INSERT)] == [b'{"n":1}']
        rig.accept("104")
        rig.answer("job/104", 202, {"n": 1}, x_arango_async_id="104")
        assert first.result(0) == {"n": 1}
        assert [each.request.body for each in rig.waiting(INSERT)] == [b'{"n":2}']
        rig.accept("105")
        for number in ("103", "105"):
            rig.answer(f"job/{number}", 202, {"n": 2}, x_arango_async_id=number)
        assert second.result(0) == next_other.result(0) == {"n": 2}
        rig.close()


class TestCredentials:
    def test_expired(self) -> None:
        """Renewed once, and the same call again with the new ones."""
        token = Token()
        rig = Rig(token=token)
        future = rig.submit(insert())
        first = rig.answer(INSERT, 401, refused(401, 11))
        assert ("authorization", "bearer 1") in first.request.headers
        assert not rig.waiting(INSERT)
        rig.answer("/_open/auth", 200, {"jwt": "x"})
        again = rig.accept()
        assert ("authorization", "bearer 2") in again.request.headers
        rig.finish({})
        assert future.result(0) == {}
        rig.close()

    def test_about_to_expire(self) -> None:
        """They are renewed before anything is sent with them."""
        token = Token()
        token.is_due = True
        rig = Rig(token=token)
        rig.submit(insert())
        rig.step()
        assert rig.waiting("/_open/auth")
        rig.answer("/_open/auth", 200, {"jwt": "x"})
        assert len(rig.waiting("/_open/auth")) == 0
        rig.close()

    def test_refused(self) -> None:
        """The operation's own error; the server is not asked for a token over and over."""
        token = Token()
        token.is_due = True
        rig = Rig(token=token)
        rig.submit(insert())
        asked = 0
        for _ in range(100):
            if rig.waiting("/_open/auth"):
                asked += 1
                rig.answer("/_open/auth", 401, refused(401, 11))
            rig.pass_time(0.1)
        assert 1 <= asked <= 10
        rig.close()

    def test_no_word_on_new_ones(self) -> None:
        """A server that fails has not refused: it is asked again, and the operation waits."""
        rig = Rig(token=Token())
        future = rig.submit(insert())
        rig.answer(INSERT, 401, refused(401, 11))
        rig.answer("/_open/auth", 503)
        assert not future.done()
        rig.pass_time(10.0)
        rig.answer("/_open/auth", 200, {"jwt": "x"})
        rig.accept()
        rig.finish({})
        assert future.result(0) == {}
        rig.close()


class TestUserCode:
    """Decoders and deserializers are the user's: what they raise ends in their future."""

    @pytest.mark.parametrize("error", [ValueError("x"), SystemExit(3), KeyboardInterrupt()])
    def test_decoder_that_raises(self, rig: Rig, error: BaseException) -> None:
        def decode(response: Response, _operation: Operation[Any]) -> Any:
            raise error

        future = rig.submit(Operation(kind_of(decode=decode), {}))
        other = rig.submit(insert(2))
        rig.accept("101")
        rig.accept("102")
        rig.answer("job/101", 202, {}, x_arango_async_id="101")
        rig.answer("job/102", 202, {}, x_arango_async_id="102")
        assert future.exception(0) is error
        assert other.result(0) == {}

    @pytest.mark.parametrize("error", [KeyError, SystemExit])
    @pytest.mark.parametrize("kind", [PLAIN, MERGED])
    @pytest.mark.parametrize("conflict_retries", [0, 3])
    def test_deserializer_that_raises_alone(
        self, error: type[BaseException], kind: Any, conflict_retries: int
    ) -> None:
        """Where it raises for one, the others have their results."""

        def loads(body: bytes) -> Any:
            if body == b"101":
                raise error("x")
            return json.loads(body)

        rig = Rig(loads=loads, merge=False, conflict_retries=conflict_retries)
        futures = rig.submit(*(insert(number, kind) for number in range(3)))
        for job_id in ("101", "102", "103"):
            rig.accept(job_id)
        fetches = {each.leaves[0]: each for each in rig.waiting("PUT")}
        for job_id, exchange in fetches.items():
            status = 409 if job_id == "101" and conflict_retries else 201
            headers = {"x-arango-async-id": job_id}
            rig.transport.answer(status, job_id.encode(), headers=headers, to=exchange)
        rig.step()
        assert futures[0].exception(0) is not None
        assert [future.result(0) for future in futures[1:]] == [102, 103]
        rig.close()

    @pytest.mark.parametrize("error", [KeyError("x"), SystemExit(3)])
    def test_deserializer_that_raises(self, error: BaseException) -> None:
        def loads(body: bytes) -> Any:
            raise error

        rig = Rig(loads=loads)
        futures = rig.submit(insert(1, MERGED), insert(2, MERGED))
        rig.accept()
        rig.finish([{}, {}])
        assert all(future.exception(0) is not None for future in futures)
        rig.close()


class TestSignals:
    def heard(self, rig: Rig, signal: Any) -> list[Any]:
        records: list[Any] = []

        def receive(_sender: Any, record: Any) -> None:
            records.append(record)

        signal.connect(receive, sender=rig.manager, weak=False)
        return records

    def test_of_a_job(self, rig: Rig) -> None:
        """Accepted and succeeded, each once, told on the delivery thread."""
        submitted = self.heard(rig, signals.job_submitted)
        succeeded = self.heard(rig, signals.job_succeeded)
        rig.submit(insert())
        rig.accept()
        rig.drain()
        assert [record.job_id for record in submitted] == ["101"]
        rig.finish({})
        rig.drain()
        assert [(record.operation, record.job_id) for record in succeeded] == [
            ("document.insert", "101")
        ]

    def test_of_failures_and_losses(self, rig: Rig) -> None:
        failed, lost = self.heard(rig, signals.job_failed), self.heard(rig, signals.job_lost)
        rig.submit(insert(1), insert(2))
        rig.accept("101")
        rig.accept("102")
        rig.answer("job/101", 404, refused(404, 1202), x_arango_async_id="101")
        rig.answer("job/102", 404, refused(404, 404))
        rig.drain()
        assert isinstance(failed[0].error, ArangoServerError)
        assert isinstance(lost[0].error, JobLostError)

    def test_receiver_that_raises(self, rig: Rig) -> None:
        """The others are told all the same."""

        def raises(_sender: Any, record: Any) -> None:
            raise SystemExit

        signals.job_succeeded.connect(raises, sender=rig.manager, weak=False)
        records = self.heard(rig, signals.job_succeeded)
        rig.submit(insert())
        rig.accept()
        rig.finish({})
        rig.drain()
        assert len(records) == 1


class TestTheEnd:
    def test_end_all(self, rig: Rig) -> None:
        """Every future ends, wherever its operation is; what the server has is deleted by id."""
        pending, submitting = rig.submit(insert(1), insert(2))
        rig.accept("101")
        rig.answer("PUT", 204)
        waiting = rig._future(insert(3), None)
        rig.poller.end_all(ManagerClosedError("shut down"), rig.clock.monotonic())
        rig.step()
        for future in (pending, submitting, waiting):
            assert isinstance(future.exception(0), ManagerClosedError)
        rig.answer("DELETE /_db/d/_api/job/101", 200, {"result": True})
        rig.accept("102")
        rig.answer("DELETE /_db/d/_api/job/102", 200, {"result": True})
        rig.identify()
        assert rig.step() is True
        assert rig.gate.in_use == 0

    def test_thread_that_dies(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        """Every open future gets the reason, and nothing more is taken in."""
        pending, submitting = rig.submit(insert(1), insert(2))
        rig.accept("101")
        waiting = rig._future(insert(3), None)
        bug = RuntimeError("a bug")

        def broken(now: float) -> None:
            raise bug

        monkeypatch.setattr(rig.engine, "plan", broken)
        rig.poller.run()
        for future in (pending, submitting, waiting):
            error = future.exception(0)
            assert isinstance(error, ManagerDiedError)
            assert error.__cause__ is bug
        assert rig.poller.died_of is bug
        assert rig.transport.is_closed
        assert rig.gate.in_use == 0
        assert rig.refusals

    def test_thread_that_dies_while_it_takes_in(self, rig: Rig) -> None:
        """What it had in hand is neither in its inbox nor known to the engine yet."""

        class Broken:
            def taken(self, future: JobFuture[Any]) -> None:
                if future is futures[1]:
                    raise RuntimeError("a bug")

            def close(self) -> None:
                pass

        futures = [rig._future(insert(number), None) for number in range(3)]
        rig.poller._telling.journal = Broken()  # type: ignore[assignment]  # as much as is used
        rig.poller.run()
        assert all(isinstance(future.exception(0), ManagerDiedError) for future in futures)

    def test_submission_that_races_with_the_death(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who had a permit already is not left waiting either."""

        def broken(now: float) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(rig.engine, "plan", broken)
        assert rig.gate.acquire(1, None, False)
        rig.poller.run()
        future: JobFuture[Any] = JobFuture(insert(), None, 0.0)
        future.payload = b"{}"
        rig.poller.submit(future)
        assert isinstance(future.exception(0), ManagerDiedError)
        assert rig.gate.in_use == 0

    def test_idle(self, rig: Rig) -> None:
        """With nothing outstanding nothing is asked of the server, however long it lasts."""
        future = rig.submit(insert())
        rig.accept()
        rig.finish({})
        rig.identify()
        assert future.done()
        before = len(rig.transport.sent)
        rig.pass_time(3600.0)
        assert len(rig.transport.sent) == before
        assert rig.transport.polls[-1] == 0.0

    def test_the_thread_stays(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        """For a whole second without work, whatever brings waits to an early end meanwhile."""
        waits: list[float | None] = []

        def poll(timeout: float | None) -> list[Any]:
            waits.append(timeout)
            rig.clock.advance(0.25)
            return []

        monkeypatch.setattr(rig.transport, "poll", poll)
        rig.poller.run()
        assert waits == [1.0, 1.0, 0.75, 0.5, 0.25]

    def test_time_to_the_next_look(self, rig: Rig) -> None:
        """It waits no longer than until the next look, and not at all when something is due."""
        rig.submit(insert())
        rig.identify()
        rig.accept()
        rig.answer("PUT", 204)
        rig.poller.step(100.0)
        timeout = rig.transport.polls[-1]
        assert timeout is not None
        assert 0.0 < timeout < 1.0

    def test_new_connection(self, rig: Rig) -> None:
        """A server that has restarted is noticed before anything is fetched from it."""
        future = rig.submit(insert())
        rig.identify(uptime=100.0)
        rig.accept()
        rig.answer("PUT", 204)
        rig.transport.connect()
        rig.step()
        rig.pass_time(10.0)
        assert [each.request.target for each in rig.transport.waiting] == [f"/_db/d{STATISTICS}"]
        rig.identify(uptime=2.0)
        assert not future.done()  # an answer that took so long proves nothing
        rig.identify(uptime=2.0)
        assert isinstance(future.exception(0), JobLostError)


class TestSearch:
    def test_adopted(self) -> None:
        """Its id is told as if the server had told it, and its result ends the future."""
        rig = Rig(exclusive_user=True)
        submitted: list[Any] = []

        def receive(_sender: Any, record: Any) -> None:
            submitted.append(record.job_id)

        signals.job_submitted.connect(receive, sender=rig.manager)
        rig.submit(insert(1))
        rig.identify()
        rig.accept("101")
        rig.finish({}, job_id="101")
        future = rig.submit(insert(2))
        rig.transport.fail(may_have_run=True, to=rig.waiting(INSERT)[0], connection=1)
        rig.step()
        rig.answer("GET /_db/d/_api/job/pending?count=1001", 200, [])
        rig.answer("GET /_db/d/_api/job/done?count=1001", 200, ["102", "99"])
        asked = rig.waiting(STATISTICS)[0]
        assert asked.epoch == 1, "whoever answers on a newer connection was not searched"
        rig.identify()
        assert future.job_id == "102"
        rig.finish({"_key": "k"}, job_id="102")
        assert future.result(0) == {"_key": "k"}
        rig.drain()
        assert submitted == ["101", "102"]
        rig.close()

    def test_at_once_without_the_option(self, rig: Rig) -> None:
        rig.submit(insert(1))
        rig.accept("101")
        rig.finish({})
        future = rig.submit(insert(2))
        rig.transport.fail(may_have_run=True, to=rig.waiting(INSERT)[0], connection=1)
        rig.step()
        assert isinstance(future.exception(0), SubmitOutcomeUnknownError)
        assert not rig.waiting("_api/job")
