"""arangojs, unmodified, against the embedded server (`arangojs/scenario.mjs`)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from arango_jobs.local import LocalServer

pytestmark = pytest.mark.local_only

FOLDER = Path(__file__).with_name("arangojs")


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """Return a folder with the scenario and the client as the lock file has it."""
    folder = tmp_path / "arangojs"
    shutil.copytree(FOLDER, folder, ignore=shutil.ignore_patterns("node_modules"))
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    subprocess.run(command, cwd=folder, check=True, timeout=100)
    return folder


@pytest.mark.skipif(
    shutil.which("npm") is None and "CI" not in os.environ,
    reason="needs Node.js 20 (on a CI machine it has to be there)",
)
def test_a_program_of_arangojss_finds_what_it_expects(server: LocalServer, scenario: Path):
    """At least 60 calls, each with what it gave."""
    done = subprocess.run(
        ["node", "scenario.mjs"],
        cwd=scenario,
        env={**os.environ, "ARANGO_URL": server.url, "ARANGO_PASSWORD": "secret"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["calls"] >= 60


def test_the_lock_file_names_no_registry():
    """It is to be had from whichever one the machine is set up for."""
    assert "://" not in (FOLDER / "package-lock.json").read_text()
