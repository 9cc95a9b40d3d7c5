"""What arangoimport can do besides, and what becomes of each row."""

from __future__ import annotations

import inspect
import json
import os
import re
import typing
from pathlib import Path
from typing import Any

import pytest
from loader_support import MemoryTarget, write_lines

from arango_jobs import ArangoClient, JobManager
from arango_jobs.errors import ArangoServerError, JobLostError, OptionError
from arango_jobs.loader import (
    CheckpointError,
    LoadOptions,
    LoadReport,
    LoadStoppedError,
    load,
    sending,
)
from arango_jobs.loader.arangoimport import RENAMED
from arango_jobs.loader.convert import check_columns, make_converter
from arango_jobs.loader.keywords import LoadKeywords
from arango_jobs.local import Fault, LocalServer

ROOT = Path(__file__).parents[2]


def counts(report: LoadReport) -> tuple[int, int, int, int, int]:
    return (report.documents, report.created, report.updated, report.ignored, report.failed)


# Merged attributes


def merged(row: dict[str, Any], **options: Any) -> dict[str, Any]:
    converter = make_converter(LoadOptions(**options))
    assert converter is not None
    return converter(row)


def test_merged_attributes() -> None:
    """They are made of fields and text, after renaming and before everything else."""
    options: dict[str, Any] = {
        "rename": {"f": "first"},
        "merge_attributes": {"name": "[first] [last]", "_key": "p:[n]-[last]", "first": "[last]"},
        "drop": ["last"],
        "types": {"n": "int"},
    }
    row = {"f": "Ada", "last": "L", "n": "007"}
    assert merged(row, **options) == {
        "first": "L",
        "name": "Ada L",
        "_key": "p:007-L",
        "n": 7,
    }
    assert merged({"a": 1, "b": True, "c": 0.5}, merge_attributes={"d": "[a][b]/[c]"})["d"] == (
        "1true/0.5"
    )
    assert merged({"a": "x"}, merge_attributes={"k": "[a]!"}, key_field="k", key_prefix="p") == {
        "a": "x",
        "k": "x!",
        "_key": "px!",
    }


@pytest.mark.parametrize("row", [{}, {"a": None}, {"a": [1]}, {"a": {"b": 1}}])
def test_what_cannot_be_merged(row: dict[str, Any]) -> None:
    """The row fails, and says which field has no value."""
    with pytest.raises(ValueError, match="'a'"):
        merged(row, merge_attributes={"k": "x[a]"})


@pytest.mark.parametrize("text", ["", "abc", "[a", "a]", "[]", "[a[b]]", "[a]]", "[[a]"])
def test_texts_that_are_no_templates(text: str) -> None:
    """They are refused beforehand."""
    with pytest.raises(OptionError, match="should name fields in square brackets"):
        LoadOptions(merge_attributes={"k": text})


def test_columns_of_merged_attributes() -> None:
    """What is merged has to be there; what is made can be used by the other options."""
    options = LoadOptions(merge_attributes={"k": "[a]"}, key_field="k", drop=["k"])
    check_columns(options, ["a"], "f.csv")
    with pytest.raises(OptionError, match=r"merge-attributes: there is no column 'a' in f\.csv"):
        check_columns(options, ["b"], "f.csv")


# Created, updated, ignored, failed


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("error", (2, 2, 0, 0, 2)),
        ("ignore", (4, 2, 0, 2, 0)),
        ("update", (4, 2, 2, 0, 0)),
        ("replace", (4, 2, 2, 0, 0)),
    ],
)
@pytest.mark.parametrize("driver", ["ours", "python-arango"])
def test_what_became_of_each_row(
    db: Any, server: LocalServer, driver: str, mode: str, expected: Any
) -> None:
    """The report tells them apart, and `documents` is what is in the collection."""
    rows = [{"_key": key, "n": 1} for key in "abc"] + [{"n": 1}]
    load([{"_key": "a", "old": 1}, {"_key": "b", "n": 1}], db, "c")
    target: Any = db
    if driver != "ours":
        target = pytest.importorskip("arango").ArangoClient(hosts=server.url).db()
    report = load(rows, target, "c", on_duplicate=mode)
    assert counts(report) == expected
    assert db.collection("c").count() == 4
    assert db.collection("c").get("a").get("old") == (None if mode == "replace" else 1)
    if driver != "ours":
        target.conn  # noqa: B018  the driver's client closes with the process


def test_ignored_only_for_the_key(db: Any) -> None:
    """What another unique index refuses is a failure, whatever becomes of duplicate keys."""
    db.create_collection("c").add_index({"type": "persistent", "fields": ["n"], "unique": True})
    load([{"_key": "a", "n": 1}], db, "c")
    rows = [{"_key": "a", "n": 5}, {"_key": "b", "n": 1}, {"_key": "c", "n": 2}]
    assert counts(load(rows, db, "c", on_duplicate="ignore")) == (2, 1, 0, 1, 1)


def test_a_server_that_does_not_name_the_index(target: MemoryTarget) -> None:
    """Then what is stored tells whether it was the key."""
    target.index = "an index"
    target.insert_many([{"_key": "a", "n": 1}])
    report = load([{"_key": "a", "n": 2}, {"_key": "b"}], target, "c", on_duplicate="ignore")
    assert counts(report) == (2, 1, 0, 1, 0)
    assert target.looks == 1


def test_ignored_after_a_lost_answer(target: MemoryTarget, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first request stored was created by us; what was there before is ignored."""
    monkeypatch.setattr(sending, "_FIRST_PAUSE", 0.0)
    target.insert_many([{"_key": "a", "n": 0}])
    errors = [JobLostError("gone")]
    target.after = lambda documents: errors.pop() if errors else None
    rows = [{"_key": key, "n": 1} for key in "ab"]
    assert counts(load(rows, target, "c", on_duplicate="ignore")) == (2, 1, 0, 1, 0)
    assert target.documents["a"]["n"] == 0


def test_counts_of_a_load_that_is_resumed(target: MemoryTarget, tmp_path: Path) -> None:
    """They are of all runs."""
    target.insert_many([{"_key": "r1"}, {"_key": "r2"}])
    path = write_lines(tmp_path / "a.jsonl", [{"_key": f"r{n}"} for n in range(20)])
    options: dict[str, Any] = {"checkpoint": "check", "chunk_rows": 5, "window": 1}
    begun = len(target.sizes)
    target.before = lambda documents: (
        ArangoServerError("no", http_code=401) if len(target.sizes) - begun > 2 else None
    )
    with pytest.raises(LoadStoppedError) as caught:
        load(path, target, "c", on_duplicate="ignore", **options)
    assert caught.value.report is not None
    assert counts(caught.value.report) == (10, 8, 0, 2, 0)
    target.before = lambda documents: None
    report = load(path, target, "c", on_duplicate="ignore", **options)
    assert counts(report) == (20, 18, 0, 2, 0)
    assert report.resumed == 10


# Overwriting, databases


def test_overwrite(db: Any) -> None:
    """The collection is emptied first, and keeps its type and indexes."""
    load([{"_key": "old"}], db, "c")
    report = load([{"_key": "a"}], db, "c", overwrite=True)
    assert counts(report) == (1, 1, 0, 0, 0)
    assert [row["_key"] for row in db.collection("c").all()] == ["a"]
    assert load([{"_key": "x"}], db, "new", overwrite=True).is_success
    with pytest.raises(LoadStoppedError, match="is not an edge collection"):
        load([], db, "c", overwrite=True, edge=True)
    assert load([{"_key": "b"}], db, "c", overwrite=True, dry_run=True).documents == 1
    assert db.collection("c").has("a")


def test_overwrite_empties_once(target: MemoryTarget, tmp_path: Path) -> None:
    """A load that goes on does not take away what it has stored."""
    path = write_lines(tmp_path / "a.jsonl", [{"n": n} for n in range(20)])
    options: dict[str, Any] = {
        "checkpoint": "check", "chunk_rows": 5, "window": 1, "overwrite": True
    }  # fmt: skip
    target.documents["old"] = {"_key": "old"}
    target.before = lambda documents: (
        ArangoServerError("no", http_code=401) if len(target.sizes) > 2 else None
    )
    with pytest.raises(LoadStoppedError):
        load(path, target, "c", **options)
    target.before = lambda documents: None
    assert load(path, target, "c", **options).documents == len(target.documents) == 20
    assert load(path, target, "c", **options).documents == len(target.documents) == 20
    assert target.asked == ["empty"]


def test_a_database_that_is_missing() -> None:
    """It is made if that is asked for; it may be there already."""
    with LocalServer(password="x") as server, ArangoClient(hosts=server.url) as client:
        db = client.db("made", password="x")
        with pytest.raises(ArangoServerError) as caught:
            load([{"n": 1}], db, "c")
        assert caught.value.error_code == 1228
        for _ in range(2):
            assert load([{"n": 1}], db, "c", create_database=True).documents == 1
        assert db.collection("c").count() == 2
        with JobManager(client.db("other", password="x")) as jobs:
            assert load([{"n": 1}], jobs, "c", create_database=True).documents == 1
        arango = pytest.importorskip("arango")
        driver = arango.ArangoClient(hosts=server.url)
        foreign = driver.db("third", password="x")
        assert load([{"n": 1}], foreign, "c", create_database=True).documents == 1
        driver.close()


# Checkpoints and options


def test_a_checkpoint_of_before_there_were_some_options(
    target: MemoryTarget, tmp_path: Path
) -> None:
    """What it does not name was what the default is now."""
    path = write_lines(tmp_path / "a.jsonl", [{"n": 1}])
    load(path, target, "c", checkpoint="check")
    state = json.loads(Path("check").read_text())
    for name in ("quote", "merge_attributes", "overwrite", "skip_lines"):
        del state["options"][name]
    Path("check").write_text(json.dumps(state))
    assert load(path, target, "c", checkpoint="check").documents == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quote", "'"),
        ("escape", "\\"),
        ("skip_lines", 1),
        ("ignore_missing", True),
        ("merge_attributes", {"c": "[a]"}),
        ("headers_file", "h"),
        ("overwrite", True),
    ],
)
def test_a_checkpoint_goes_with_its_options(
    target: MemoryTarget, tmp_path: Path, name: str, value: Any
) -> None:
    """Each that decides what rows become is compared."""
    Path("a.csv").write_text("a,b\n1,2\n3,4\n")
    Path("h").write_text("a,b\n")
    load("a.csv", target, "c", checkpoint="check")
    with pytest.raises(CheckpointError, match=f"another option: its {name} was"):
        load("a.csv", target, "c", checkpoint="check", **{name: value})


def test_a_checkpoint_knows_what_a_file_of_headers_says(
    target: MemoryTarget, tmp_path: Path
) -> None:
    """Its name may change, its columns not."""
    Path("a.csv").write_text("1,2\n3,4\n")
    Path("h").write_text("a,b\n")
    Path("same").write_text("a,b\n")
    assert load("a.csv", target, "c", checkpoint="check", headers_file="h").documents == 2
    assert load("a.csv", target, "c", checkpoint="check", headers_file="same").resumed == 2
    Path("h").write_text("x,b\n")
    with pytest.raises(CheckpointError, match="headers_file was"):
        load("a.csv", target, "c", checkpoint="check", headers_file="h")


def test_options_are_typed() -> None:
    """The keywords, the options and the signature name the same, with the same types."""
    options = typing.get_type_hints(LoadOptions)
    assert typing.get_type_hints(LoadKeywords) == options
    parameters = inspect.signature(load).parameters
    assert list(parameters)[:5] == ["source", "target", "collection", "progress", "stop"]
    assert list(parameters)[5:] == list(LoadOptions.__dataclass_fields__)
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in options)


def test_options_that_can_be_read_once(target: MemoryTarget) -> None:
    """An iterator is as good as a list."""
    load([{"a": 1, "b": 2}, {"a": 1, "b": 2}], target, "c", drop=iter(["b"]))  # type: ignore[arg-type]  # more than is promised
    assert target.plain() == [{"a": 1}, {"a": 1}]
    with pytest.raises(OptionError, match="drop must be a list of texts, not of 5"):
        load([], target, "c", drop=iter(["b", 5]))  # type: ignore[arg-type]  # the point


# Names of arangoimport's


@pytest.mark.parametrize("name", RENAMED)
def test_names_of_arangoimport(name: str) -> None:
    """They are said to be what they are here, and stand in the manual's table."""
    ours, remark = RENAMED[name]
    python = name.replace("-", "_")
    if python not in inspect.signature(load).parameters:
        with pytest.raises(OptionError) as caught:
            load([], None, "c", **{python: "x"})  # type: ignore[arg-type]  # no such option
        assert f"has no option {python!r}: {python} is an option of arangoimport; here" in str(
            caught.value
        )
        assert (ours or remark) in str(caught.value)
    assert ours is None or ours in LoadOptions.__dataclass_fields__
    manual = (ROOT / "docs" / "loader.md").read_text(encoding="utf-8")
    assert re.search(rf"^\| [^|]*`--{re.escape(name)}`", manual, re.M), name


# Who may read what failed


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_failed_rows_are_private(target: MemoryTarget, tmp_path: Path, umask: int) -> None:
    """The file of failed rows has the mode of a ledger, also where it goes on with one."""
    path = write_lines(tmp_path / "a.jsonl", [{"n": n, "bad": True} for n in range(10)])
    before = os.umask(umask)
    try:
        load(path, target, "c", dead_letter="failed")
        assert Path("failed").stat().st_mode & 0o777 == 0o600
        Path("empty").touch(0o666)
        load(path, target, "c", dead_letter="empty")
        assert Path("empty").stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(before)


def test_results_that_get_lost_are_counted_once(db: Any, server: LocalServer) -> None:
    """Created is what this load stored, however often it was sent."""
    server.faults.add(Fault("POST /_api/document/{collection}", "close_after", count=2))
    report = load([{"n": n} for n in range(300)], db, "c", chunk_rows=100)
    assert counts(report) == (300, 300, 0, 0, 0)
