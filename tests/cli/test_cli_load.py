"""`arango-jobs load` as people call it."""

from __future__ import annotations

import gzip
import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest
from cli_support import AIRPORTS, FLIGHTS, Cli, speaking

from arango_jobs.local import LocalServer

EMBEDDED = "arango-jobs: no --url and no ARANGO_URL: using an embedded server in this process"


def test_without_a_server(cli: Cli) -> None:
    """The embedded server is used, and that is said; the summary has what was confirmed."""
    done = cli("load", AIRPORTS, "--collection", "airports", "--key-field", "iata")
    assert done.code == 0
    assert done.err.startswith(EMBEDDED)
    assert done.err.count("\n") == 1
    assert re.fullmatch(
        r"airports: 3,376 documents, 0 errors, \d+\.\d\d s, [\d,]+ per second, \d+ requests\n",
        done.out,
    )


def test_vertices_before_edges(cli: Cli, named: Any) -> None:
    """One command loads both, with the options that belong to each."""
    done = cli(
        *("load", "--edges", f"{FLIGHTS}:flights", "--vertices", f"{AIRPORTS}:airports"),
        *("--key-field", "iata", "--type", "latitude=float", "--type", "count=int"),
        *("--from-field", "origin", "--from-collection", "airports"),
        *("--to-field", "destination", "--to-collection", "airports"),
    )
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["airports:", "flights:"]
    assert done.err == ""
    (edge,) = named.aql.execute("FOR f IN flights SORT f.count DESC LIMIT 1 RETURN f")
    assert (edge["_from"], edge["_to"], edge["count"]) == ("airports/SFO", "airports/LAX", 13788)
    assert named.collection("airports").get("SFO")["latitude"] == 37.61900194


def test_several_files_into_one_collection(cli: Cli, named: Any) -> None:
    """They follow one another."""
    Path("a.jsonl").write_text('{"n":1}\n')
    Path("b.jsonl").write_text('{"n":2}\n')
    done = cli("load", "a.jsonl", "b.jsonl", "-c", "c", "--checkpoint", "check")
    assert (done.code, done.out.count("c: 1 documents")) == (0, 2)
    assert named.collection("c").count() == 2
    assert Path("check").exists()
    assert Path("check.2").exists()


def test_standard_input(cli: Cli, named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """ "-" is read to its end."""
    packed = io.BufferedReader(io.BytesIO(gzip.compress(b'{"_key":"a"}\n')))  # type: ignore[arg-type]
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": packed}))
    assert cli("load", "-", "-c", "c").code == 0
    assert named.collection("c").has("a")


def test_json_summary(cli: Cli, named: Any) -> None:
    """Programs read the summary as JSON."""
    (report,) = cli("load", AIRPORTS, "-c", "airports", "--json").rows
    assert (report["documents"], report["failed"], report["is_complete"]) == (3376, 0, True)


def test_failed_rows(cli: Cli, named: Any) -> None:
    """Lines are named, the file with them too, and the exit code is 1."""
    Path("a.csv").write_text("k,v\na,1\nb,two\nc\n")
    done = cli("load", "a.csv", "-c", "c", "--key-field", "k", "--type", "v=int")
    assert done.code == 1
    assert done.out.startswith("c: 1 documents, 2 errors, ")
    assert done.err.splitlines() == [
        "arango-jobs: a.csv: line 3: 'two' in 'v' is no int",
        "arango-jobs: a.csv: line 4: malformed CSV: cells: 1, columns: 2",
        "arango-jobs: a.csv: 2 rows failed; they are in a.csv.failed.jsonl",
    ]
    lines = Path("a.csv.failed.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in lines] == [3, 4]


def test_an_empty_file(cli: Cli, named: Any) -> None:
    """It is no error, and is said."""
    for name in ("a.csv", "a.jsonl", "a.json"):
        Path(name).write_text("")
        done = cli("load", name, "-c", "c")
        assert (done.code, done.err) == (0, f"arango-jobs: {name}: there are no rows in it\n")


def test_dry_run(cli: Cli) -> None:
    """No server is started or asked."""
    done = cli("load", AIRPORTS, "-c", "airports", "--key-field", "iata", "--dry-run")
    assert done.out == "airports: 3,376 documents would be sent, 0 errors (dry run)\n"
    assert (done.code, done.err) == (0, "")


def test_progress_without_a_terminal(cli: Cli, named: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain lines on standard error, at intervals; none where none is wanted."""
    monkeypatch.setattr("arango_jobs.cli.progress._PERIOD", 0.0)
    done = cli("load", AIRPORTS, "-c", "airports")
    assert re.search(
        r"arango-jobs: airports: 3,376 documents confirmed, [\d,]+/s, 0 failed, "
        r"0 on their way, window \d+, server queue \d\.\d{3} s\n",
        done.err,
    )
    assert cli("load", AIRPORTS, "-c", "airports", "--quiet").err == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["load"], "name a FILE, or '-' for standard input"),
        (["load", "a.csv"], "--collection is missing: where should the documents go?"),
        (["load", "a.csv", "--edges", "b.csv:e"], "give either FILEs with --collection, or"),
        (["load", "--edges", "b.csv:e", "-c", "x"], "--edge and --collection go with FILEs"),
        (["load", "--edges", "b.csv"], "'b.csv' should look like airports.csv:airports"),
        (["load", "nope.csv", "-c", "x"], "there is no file nope.csv"),
        (["load", ".", "-c", "x"], ". is a directory; name a file in it"),
        (["load", "a.csv", "-c", "x", "--type", "v"], "'v' should look like name=value"),
        (["load", "a.csv", "-c", "x", "--type", "v=date"], "'date' is none of int, float, bool"),
        (["load", "a.csv", "-c", "x", "--type", "w=int"], "there is no column 'w' in a.csv"),
        (["load", "a.csv", "-c", "x", "--key-field", "w"], "there is no column 'w' in a.csv"),
        (["load", "a.csv", "-c", "x", "--encoding", "klingon"], "there is no encoding 'klingon'"),
        (["load", "a.csv", "-c", "x", "--window", "0"], "0 is not in the range x>=1"),
        (["load", "a.csv", "-c", "x", "--on-duplicate", "no"], "'no' is not one of"),
        (["load", "a.csv", "-c", "x", "--checkpoint", "c"], "a checkpoint needs --url"),
        (["load", "a.csv", "-c", "x", "--url", "h:1"], "'h:1' is no URL of a host"),
        (["load", "binary", "-c", "x"], "binary is no text: byte 1 is 0"),
        (["load", "a.csv", "-c", "x", "--colour"], "No such option"),
        (["load", "--file", "a.csv"], "--file is an option of arangoimport; here it is the argum"),
        (["load", "a.csv", "--type", "csv"], "; a file's format is --format csv"),
        (["load", "a.csv", "--separator", ";"], "--separator is an option of arangoimport; here"),
        (["load", "a.csv", "--translate", "a=b"], "here it is --map (see"),
        (["load", "a.csv", "--datatype=a=number"], "here it is --type with int, float, bool, str"),
        (["load", "a.csv", "--server.endpoint", "http://h"], "here it is --url (see"),
        (["load", "a.csv", "--threads", "4"], "here it is --window (see"),
        (["load", "a.csv", "-c", "x", "--overwrite", "true"], "there is no file true; if it bel"),
        (["load", "a.csv", "-c", "x", "--quote", "ab"], "quote must be one character or 'none'"),
        (["load", "a.csv", "-c", "x", "--delimiter", '"'], "delimiter and quote must not both"),
        (["load", "a.csv", "-c", "x", "--merge-attributes", "a=b"], "should name fields in square"),
        (["load", "a.csv", "-c", "x", "--merge-attributes", "a=[b]"], "no column 'b' in a.csv"),
        (["load", "a.csv", "-c", "x", "--headers-file", "no"], "there is no file no"),
        (["load", "semi.csv", "-c", "x"], "say so with delimiter ';'"),
        (["load", "page.csv", "-c", "x"], "page.csv is an HTML page"),
    ],
)
def test_wrong_usage(cli: Cli, arguments: list[str], message: str) -> None:
    """One clear line, exit code 2."""
    Path("a.csv").write_text("k,v\na,1\n")
    Path("b.csv").write_text("k,v\na,1\n")
    Path("semi.csv").write_text("k;v\na;1\n")
    Path("page.csv").write_text("<html></html>")
    Path("binary").write_bytes(b"\x7f\0")
    done = cli(*arguments)
    assert done.code == 2
    assert message in done.err.splitlines()[-1]
    assert done.out == ""


def test_an_input_that_breaks(cli: Cli, named: Any) -> None:
    """What came before is loaded; how to go on is said."""
    Path("a.json").write_text('[{"n":1},{"n":2},{]')
    done = cli("load", "a.json", "-c", "c")
    assert (done.code, named.collection("c").count()) == (1, 2)
    assert done.out.startswith("c: 2 documents, 0 errors")
    first, second = done.err.splitlines()
    assert first == (
        "arango-jobs: a.json: stopped after row 2; once it is mended, --skip 2 loads the rest"
    )
    assert second.startswith("arango-jobs: a.json is malformed JSON after row 2: ")


def test_failed_rows_that_cannot_be_written(cli: Cli, named: Any) -> None:
    """Neither a missing directory nor a full disk loses what is confirmed."""
    Path("a.csv").write_text("k,v\na,1\nb,x\n")
    done = cli("load", "a.csv", "-c", "c", "--dead-letter", "nowhere/f")
    assert (done.code, done.err) == (
        1,
        "arango-jobs: failed rows cannot be written to nowhere/f: No such file or directory\n",
    )
    done = cli("load", "a.csv", "-c", "c", "--type", "v=int", "--dead-letter", "/dev/full")
    assert done.code == 1
    assert done.out.startswith("c: 1 documents, 1 errors")
    assert "failed rows cannot be written to /dev/full: No space left on device" in done.err


def test_a_checkpoint_of_another_file(cli: Cli, named: Any) -> None:
    """It is said, and nothing is sent."""
    Path("a.csv").write_text("k\na\n")
    Path("b.csv").write_text("k\nb\n")
    assert cli("load", "a.csv", "-c", "c", "--checkpoint", "check").code == 0
    done = cli("load", "b.csv", "-c", "c", "--checkpoint", "check")
    assert done.code == 1
    assert done.err.startswith("arango-jobs: the checkpoint check belongs to another file: ")
    assert named.collection("c").count() == 1


def test_refused_connections(cli: Cli) -> None:
    """One line that names the host."""
    Path("a.csv").write_text("k\na\n")
    done = cli("load", "a.csv", "-c", "c", "--url", "http://127.0.0.1:1")
    assert done.code == 1
    assert done.err == ("arango-jobs: http://127.0.0.1:1 cannot be reached: Connection refused\n")


def test_a_host_that_speaks_no_http(cli: Cli) -> None:
    """One line that says so."""
    with speaking(b"SSH-2.0-OpenSSH_9.6\r\n") as url:
        for command in (["load", AIRPORTS, "-c", "c"], ["query", "RETURN 1"], ["jobs", "list"]):
            done = cli(*command, "--url", url)
            assert done.code == 1
            assert done.err.count("\n") == 1
            assert "HTTP" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--password", "wrong"], "wrong user name or password"),
        (["--user", "nobody"], "wrong user name or password"),
        (["--db", "nowhere"], "database not found"),
    ],
)
def test_refused_users(
    cli: Cli, named: Any, server: LocalServer, options: list[str], message: str
) -> None:
    """One line that says what to look at."""
    for command in (["load", AIRPORTS, "-c", "c"], ["query", "RETURN 1"], ["jobs", "list"]):
        done = cli(*command, "--url", server.url, *options)
        assert done.code == 1
        assert done.err.count("\n") == 1
        assert message in done.err


def test_what_became_of_each_row(cli: Cli, named: Any) -> None:
    """The summary tells created, updated and ignored apart, and so does its JSON."""
    Path("a.csv").write_text("k,v\na,1\nb,2\n")
    Path("b.csv").write_text("k,v\nb,3\nc,4\nd,5\n")
    options = ("-c", "c", "--key-field", "k")
    assert cli("load", "a.csv", *options).out.startswith("c: 2 documents, 0 errors, ")
    done = cli("load", "b.csv", *options, "--on-duplicate", "ignore")
    assert done.out.startswith("c: 3 documents (2 created, 1 ignored), 0 errors, ")
    done = cli("load", "b.csv", *options, "--on-duplicate", "replace")
    assert done.out.startswith("c: 3 documents (3 updated), 0 errors, ")
    (report,) = cli("load", "a.csv", *options, "--on-duplicate", "update", "--json").rows
    found = tuple(report[name] for name in ("documents", "created", "updated", "ignored", "failed"))
    assert found == (2, 0, 2, 0, 0)


def test_options_of_arangoimport(cli: Cli, named: Any) -> None:
    """All of them in one command."""
    Path("h").write_text("a;b;c\n")
    Path("x.csv").write_text("junk\n'1;2';x;\\;\n2;y\n")
    done = cli(
        *("load", "x.csv", "--collection", "c", "--skip-lines", "1", "--headers-file", "h"),
        *("--delimiter", ";", "--quote", "'", "--escape", "\\", "--ignore-missing", "--infer"),
        *("--merge-attributes", "_key=[b]-1", "--create-database", "--db", "new", "--overwrite"),
    )
    assert (done.code, done.err) == (0, "")
    assert named.has_database("new")
    rows = cli("query", "--db", "new", "FOR d IN c SORT d._key RETURN UNSET(d, '_id', '_rev')").rows
    assert rows == [
        {"_key": "x-1", "a": "1;2", "b": "x", "c": ";"},
        {"_key": "y-1", "a": 2, "b": "y"},
    ]
    named.delete_database("new")


def test_overwriting_with_several_files(cli: Cli, named: Any) -> None:
    """The first of them empties the collection, the others add to it."""
    for name in ("a", "b"):
        Path(f"{name}.jsonl").write_text(f'{{"_key":"{name}"}}\n')
    for _ in range(2):
        assert cli("load", "a.jsonl", "b.jsonl", "-c", "c", "--overwrite").code == 0
        assert sorted(named.collection("c").keys()) == ["a", "b"]


@pytest.mark.parametrize("options", [[], ["--overwrite"], ["--checkpoint", "check"]])
def test_advice_that_works(cli: Cli, named: Any, options: list[str]) -> None:
    """Doing as the message says loads the rest, and leaves what is there."""
    Path("a.json").write_text('[{"_key":"a"},{"_key":"b"},{"_key":"c"]')
    done = cli("load", "a.json", "-c", "c", *options)
    assert done.code == 1
    without = f", without {options[0]}" if options else ""
    assert done.err.splitlines()[0] == (
        "arango-jobs: a.json: stopped after row 2; once it is mended, --skip 2 loads the rest"
        f"{without}"
    )
    Path("a.json").write_text('[{"_key":"a"},{"_key":"b"},{"_key":"c"}]')
    assert cli("load", "a.json", "-c", "c", "--skip", "2").code == 0
    assert sorted(named.collection("c").keys()) == ["a", "b", "c"]


def test_times_out_of_range(cli: Cli, named: Any) -> None:
    """One failed row and no traceback."""
    kind = pyarrow.timestamp("us", tz="America/New_York")
    table = pyarrow.table({"t": pyarrow.array([-62135596800000000], kind)})
    pyarrow.parquet.write_table(table, "a.parquet")
    done = cli("load", "a.parquet", "-c", "c")
    assert done.code == 1
    assert "a.parquet: row 1: a time is outside of the years 1 to 9999 (at $.t)" in done.err
