"""What of python-arango's is relied upon, and what is said where it is not there."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import PackageNotFoundError

import pytest
from arango import ArangoClient
from driver_world import World

from arango_jobs import JobManager, OptionError
from arango_jobs.integrations.python_arango import driver, private
from arango_jobs.integrations.python_arango.documents import _SHAPES

CONNECTIONS = {
    driver.BasicConnection: {},
    driver.JwtConnection: {"user_token": "x"},
    driver.JwtSuperuserConnection: {"superuser_token": "x"},
}


@pytest.mark.parametrize(
    ("cls", "name"),
    [(cls, name) for cls, names in private.NAMES.items() for name in names],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_each_private_name_that_is_used_is_there(cls, name, monkeypatch):
    """A release that keeps it elsewhere fails here, by name."""
    monkeypatch.setattr("jwt.decode", lambda *_, **__: {"exp": 1.0})
    if cls is driver.Cursor:
        thing = cls(None, {"hasMore": False, "result": []})
    else:
        thing = ArangoClient().db("_system", "root", "", **CONNECTIONS[cls]).conn
    assert type(thing) is cls
    assert hasattr(thing, name)


def test_each_document_method_makes_a_handler_of_the_name_that_is_looked_for(managed: World):
    """Otherwise its calls would go out one by one."""
    seen = []

    class Noting:
        context = "default"

        def execute(self, request, handler):
            seen.append(handler.__qualname__.partition(".<locals>")[0])

    collection = driver.StandardCollection(managed.db.conn, Noting(), "c")
    for method in ("insert", "update", "replace", "delete", "get", "has"):
        getattr(collection, method)({"_key": "a"})
    assert set(seen) == set(_SHAPES)


def test_a_release_that_keeps_its_settings_elsewhere_is_one_clear_error(managed: World):
    db = managed.client.db("t", "root", "")
    del db.conn._http
    with pytest.raises(OptionError, match=r"keeps _http of its connections elsewhere"):
        JobManager(db)


@pytest.mark.parametrize("found", ["6.1.0", "7.9.1"])
def test_a_driver_that_is_too_old_is_one_clear_error(found):
    with pytest.raises(OptionError, match=rf"python-arango {found} is too old.*from 8.0 on"):
        driver.check_version(found)


@pytest.mark.parametrize("found", ["8.0.0", "8.3.7", "9.0.0rc1", "10.1"])
def test_a_driver_that_is_young_enough_is_taken(found):
    driver.check_version(found)


def test_a_database_of_a_driver_that_is_too_old_is_refused_before_anything_else(
    managed: World, monkeypatch
):
    monkeypatch.setattr("importlib.metadata.version", lambda name: "7.9.1")
    for name in [name for name in sys.modules if name.startswith(driver.__package__)]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(OptionError, match="too old"):
        JobManager(managed.db)


def test_no_driver_at_all_is_one_clear_error(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", missing)
    monkeypatch.delitem(sys.modules, driver.__name__)
    with pytest.raises(ImportError, match=r"pip install 'arango-jobs\[python-arango\]'"):
        importlib.import_module(driver.__name__)


def test_the_driver_is_not_imported_for_who_does_not_use_it():
    code = "import sys, arango_jobs; assert 'arango' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
