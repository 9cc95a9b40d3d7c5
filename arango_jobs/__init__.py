"""ArangoDB's background jobs as ``concurrent.futures.Future`` objects."""
