"""Ends TLS in front of a server: `python -m benchmarks.tls_proxy HOST PORT CHAIN KEY`.

Prints its port on a line when it is ready. Passes bytes on and looks at nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import sys

__all__ = ["main"]

_CHUNK = 1 << 16


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
    with contextlib.suppress(Exception):
        target.close()


async def _serve(host: str, port: int, context: ssl.SSLContext) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection(host, port)
        await asyncio.gather(_pass_on(reader, outer), _pass_on(inner, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Serve until it is killed."""
    host, port, chain, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    asyncio.run(_serve(host, int(port), context))


if __name__ == "__main__":
    main()
