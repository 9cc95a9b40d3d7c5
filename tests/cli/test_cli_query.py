"""`arango-jobs query` as people call it."""

from __future__ import annotations

from typing import Any

import pytest
from cli_support import AIRPORTS, Cli

from arango_jobs.cli import output
from arango_jobs.local import LocalServer


def test_without_a_server(cli: Cli) -> None:
    """The embedded server answers, with a file loaded first; numbers in it are numbers."""
    done = cli(
        *("query", "--load", f"{AIRPORTS}:airports", "--bind", 'state="TX"'),
        "FOR a IN airports FILTER a.state == @state SORT a.latitude DESC LIMIT 2 "
        "RETURN {a: a.iata, latitude: a.latitude}",
    )
    assert done.code == 0
    assert "using an embedded server in this process" in done.err
    first, second = done.rows
    assert first == {"a": "PYX", "latitude": 36.41200333}
    assert second["latitude"] == 36.23372611


def test_rows_as_json_lines(cli: Cli, named: Any) -> None:
    """Without a terminal each row is a line of JSON, also over several batches."""
    done = cli("query", "FOR i IN 1..2500 RETURN i", "--batch-size", "1000")
    assert done.rows == list(range(1, 2501))
    assert (done.code, done.err) == (0, "")


def test_a_table_on_a_terminal(
    cli: Cli, named: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows that are objects become a table, unless JSON is asked for."""
    monkeypatch.setattr(output, "is_terminal", lambda: True)
    done = cli("query", "FOR i IN 1..2 RETURN {i, list: [i]}")
    assert "│ i │ list │" in done.out.replace("┃", "│")
    assert "│ 2 │ [2]  │" in done.out
    assert cli("query", "FOR i IN 1..2 RETURN i").rows == [1, 2]
    assert "no rows" in cli("query", "FOR i IN [] RETURN i").out
    assert cli("query", "RETURN {i: 1}", "--json").rows == [{"i": 1}]


def test_errors_are_one_line(cli: Cli, named: Any) -> None:
    """What the server says, without a traceback."""
    done = cli("query", "RETRUN 1")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "[ERR 1501]" in done.err
    assert "syntax error" in done.err
    assert "not found" in cli("query", "FOR d IN nowhere RETURN d").err


def test_timing_out(cli: Cli, named: Any) -> None:
    """It ends with 124, and the query with it."""
    done = cli("query", "RETURN SLEEP(60)", "--timeout", "0.2")
    assert done.code == 124
    assert done.err.startswith("arango-jobs: timed out: ")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'AQL'"),
        (["RETURN 1", "--bind", "x"], "'x' should look like name=json"),
        (
            ["RETURN 1", "--bind", "x=y"],
            "'y' is no JSON; a text needs double quotes: --bind",
        ),
        (["RETURN 1", "--timeout", "0"], "--timeout must be more than 0 seconds"),
        (["RETURN 1", "--load", f"{AIRPORTS}:airports"], "--load is for the embedded server"),
    ],
)
def test_wrong_usage(cli: Cli, named: Any, arguments: list[str], message: str) -> None:
    """One clear line, exit code 2."""
    done = cli("query", *arguments)
    assert done.code == 2
    assert message in done.err.splitlines()[-1]


def test_a_file_that_cannot_be_loaded_first(cli: Cli) -> None:
    """The query is not run."""
    done = cli("query", "RETURN 1", "--load", "nope.csv:c")
    assert (done.code, done.out) == (2, "")
    assert "there is no file nope.csv" in done.err


def test_a_database_that_is_not_there(cli: Cli) -> None:
    """It is named."""
    with LocalServer() as server:
        done = cli("query", "RETURN 1", "--url", server.url, "--db", "no db")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.endswith("database not found (is there a database 'no db'?)\n")


@pytest.mark.parametrize("arguments", [["query"], ["load", "x", "-c", "c", "--window", "-1"]])
def test_wrong_usage_is_one_line(cli: Cli, arguments: list[str]) -> None:
    """One line, which says where there is help."""
    done = cli(*arguments)
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert done.err.endswith(f"(see arango-jobs {arguments[0]} --help)\n")
