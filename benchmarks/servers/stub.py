"""The stub: a C program that speaks the job protocol far faster than any client here.

It is compiled at need, runs on a core of its own, and costs next to nothing: what is
measured against it is the client.
"""

from __future__ import annotations

import http.client
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.cores import pin_server
from benchmarks.servers.base import Unavailable

__all__ = ["Stub", "build", "compiler"]

_HERE = Path(__file__).resolve().parent.parent
_SOURCE = _HERE / "stub.c"
_BUILD = _HERE / "build"
_HELP = "Use --server local (the embedded server) or --url (a server of yours) instead."


def compiler() -> str:
    """Return the C compiler; raises `Unavailable` where the stub cannot be built."""
    if not sys.platform.startswith("linux"):
        raise Unavailable(f"The stub server needs Linux (epoll). {_HELP}")
    found = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if found is None:
        raise Unavailable(
            "The stub server needs a C compiler and there is no cc, gcc or clang on the PATH "
            f"(Debian: apt install gcc libc6-dev). {_HELP}"
        )
    return found


def build() -> Path:
    """Compile the stub unless that has been done; return the program."""
    program = _BUILD / "stub"
    if program.exists() and program.stat().st_mtime > _SOURCE.stat().st_mtime:
        return program
    _BUILD.mkdir(exist_ok=True)
    # Under another name first: a second run at the same time never sees half a program.
    fresh = _BUILD / "stub.new"
    command = [compiler(), "-O2", "-o", str(fresh), str(_SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(f"{' '.join(command)} failed:\n{done.stderr}\n{_HELP}")
    fresh.replace(program)
    return program


class Stub:
    """The stub server in a process of its own."""

    name = "stub"
    user, password, database = "root", "", "_system"

    def __init__(self, is_pinned: bool = True) -> None:
        self._process = subprocess.Popen([str(build()), "0"], stdout=subprocess.PIPE, text=True)
        pin_server(self._process.pid, is_pinned)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self._port}"
        self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    @property
    def process_id(self) -> int:
        """The id of its process."""
        return self._process.pid

    def configure(
        self, *, duration: float = 0.0, per_document: float = 0.0, workers: int = 0
    ) -> bool:
        """See `Server`."""
        self.reset()
        self._ask(
            "POST",
            f"config?dur_us={round(duration * 1e6)}&per_doc_us={round(per_document * 1e6)}"
            f"&workers={workers}",
        )
        return True

    def reset(self) -> None:
        """See `Server`."""
        self._ask("POST", "reset")

    def requests(self) -> int:
        """See `Server`."""
        return int(self.stats()["requests"])

    def stats(self) -> dict[str, Any]:
        """Return all that it counts."""
        return self._ask("GET", "stats")

    def add_foreign(self, count: int) -> None:
        """See `Server`."""
        self._ask("POST", f"foreign?n={count}")

    def close(self) -> None:
        """See `Server`."""
        self._line.close()
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _ask(self, method: str, what: str) -> dict[str, Any]:
        self._line.request(method, f"/_stub/{what}")
        answer: dict[str, Any] = json.loads(self._line.getresponse().read())
        return answer
