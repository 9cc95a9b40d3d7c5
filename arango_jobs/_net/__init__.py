"""Sockets and HTTP: moves exchanges and knows nothing of jobs."""
