# ruff: noqa: E501 - one answer a line
"""Answers that a server may give after it has done what it was asked, and that are no HTTP."""

from __future__ import annotations

START = b"HTTP/1.1 202 Accepted\r\n"
ID = b"X-Arango-Async-Id: 7\r\n"

UNREADABLE = {
    "negative length": START + ID + b"Content-Length: -5\r\n\r\n",
    "negative length, no id": START + b"Content-Length: -5\r\n\r\n",
    "length in letters": START + ID + b"Content-Length: abc\r\n\r\n",
    "length with a sign": START + ID + b"Content-Length: +0\r\n\r\n",
    "hexadecimal length": START + ID + b"Content-Length: 0x0\r\n\r\n",
    "list of lengths": START + ID + b"Content-Length: 0, 5\r\n\r\n",
    "length twice": START + ID + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "two lengths": START + ID + b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "endless length": START + ID + b"Content-Length: 99999999999999999999999\r\n\r\n",
    "length and chunks": START + ID + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": START + ID + b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n0\r\n\r\n",
    "chunk of no size": START + ID + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n\r\n",
    "blank in a name": START + b"X Arango: 7\r\nContent-Length: 0\r\n\r\n",
    "no name": START + b": 7\r\nContent-Length: 0\r\n\r\n",
    "no colon": START + b"X-Arango-Async-Id\r\nContent-Length: 0\r\n\r\n",
    "control character": START + b"X-Arango-Async-Id: \x007\r\nContent-Length: 0\r\n\r\n",
    "garbage": b"\x00\x01\x02 garbage\r\n\r\n",
    "binary": bytes(range(256)),
    "text": b"hello\r\n\r\n",
    "HTTP/2 line": b"HTTP/2 202\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 202 Accepted\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "HTTP/2 frame": b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18),
    "HTTP/0.9": b"HTTP/0.9 202 Accepted\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "HTTP/3.1": b"HTTP/3.1 202 Accepted\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "RTSP": b"RTSP/1.0 202 Accepted\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "status 0": b"HTTP/1.1 0 None\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "status 000": b"HTTP/1.1 000 None\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "status 099": b"HTTP/1.1 099 None\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "status in letters": b"HTTP/1.1 abc None\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "status 2020": b"HTTP/1.1 2020 None\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "no status": b"HTTP/1.1\r\n" + ID + b"Content-Length: 0\r\n\r\n",
    "101": b"HTTP/1.1 101 Switching\r\n\r\n",
    "101 to another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    "TLS alert": b"\x15\x03\x03\x00\x02\x02\x28",
    "SSH": b"SSH-2.0-OpenSSH_9.6\r\n",
    "SMTP": b"220 mail.example.org ESMTP\r\n",
    "Redis": b"-ERR unknown command 'POST'\r\n",
}  # fmt: skip
"""By what is wrong with them."""


def announced(answer: bytes) -> bytes:
    """Return `answer` as one that says it is the last, where it has a line to say so behind."""
    line, found, rest = answer.partition(b"\r\n")
    return line + b"\r\nConnection: close\r\n" + rest if found and rest else answer
