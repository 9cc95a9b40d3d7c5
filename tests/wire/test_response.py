"""A response: headers that are shared by many, and an id that is its own."""

from __future__ import annotations

from arango_jobs.operations import Response


def test_the_id_is_among_the_headers() -> None:
    """Shared headers stay as they are, whoever looks at all of them."""
    shared = {"server": "ArangoDB"}
    first = Response(202, shared, job_id="1")
    second = Response(202, shared, job_id="2")
    assert first.headers == {"server": "ArangoDB", "x-arango-async-id": "1"}
    assert second.headers["x-arango-async-id"] == "2"
    assert shared == {"server": "ArangoDB"}


def test_the_id_is_taken_from_the_headers() -> None:
    """Where the transport has not cut it out it is found all the same."""
    assert Response(202, {"x-arango-async-id": "7"}).job_id == "7"
    assert Response(202, {}).job_id is None


def test_the_address() -> None:
    """It is what was given, or the host's with the target behind it."""
    response = Response(200, url="http://a")
    assert response.url == "http://a"
    response.target = "/_api/version"
    assert response.url == "http://a/_api/version"
