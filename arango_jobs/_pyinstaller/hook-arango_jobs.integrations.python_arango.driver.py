"""The version of python-arango, which that driver asks for as well."""

from PyInstaller.utils.hooks import copy_metadata

from arango_jobs._pyinstaller import METADATA

datas = []
for distribution in METADATA["arango_jobs.integrations.python_arango.driver"]:
    datas += copy_metadata(distribution)
