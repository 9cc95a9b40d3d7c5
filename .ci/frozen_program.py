"""A program that uses all that a freezer could miss; `.ci/weekly` makes one file of it."""

import json
import os
import sys
import tempfile

import arango

from arango_jobs import ArangoClient, JobManager
from arango_jobs.loader import load
from arango_jobs.local import LocalServer


def main() -> None:
    """Run it, and say so where all went well."""
    assert getattr(sys, "frozen", False), "this is for a frozen program"
    os.chdir(tempfile.mkdtemp())
    with LocalServer() as server:
        client = ArangoClient(server.url)
        assert client.version
        db = client.db()
        assert list(db.aql.execute("FOR i IN 1..3 RETURN i")) == [1, 2, 3]
        with JobManager(db) as jobs:
            futures = [jobs.aql.execute("RETURN 1 + 1") for _ in range(10)]
            for progress in ("tqdm", "rich", "plain"):
                jobs.wait(futures, progress=progress)
            assert [future.result().next() for future in futures] == [2] * 10
        with JobManager(arango.ArangoClient(hosts=server.url).db()) as jobs:
            assert jobs.aql.execute("RETURN 1 + 1").result().next() == 2
        load_files(db)
    print("frozen: ok")


def load_files(db) -> None:  # type: ignore[no-untyped-def]  # checked by running it
    """Load a file of each kind that needs a library of its own."""
    import pyarrow
    import pyarrow.parquet

    rows = [{"n": n} for n in range(5)]
    with open("rows.json", "w") as file:
        json.dump(rows, file)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), "rows.parquet")
    for name in ("rows.json", "rows.parquet"):
        assert load(name, db, "c").documents == 5, name


if __name__ == "__main__":
    main()
