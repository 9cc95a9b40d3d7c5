"""Loads into the embedded server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import arango
import pytest
from loader_support import letters

from arango_jobs import ArangoClient, JobManager
from arango_jobs.errors import CollectionCreateError, OptionError
from arango_jobs.loader import LoadStoppedError, load
from arango_jobs.local import Fault, LocalServer

DATA = Path(__file__).parents[2] / "examples" / "data"
SUBMIT = "POST /_api/document/{collection}"


def test_vertices_and_edges(db: Any) -> None:
    """The example's data: every airport and route, edges between them."""
    with JobManager(db) as jobs:
        airports = load(
            DATA / "airports.csv",
            jobs,
            "airports",
            key_field="iata",
            types={"latitude": "float", "longitude": "float"},
        )
        flights = load(
            DATA / "flights-airport.csv",
            jobs,
            "flights",
            edge=True,
            from_field="origin",
            to_field="destination",
            from_collection="airports",
            to_collection="airports",
            infer=True,
        )
    assert (airports.documents, flights.documents) == (3376, 5366)
    assert airports.is_success
    assert flights.is_success
    assert airports.requests >= 8
    assert db.collection("airports").count() == 3376
    assert db.collection("airports").get("SFO")["latitude"] == 37.61900194
    (edge,) = db.aql.execute(
        "FOR f IN flights FILTER f._from == 'airports/ATL' AND f._to == 'airports/LGA' RETURN f"
    )
    assert edge["count"] == 10506


def test_duplicates(db: Any) -> None:
    """They fail alone, are written down, and can be made to replace."""
    load([{"_key": "a", "n": 1}], db, "c")
    report = load([{"_key": "a", "n": 2}, {"_key": "b", "n": 2}], db, "c")
    assert (report.documents, report.failed) == (1, 1)
    (record,) = letters(report.dead_letter or "")
    assert record["row"] == {"_key": "a", "n": 2}
    assert record["error"]["code"] == 1210
    assert load(report.dead_letter, db, "c", on_duplicate="replace").is_success
    assert db.collection("c").get("a")["n"] == 2


def test_a_database_of_python_arango(db: Any, server: LocalServer) -> None:
    """Its own wrappers do the same."""
    client = arango.ArangoClient(hosts=server.url)
    report = load([{"_key": "a"}, {"_key": "a", "n": 2}, {"n": 3}], client.db(), "c")
    assert (report.documents, report.failed) == (2, 1)
    assert report.first_failures[0].startswith("row 2: unique constraint violated")
    assert load([{"_from": "c/a", "_to": "c/a"}], client.db(), "e", edge=True).is_success
    assert db.collection("c").count() == 2
    client.close()


def test_wrong_type_of_collection(db: Any) -> None:
    """It is said before anything is sent."""
    db.create_collection("e", edge=True)
    with pytest.raises(LoadStoppedError, match="'e' is not a document collection"):
        load([{"n": 1}], db, "e")
    db.create_collection("d")
    with pytest.raises(LoadStoppedError, match="'d' is not an edge collection"):
        load([{"_from": "d/1", "_to": "d/2"}], db, "d", edge=True)


def test_missing_collection(db: Any) -> None:
    """It is made, unless that was forbidden."""
    with pytest.raises(LoadStoppedError, match="there is no collection 'c' in _system"):
        load([{"n": 1}], db, "c", create=False)
    assert load([{"n": 1}], db, "c").documents == 1
    with pytest.raises(CollectionCreateError):
        load([{"n": 1}], db, "no/name")


def test_a_body_that_is_too_large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """413 from the server halves chunks until they fit; one document that cannot fit fails."""
    monkeypatch.chdir(tmp_path)
    documents = [{"_key": f"k{n}", "x": "y" * (3000 if n == 7 else 100)} for n in range(50)]
    with LocalServer(max_body=2000) as server:
        with ArangoClient(hosts=server.url) as client:
            report = load(documents, client.db(), "c")
        assert (report.documents, report.failed) == (49, 1)
        assert client.db().collection("c").count() == 49


@pytest.mark.parametrize("action", ["close_after", "close_before", "truncate", "garbage"])
def test_answers_that_break(db: Any, server: LocalServer, action: str) -> None:
    """Whatever becomes of answers, every row is stored once."""
    documents = [{"n": n} for n in range(2000)]
    fault = server.faults.add(Fault(SUBMIT, action, count=3))
    report = load(documents, db, "c", chunk_rows=100)
    assert fault.happened == 3
    assert (report.documents, report.failed) == (2000, 0)
    rows = list(db.aql.execute("FOR d IN c RETURN d.n"))
    assert sorted(rows) == list(range(2000))


def test_results_that_get_lost(db: Any, server: LocalServer) -> None:
    """A result that the server handed out and that never came is no reason to store it twice."""
    documents = [{"_key": f"k{n}", "n": n} for n in range(1000)]
    fault = server.faults.add(Fault("PUT /_api/job/{id}", "close_after", count=2))
    report = load(documents, db, "c", chunk_rows=100)
    assert fault.happened == 2
    assert (report.documents, report.failed) == (1000, 0)


def test_a_server_that_dies(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The load stops, tells what is confirmed, and goes on when the server is back."""
    monkeypatch.chdir(tmp_path)
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"n":{n}}}\n' for n in range(3000)))
    options: dict[str, Any] = {"checkpoint": "check", "chunk_rows": 100, "window": 2}
    with LocalServer() as server, ArangoClient(hosts=server.url) as client:

        def dies(progress: Any) -> None:
            if progress.documents:
                server.kill()

        monkeypatch.setattr("arango_jobs.loader.sending._TICK", 0.0)
        with (
            JobManager(client.db(), patience=0.2) as jobs,
            pytest.raises(LoadStoppedError) as caught,
        ):
            load(rows, jobs, "c", progress=dies, **options)
        report = caught.value.report
        assert report is not None
        assert 0 < report.documents < 3000
        server.restart()
        again = load(rows, client.db(), "c", **options)
        assert (again.documents, again.resumed) == (3000, report.documents)
        assert client.db().collection("c").count() == 3000


def test_what_is_no_target() -> None:
    """It is named."""
    with pytest.raises(OptionError, match="JobManager takes a StandardDatabase"):
        load([{"n": 1}], 5, "c")
    with pytest.raises(OptionError, match="the name of a collection must be a string"):
        load([{"n": 1}], 5, "")
