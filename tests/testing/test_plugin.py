"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

USERS_TESTS = """
def test_one(arango_db, job_manager):
    arango_db.create_collection("students")
    future = job_manager.collection("students").insert({"_key": "Neal"})
    assert future.result(timeout=10)["_key"] == "Neal"
    assert arango_db.collection("students").get("Neal")["_id"] == "students/Neal"

def test_two(arango_db, arango_server):
    assert not arango_db.has_collection("students")
    assert arango_server.url.startswith("http://127.0.0.1:")
"""


def test_fixtures_work_in_a_users_project(tmp_path: Path):
    """One server a session, a fresh database a test, warnings as errors."""
    (tmp_path / "test_users.py").write_text(USERS_TESTS)
    command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider"]
    command += ["-p", "arango_jobs.testing.plugin", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
