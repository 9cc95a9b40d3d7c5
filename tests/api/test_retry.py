"""Which calls may be run twice: the table of `api/retry.py`, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from arango_jobs import StandardDatabase
from arango_jobs.operations import Operation, Retry

SAFE, IDEMPOTENT, NEVER = Retry.SAFE, Retry.IDEMPOTENT, Retry.NEVER
D, R = {"_key": "a"}, {"_key": "a", "_rev": "_1"}

CASES: list[tuple[Any, Retry]] = [
    (lambda db: db["c"].get("a"), SAFE),
    (lambda db: db["c"].has("a"), SAFE),
    (lambda db: db["c"].get_many(["a"]), SAFE),
    (lambda db: db["c"].all(), SAFE),
    (lambda db: db["c"].random(), SAFE),
    (lambda db: db.aql.explain("Q"), SAFE),
    (lambda db: db.aql.validate("Q"), SAFE),
    (lambda db: db.collections(), SAFE),
    (lambda db: db.request("GET", "/x"), SAFE),
    (lambda db: db["c"].insert({}), NEVER),
    (lambda db: db["c"].insert({}, overwrite=True), NEVER),
    (lambda db: db["c"].insert(D), NEVER),
    (lambda db: db["c"].insert(D, overwrite_mode="conflict"), NEVER),
    (lambda db: db["c"].insert(D, overwrite=True), IDEMPOTENT),
    (lambda db: db["c"].insert({"_id": "c/a"}, overwrite=True), IDEMPOTENT),
    (lambda db: db["c"].insert(D, overwrite_mode="ignore"), IDEMPOTENT),
    (lambda db: db["c"].insert(D, overwrite_mode="update"), IDEMPOTENT),
    (lambda db: db["c"].insert(D, overwrite=True, return_old=True), NEVER),
    (lambda db: db["c"].insert(D, overwrite=True, version_attribute="v"), NEVER),
    (lambda db: db["c"].update(D), IDEMPOTENT),
    (lambda db: db["c"].update(R), NEVER),
    (lambda db: db["c"].update(R, check_rev=False), IDEMPOTENT),
    (lambda db: db["c"].update(D, return_old=True), NEVER),
    (lambda db: db["c"].update(D, version_attribute="v"), NEVER),
    (lambda db: db["c"].replace(D), IDEMPOTENT),
    (lambda db: db["c"].replace(R), NEVER),
    (lambda db: db["c"].delete("a"), NEVER),
    (lambda db: db["c"].delete("a", ignore_missing=True), IDEMPOTENT),
    (lambda db: db["c"].delete(R, ignore_missing=True), NEVER),
    (lambda db: db["c"].delete("a", ignore_missing=True, return_old=True), NEVER),
    (lambda db: db["c"].insert_many([D, {}], overwrite=True), NEVER),
    (lambda db: db["c"].insert_many([D, D], overwrite=True), IDEMPOTENT),
    (lambda db: db["c"].insert_many([D]), NEVER),
    (lambda db: db["c"].update_many([D, R]), NEVER),
    (lambda db: db["c"].update_many([D, R], check_rev=False), IDEMPOTENT),
    (lambda db: db["c"].replace_many([D]), IDEMPOTENT),
    (lambda db: db["c"].delete_many(["a"]), NEVER),
    (lambda db: db["c"].import_bulk([D]), NEVER),
    (lambda db: db["c"].import_bulk([D], on_duplicate="ignore"), IDEMPOTENT),
    (lambda db: db["c"].import_bulk([D, {}], on_duplicate="ignore"), NEVER),
    (lambda db: db["c"].import_bulk([D], on_duplicate="ignore", overwrite=True), NEVER),
    (lambda db: db["c"].update_match({}, {}), NEVER),
    (lambda db: db.aql.execute("RETURN 1"), NEVER),
    (lambda db: db.aql.kill("1"), NEVER),
    (lambda db: db["c"].truncate(), NEVER),
    (lambda db: db["c"].rename("d"), NEVER),
    (lambda db: db["c"].configure(sync=True), IDEMPOTENT),
    (lambda db: db["c"].add_index({}), IDEMPOTENT),
    (lambda db: db.create_collection("c"), NEVER),
    (lambda db: db.delete_collection("c"), NEVER),
    (lambda db: db.delete_collection("c", ignore_missing=True), IDEMPOTENT),
    (lambda db: db.create_user("u"), NEVER),
    (lambda db: db.update_permission("u", "rw", "d"), IDEMPOTENT),
    (lambda db: db.clear_async_jobs(), NEVER),
    (lambda db: db.clear_async_jobs(1), IDEMPOTENT),
    (lambda db: db.graph("g").vertex_collection("v").insert(D), NEVER),
    (lambda db: db.graph("g").vertex_collection("v").update(D), IDEMPOTENT),
    (lambda db: db.graph("g").vertex_collection("v").update(R), NEVER),
    (lambda db: db.graph("g").edge_collection("e").delete("1"), NEVER),
    (lambda db: db.request("POST", "/x"), NEVER),
    (lambda db: db.request("POST", "/x", retry="safe"), SAFE),
    (lambda db: db.aql.execute("RETURN 1").with_retry("safe"), SAFE),
]


@pytest.mark.parametrize(("build", "expected"), CASES)
def test_what_a_second_run_would_do(
    build: Any, expected: Retry, recording: StandardDatabase
) -> None:
    """A call is repeated only where that leaves the same data and a true answer."""
    operation: Operation[Any] = build(recording)
    assert operation.effective_retry is expected
