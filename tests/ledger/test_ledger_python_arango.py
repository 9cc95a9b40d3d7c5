"""A ledger of a manager whose database is python-arango's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from arango import ArangoClient as DriverClient
from ledger_support import accounted, crash, documents, ended, stored, until

from arango_jobs import JobManager, Response
from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("merge", [True, False])
def test_recovered(server: LocalServer, ledger: Path, merge: bool) -> None:
    """Nothing is lost or doubled; answers come as the server gave them, or by a decoder."""
    client = DriverClient(hosts=server.url)
    driver = client.db("_system", username="root", password="")
    server.faults.hold_queue()
    jobs = JobManager(driver, ledger=ledger, max_jobs=1, merge=merge, linger=0.05)
    futures = [jobs.db.collection("c").insert(document) for document in documents(20)]
    until(lambda: len(server.jobs()) == 1)
    crash(jobs)
    del futures
    server.faults.release_queue()
    decoders: dict[str, Any] = {"StandardCollection.insert": lambda response, _: response}
    with JobManager.recover(ledger, driver, decoders=decoders, merge=merge) as recovered:
        assert accounted(recovered) == list(range(20))
        assert len(recovered.held) == (20 if merge else 1)
        assert ended([*recovered.futures, *recovered.resubmit()]) == [None] * 20
        first = recovered.futures[0].result()
        body = first.json() if isinstance(first, Response) else first
        assert body["_key"] == "k0"
    assert stored(server) == list(range(20))
    client.close()
