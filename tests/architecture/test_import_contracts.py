"""Imports point inwards: the contracts in `setup.cfg`."""

from __future__ import annotations

import configparser
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as f; f()"]


def lint(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_contracts_are_kept() -> None:
    """All of them."""
    done = lint("--no-cache")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 broken" in done.stdout


def test_a_broken_contract_is_found(tmp_path: Path) -> None:
    """The test above can fail: the layers, upside down."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / "setup.cfg", encoding="utf-8")
    layers = contracts["importlinter:contract:layers"]
    layers["layers"] = "\n".join(reversed(layers["layers"].splitlines()))
    upside_down = tmp_path / "setup.cfg"
    with upside_down.open("w", encoding="utf-8") as file:
        contracts.write(file)
    done = lint("--no-cache", "--config", str(upside_down))
    assert done.returncode == 1
    assert "Imports point inwards BROKEN" in done.stdout


@pytest.mark.parametrize("name", ["cli", "loader", "integrations", "testing", "local"])
def test_the_package_needs_none_of_its_extras(name: str) -> None:
    """Importing it brings in neither them nor what only they need."""
    code = (
        "import sys, arango_jobs\n"
        f"bad = [m for m in sys.modules if m.startswith('arango_jobs.{name}')]\n"
        "bad += [m for m in ('click', 'rich', 'uvicorn', 'lark', 'arango') if m in sys.modules]\n"
        "raise SystemExit(', '.join(bad))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
