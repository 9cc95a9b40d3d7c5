"""What `arango_jobs.manager` imports by name."""

from arango_jobs._pyinstaller import hidden_imports

hiddenimports = hidden_imports("arango_jobs.manager")
