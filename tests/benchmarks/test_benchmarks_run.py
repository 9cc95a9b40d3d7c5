"""Every benchmark runs, in its smallest form; what it measures is not looked at."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks import cli, markdown, peers, questions, readme
from benchmarks.results import TIMES, Goal, Report
from benchmarks.servers import stub
from benchmarks.servers.base import Unavailable
from benchmarks.servers.choose import running
from benchmarks.settings import Settings
from benchmarks.timing import Contender, take

# python-arango-async uses what aiohttp has deprecated.
pytestmark = [
    pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The 'auth' parameter is deprecated:DeprecationWarning"),
]

ROOT = Path(__file__).resolve().parents[2]


def _server() -> str:
    try:
        stub.build()
    except Unavailable:
        return "local"
    return "stub"


TINY = Settings(server=_server(), form="tiny", is_pinned=False)
MACHINE = {
    "date": "2024-01-01",
    "machine": "M",
    "python": "P",
    "versions": {},
    "revision": "",
    "load": 0.0,
    "settings": TINY.to_json(),
}


@pytest.fixture(autouse=True)
def _from_root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes of their own import `benchmarks` from here."""
    monkeypatch.chdir(ROOT)


@pytest.mark.parametrize("name", questions.names())
def test_a_question_is_answered(name: str) -> None:
    """It gives figures that Markdown and JSON can carry."""
    report = questions.ask(name, TINY)
    assert report.figures or report.notes
    assert report.name == name
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert report.title in markdown.document([report], MACHINE, [])


@pytest.mark.parametrize("name", ["throughput", "waiting", "foreign"])
def test_a_question_to_the_embedded_server(name: str) -> None:
    """It is answered without the stub as well, and no goal is judged by it."""
    settings = Settings(server="local", form="tiny", is_pinned=False)
    report = questions.ask(name, settings)
    assert report.figures
    assert report.goals == []


def test_fewer_results_than_operations() -> None:
    """A contender that does less than it says is no contender."""
    with running(TINY) as server, pytest.raises(AssertionError, match="1 results for 2"):
        take(Contender("lazy", 2, lambda: nullcontext(lambda: [1])), server)


@pytest.mark.parametrize(
    ("measured", "is_least", "answer"),
    [(2.0, True, "yes"), (0.5, True, "NO"), (0.5, False, "yes"), (None, True, "not measured")],
)
def test_a_goal_in_a_line(measured: float | None, is_least: bool, answer: str) -> None:
    """It names the limit, what was measured, and whether that will do."""
    line = Goal("speed", 1.0, measured, TIMES, is_least).line()
    assert line.startswith(f"goal ≥ 1 {TIMES}" if is_least else f"goal ≤ 1 {TIMES}")
    assert line.endswith(f"reached {answer}")


def test_the_command_with_one_question(tmp_path: Path) -> None:
    """It writes a Markdown file and the data beside it, and leaves the whole ones alone."""
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--no-plots", "--only", "bounded"]
    command += ["--server", TINY.server, "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "arango_jobs, merged" in done.stdout
    assert "A server that executes at a bounded rate" in (tmp_path / "part/latest.md").read_text()
    assert not (tmp_path / "latest.md").exists()


def test_the_list_of_questions(capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its name and its title on a line."""
    assert cli.main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == questions.names()


def test_an_unknown_question(capsys: pytest.CaptureFixture[str]) -> None:
    """It is a mistake in the command line that says what to do."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["--only", "warp"])
    assert caught.value.code == 2
    assert "no such question: warp (see --list)" in capsys.readouterr().err


def test_no_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names what is missing and what to do without it."""
    monkeypatch.setattr(stub, "_BUILD", tmp_path / "build")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["--tiny"]) == 2
    assert "--server local" in capsys.readouterr().err


def test_a_peer_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The question is answered without it; goals against it are not measured."""
    monkeypatch.setattr(peers, "NEEDED", {name: ("nowhere", name) for name in peers.NEEDED})
    assert peers.missing() == ["python_arango", "python_arango_async"]
    report = questions.ask("throughput", TINY)
    assert [each.name for each in report.figures] == [
        "arango_jobs, not merged, 50",
        "arango_jobs, merged, 50",
    ]


def test_the_section_of_the_readme() -> None:
    """It has the marks between which the figures are written."""
    text = (ROOT / "README.md").read_text()
    assert text.count(readme._BEGIN) == text.count(readme._END) == 1
    report = Report("throughput", "T")
    report.add("somebody", per_second=1234.0, CPU_µs_each=1.5, requests_each=None)
    report.figures[0].values.update({f"{TIMES} loop": 2.0, "CPU µs each": 1.5})
    assert "| somebody | 1,234 | 2 | 1.50 | - |" in readme.section([report], MACHINE)
