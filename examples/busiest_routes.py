"""The busiest routes and the reachable airports of the United States in 2008, by background jobs.

Loads 3,376 airports as vertices and 5,366 routes as edges, then asks several questions at
once, each of them a job on the server whose answer is a `Future`.

    python examples/busiest_routes.py                          # on an embedded server
    python examples/busiest_routes.py http://127.0.0.1:8529    # ARANGO_USER and ARANGO_PASSWORD

Where the data comes from, and under which terms: examples/data/SOURCE.md.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ALL_COMPLETED, Future, as_completed, wait
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from arango_jobs import ArangoClient, JobManager
from arango_jobs.loader import load
from arango_jobs.local import LocalServer

DATA = Path(__file__).parent / "data"

BUSIEST = """
    FOR route IN flights
        SORT route.count DESC
        LIMIT 5
        LET origin = DOCUMENT(route._from)
        LET destination = DOCUMENT(route._to)
        RETURN {
            from: CONCAT(origin._key, " ", origin.city),
            to: CONCAT(destination._key, " ", destination.city),
            flights: route.count
        }
"""

DEPARTURES = """
    FOR route IN flights
        COLLECT airport = route._from AGGREGATE departures = SUM(route.count), routes = LENGTH(1)
        SORT departures DESC
        LIMIT 5
        RETURN {airport: DOCUMENT(airport).name, departures, routes}
"""

REACHABLE = """
    FOR airport IN 1..@stops OUTBOUND @start flights
        OPTIONS {order: "bfs", uniqueVertices: "global"}
        COLLECT WITH COUNT INTO airports
        RETURN airports
"""

START = "airports/BTV"


def main() -> None:
    """Load both files and print what the jobs answer."""
    with ExitStack() as stack:
        url = sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(LocalServer()).url
        client = stack.enter_context(ArangoClient(hosts=url))
        db = client.db(
            os.environ.get("ARANGO_DB", "_system"),
            username=os.environ.get("ARANGO_USER", "root"),
            password=os.environ.get("ARANGO_PASSWORD", ""),
        )
        with JobManager(db) as jobs:
            load_both(jobs)
            ask(jobs)


def load_both(jobs: JobManager) -> None:
    """Load the vertices, then the edges between them; a second time changes nothing."""
    airports = load(
        DATA / "airports.csv",
        jobs,
        "airports",
        key_field="iata",
        types={"latitude": "float", "longitude": "float"},
        on_duplicate="replace",
    )
    # A route's key is made of its ends, so that loading it again finds it.
    rows = (
        {**route, "_key": f"{route['origin']}-{route['destination']}"} for route in read_routes()
    )
    routes = load(
        rows,
        jobs,
        "flights",
        edge=True,
        from_field="origin",
        from_collection="airports",
        to_field="destination",
        to_collection="airports",
        types={"count": "int"},
        on_duplicate="replace",
    )
    for report in (airports, routes):
        print(f"{report.collection}: {report.documents:,} documents, {report.failed} errors")


def read_routes() -> list[dict[str, str]]:
    """Return the rows of the file of routes."""
    header, *lines = (DATA / "flights-airport.csv").read_text(encoding="utf-8").splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


def ask(jobs: JobManager) -> None:
    """Ask everything at once, and print each answer in its own way."""
    busiest = jobs.aql.execute(BUSIEST)
    departures = jobs.aql.execute(DEPARTURES)
    reachable = {
        jobs.aql.execute(REACHABLE, bind_vars={"start": START, "stops": stops}): stops
        for stops in (1, 2, 3)
    }
    missing = jobs.collection("airports").get("XXX")

    # A callback runs as soon as its job has ended, on a thread of the manager's.
    told: SimpleQueue[str] = SimpleQueue()
    missing.add_done_callback(lambda future: told.put(describe(future)))

    done, not_done = wait([busiest, departures, missing], timeout=60, return_when=ALL_COMPLETED)
    print(f"\n{len(done)} answers are here, {len(not_done)} are not")
    print("\nBusiest routes")
    for row in busiest.result():
        print(f"  {row['flights']:>6,}  {row['from']} - {row['to']}")
    print("\nMost departures")
    for row in departures.result():
        print(f"  {row['departures']:>7,}  {row['airport']}, {row['routes']} routes")

    print("\nAirports that can be reached from Burlington, Vermont")
    counts = {}
    for future in as_completed(reachable, timeout=60):
        counts[reachable[future]] = next(iter(future.result()))
    for stops in sorted(counts):
        print(f"  {counts[stops]:>3} with {stops} flight{'s' if stops > 1 else ''}")
    print(f"\n{told.get(timeout=60)}")


def describe(future: Future[Any]) -> str:
    """Say what a look-up has found."""
    return f"Airport XXX: {future.result() or 'there is none'}"


if __name__ == "__main__":
    main()
