"""The example runs, and prints what its data says."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
DATA = EXAMPLES / "data"

ANSWERS = """\
airports: 3,376 documents, 0 errors
flights: 5,366 documents, 0 errors

3 answers are here, 0 are not

Busiest routes
  13,788  SFO San Francisco - LAX Los Angeles
  13,390  LAX Los Angeles - SFO San Francisco
  12,383  OGG Kahului - HNL Honolulu
  12,035  LGA New York - BOS Boston
  12,029  BOS Boston - LGA New York

Most departures
  414,513  William B Hartsfield-Atlanta Intl, 173 routes
  350,380  Chicago O'Hare International, 149 routes
  281,281  Dallas-Fort Worth International, 134 routes
  241,443  Denver Intl, 127 routes
  215,608  Los Angeles International, 90 routes

Airports that can be reached from Burlington, Vermont
   12 with 1 flight
  221 with 2 flights
  299 with 3 flights

Airport XXX: there is none
"""


def run(*arguments: str) -> str:
    command = [sys.executable, "-W", "error", EXAMPLES / "busiest_routes.py", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout


def test_on_the_embedded_server() -> None:
    """Both files are loaded, and every question is answered."""
    assert run() == ANSWERS


def test_twice_on_a_running_server(serving: str) -> None:
    """A second run finds what the first has loaded, and says the same."""
    assert run(serving) == ANSWERS
    assert run(serving) == ANSWERS


def test_the_answers_are_those_of_the_data() -> None:
    """Counted without any server."""
    with open(DATA / "flights-airport.csv", encoding="utf-8") as file:
        routes = [
            (row["origin"], row["destination"], int(row["count"])) for row in csv.DictReader(file)
        ]
    departures: Counter[str] = Counter()
    for origin, _, count in routes:
        departures[origin] += count
    assert departures.most_common(1) == [("ATL", 414_513)]
    assert max(routes, key=lambda route: route[2]) == ("SFO", "LAX", 13_788)
    reached: set[str] = set()
    counts, edge = [], {"BTV"}
    for _ in range(3):
        edge = {to for origin, to, _ in routes if origin in edge}
        reached |= edge
        counts.append(len(reached - {"BTV"}))
    assert counts == [12, 221, 299]


def test_the_data_is_what_its_source_says() -> None:
    """The files are those that SOURCE.md names."""
    source = (DATA / "SOURCE.md").read_text()
    for name in ("airports.csv", "flights-airport.csv"):
        digest = hashlib.sha1((DATA / name).read_bytes(), usedforsecurity=False).hexdigest()
        assert f"{digest}  {name}" in source
