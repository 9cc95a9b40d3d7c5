"""Sockets: HTTP on the wire, and the thread that serves it. Knows nothing of jobs or documents."""
