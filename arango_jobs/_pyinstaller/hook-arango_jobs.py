"""The grammar of AQL, and the version of this distribution."""

from PyInstaller.utils.hooks import copy_metadata

from arango_jobs._pyinstaller import METADATA, data_files

datas = data_files()
for distribution in METADATA["arango_jobs"]:
    datas += copy_metadata(distribution)
