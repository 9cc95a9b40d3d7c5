"""What `arango_jobs.loader.frames` imports by name."""

from arango_jobs._pyinstaller import hidden_imports

hiddenimports = hidden_imports("arango_jobs.loader.frames")
