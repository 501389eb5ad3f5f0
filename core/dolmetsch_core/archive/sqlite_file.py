"""The file of an SQLite archive: its owner's alone, and what every connection to it must be told."""

import errno
import os
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

BEGIN: Final = "archive_begin"
"""Execution option: the statement that begins a transaction, '' for none."""

_LASTING = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR)
_BESIDE = ("", "-wal", "-shm")
_PRAGMAS = (
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",
    # Sorting and VACUUM would put sentences into files elsewhere.
    "PRAGMA temp_store = MEMORY",
)


def prepare(path: Path) -> str:
    """Make folder and file, for the owner alone; '' or, when a person has to act, what is wrong.

    Raises OSError for what may pass by itself, such as a full disk.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Never opened when it exists: closing it would drop the locks of this process's other connections.
        if not path.exists():
            _create(path)
        for each in _BESIDE:
            beside = Path(f"{path}{each}")
            if beside.exists() and beside.stat().st_mode & 0o077:
                beside.chmod(0o600)
    except OSError as error:
        if error.errno in _LASTING or isinstance(error, FileExistsError):
            return os.strerror(error.errno or errno.EEXIST)
        raise
    if not path.is_file():
        return "not a file"
    if not os.access(path, os.R_OK | os.W_OK) or not os.access(path.parent, os.W_OK | os.X_OK):
        return os.strerror(errno.EACCES)
    return ""


def _create(path: Path) -> None:
    try:
        # SQLite gives -wal and -shm the rights of the file.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        if not path.is_file():
            raise


def instruct(engine: Engine) -> None:
    """Have every connection of `engine` keep foreign keys, overwrite what it deletes, and begin as told."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for each in _PRAGMAS:
            cursor.execute(each)
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        if statement := connection.get_execution_options().get(BEGIN, "BEGIN"):
            connection.exec_driver_sql(statement)
