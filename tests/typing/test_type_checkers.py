"""What the two type checkers make of the contexts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from mypy import api as mypy

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_mypy_sees_each_context() -> None:
    """What a call gives depends on the context, and mypy --strict knows it."""
    config = str(ROOT / "pyproject.toml")
    report, errors, status = mypy.run(
        ["--strict", "--follow-imports=silent", "--config-file", config, str(HERE / "examples.py")]
    )
    assert (status, errors) == (0, ""), report


def pyright(folder: Path, source: str) -> subprocess.CompletedProcess[str]:
    """Check `source` with pyright's strict mode."""
    (folder / "source.py").write_text(source)
    settings = {
        "include": ["source.py"],
        "extraPaths": [str(ROOT)],
        "typeCheckingMode": "strict",
        "pythonVersion": "3.10",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    command = ["basedpyright", "--pythonpath", sys.executable, "-p", str(folder)]
    return subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )


def test_pyright_sees_each_context(tmp_path: Path) -> None:
    """What a call gives depends on the context, and pyright's strict mode knows it."""
    run = pyright(tmp_path, (HERE / "examples.py").read_text())
    assert run.returncode == 0, run.stdout + run.stderr


WRONG = """
from typing_extensions import assert_type
from arango_jobs import Managed, StandardCollection

def f(c: StandardCollection[Managed]) -> None:
    assert_type(c.count(), int)
"""


def test_mypy_finds_a_wrong_expectation(tmp_path: Path) -> None:
    """The test with mypy can fail."""
    example = tmp_path / "wrong.py"
    example.write_text(WRONG)
    report, _, status = mypy.run(["--strict", "--cache-dir", str(tmp_path / "cache"), str(example)])
    assert status == 1
    assert "JobFuture[int]" in report


def test_pyright_finds_a_wrong_expectation(tmp_path: Path) -> None:
    """The test with pyright can fail."""
    run = pyright(tmp_path, WRONG)
    assert run.returncode == 1
    assert "JobFuture[int]" in run.stdout
