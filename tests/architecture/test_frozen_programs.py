"""What a program needs that PyInstaller has made one file of."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import arango_jobs
from arango_jobs import _pyinstaller
from arango_jobs.errors import ArangoClientError
from arango_jobs.local import LocalServer
from arango_jobs.local.aql import grammar

PACKAGE = Path(arango_jobs.__file__).parent
HOOKS = Path(_pyinstaller.__file__).parent
CALLERS_OWN = {"arango_jobs.loader.polars_rows"}
"""Modules that import by name only what a program has imported that hands in one of its objects."""


def test_the_hooks_are_found() -> None:
    """By the entry point that PyInstaller asks for."""
    found = [
        point.load()()
        for point in importlib.metadata.entry_points(group="pyinstaller40")
        if point.value.startswith("arango_jobs.")
    ]
    assert found == [[str(HOOKS)]]


def test_every_file_of_data_goes_along() -> None:
    """The hook's list is what the package has, and each file goes where it is looked for."""
    theirs = {
        path.relative_to(PACKAGE.parent)
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".py"
    }
    listed = _pyinstaller.data_files()
    assert {Path(where) / Path(path).name for path, where in listed} == theirs
    assert Path("arango_jobs/local/aql/grammar.lark") in theirs
    assert all(Path(path) == PACKAGE.parent / where / Path(path).name for path, where in listed)


def test_every_import_by_name_goes_along() -> None:
    """Each module that imports by name has a hook that says what."""
    importing = {name for name, tree in modules() if any(by_name(tree))}
    assert importing - CALLERS_OWN == set(_pyinstaller.BY_NAME)
    for module, imports in _pyinstaller.BY_NAME.items():
        names = set(_pyinstaller.hidden_imports(module))
        # All of them are installed here.
        assert names == {name for name, _ in imports}
        assert literals(module) & known_names() <= names
        assert run_hook(module)["hiddenimports"] == _pyinstaller.hidden_imports(module)


def test_every_version_goes_along() -> None:
    """Each distribution whose version is asked for has its metadata collected."""
    asking = {
        argument.value
        for _, tree in modules()
        for call in calls(tree, "version")
        for argument in call.args
        if isinstance(argument, ast.Constant)
    }
    assert asking == {name for names in _pyinstaller.METADATA.values() for name in names}
    for module, names in _pyinstaller.METADATA.items():
        assert {("metadata of", name) for name in names} <= set(run_hook(module)["datas"])


def test_every_hook_is_of_a_module_that_there_is() -> None:
    """PyInstaller goes by the names of the files."""
    hooked = {path.stem.removeprefix("hook-") for path in HOOKS.glob("hook-*.py")}
    assert hooked == {*_pyinstaller.BY_NAME, *_pyinstaller.METADATA}
    assert hooked <= {name for name, _ in modules()}


def test_what_is_not_installed_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyInstaller would complain of it."""
    monkeypatch.setattr(_pyinstaller, "find_spec", lambda name: None if name == "tqdm" else name)
    assert _pyinstaller.hidden_imports("arango_jobs.progress") == ["rich.progress", "rich.console"]


@pytest.mark.parametrize("error", [FileNotFoundError, ModuleNotFoundError, NotADirectoryError])
def test_a_program_without_the_grammar(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """The server does not start, and says what is missing."""

    def missing(_package: str) -> None:
        raise error

    monkeypatch.setattr(grammar, "files", missing)
    with pytest.raises(ArangoClientError, match=r"needs arango_jobs/local/aql/grammar\.lark"):
        LocalServer().start()


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Give each module of the package with its name."""
    for path in PACKAGE.rglob("*.py"):
        if path.parent != HOOKS:
            place = path.relative_to(PACKAGE.parent).with_suffix("")
            name = ".".join(place.parts).removesuffix(".__init__")
            yield name, ast.parse(path.read_text())


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == name:
            yield node


def by_name(tree: ast.AST) -> Iterator[ast.Call]:
    for name in ("import_module", "__import__"):
        yield from calls(tree, name)


def literals(module: str) -> set[str]:
    (tree,) = (tree for name, tree in modules() if name == module)
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def known_names() -> set[str]:
    """Return the modules of which a text of that name means the module."""
    ours = {name for name, _ in modules()}
    return {*ours, "tqdm.auto", "rich.progress", "rich.console"}


def run_hook(module: str) -> dict[str, list[object]]:
    """Run the hook of `module` with a stand-in for PyInstaller; return what it sets."""
    source = (HOOKS / f"hook-{module}.py").read_text()
    utils = ModuleType("PyInstaller.utils.hooks")
    utils.copy_metadata = lambda name: [("metadata of", name)]  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        for name in ("PyInstaller", "PyInstaller.utils"):
            patch.setitem(sys.modules, name, ModuleType(name))
        patch.setitem(sys.modules, "PyInstaller.utils.hooks", utils)
        found: dict[str, list[object]] = {}
        exec(compile(source, module, "exec"), found)
    return found
