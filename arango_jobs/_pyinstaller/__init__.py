"""What PyInstaller cannot find by itself: files that are read, modules that are imported by name.

It looks for `get_hook_dirs` through the entry point `pyinstaller40`, and runs the
hook of each module that a program imports. Knows nothing of the modules themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

__all__ = ["BY_NAME", "METADATA", "data_files", "get_hook_dirs", "hidden_imports"]

BY_NAME: dict[str, tuple[tuple[str, str], ...]] = {
    "arango_jobs.manager": (("arango_jobs.integrations.python_arango", "arango"),),
    "arango_jobs.progress": (
        ("tqdm.auto", "tqdm"),
        ("rich.progress", "rich"),
        ("rich.console", "rich"),
    ),
    "arango_jobs.loader.sources": (("arango_jobs.loader.arrow_rows", "pyarrow"),),
    "arango_jobs.loader.frames": (("arango_jobs.loader.arrow_cells", "pyarrow"),),
}
"""By the module that imports them: what it imports by name, and what has to be installed for it."""

METADATA: dict[str, tuple[str, ...]] = {
    "arango_jobs": ("arango-jobs",),
    "arango_jobs.integrations.python_arango.driver": ("python-arango",),
}
"""By the module that asks for them: the distributions whose version is asked for."""

_CODE = {".py", ".pyc", ".pyi"}


def get_hook_dirs() -> list[str]:
    """Return where the hooks are."""
    return [str(Path(__file__).parent)]


def data_files() -> list[tuple[str, str]]:
    """Return each file of the package that is no code, and the directory that it belongs into."""
    return sorted(_data_files(Path(__file__).parent.parent))


def _data_files(package: Path) -> Iterator[tuple[str, str]]:
    for path in package.rglob("*"):
        if path.is_file() and path.suffix not in _CODE:
            yield str(path), str(path.parent.relative_to(package.parent))


def hidden_imports(module: str) -> list[str]:
    """Return what `module` imports by name, as far as that is installed."""
    return [name for name, needed in BY_NAME.get(module, ()) if find_spec(needed) is not None]
