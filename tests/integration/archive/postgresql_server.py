"""Debian's PostgreSQL, started by the tests for themselves: a socket in a temporary folder, nothing stays."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

# Reads until its caller ends, however that comes about; then nothing is left, process or folder.
_KEEPER = """
bin=$1 folder=$2
cd "$folder"
# Nobody may be left to hear that it is ready.
trap '' PIPE
trap 'rm -rf "$folder"' EXIT
if ! "$bin/initdb" --no-sync --auth=trust -U tests --encoding=UTF8 --locale=C -D cluster >&2; then
  echo failed
  cat >/dev/null
  exit 1
fi
"$bin/postgres" -D cluster -k "$folder" -c listen_addresses= -c fsync=off -c synchronous_commit=off \\
  -c full_page_writes=off -c max_connections=60 >&2 &
postgres=$!
while kill -0 $postgres && ! "$bin/pg_isready" -q -h "$folder"; do sleep 0.05; done
kill -0 $postgres && echo ready || echo failed
cat >/dev/null
kill -QUIT $postgres
wait $postgres
"""


def binaries() -> Path:
    """Return the folder with the newest initdb and postgres. Raises LookupError with the remedy."""
    found = [each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if beside := shutil.which("initdb"):
        found.append(Path(beside).resolve().parent)
    usable = [each for each in found if (each / "initdb").exists() and (each / "postgres").exists()]
    if not usable:
        raise LookupError("no PostgreSQL here: `make test` installs it, or `apt-get install postgresql`")
    return max(usable, key=lambda each: int(each.parent.name) if each.parent.name.isdigit() else 0)


class PostgresqlServer:
    """A server of the tests' own; without TCP, without a password, on a socket that only its user reaches."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dolmetsch-pg-"))
        # PostgreSQL refuses to be root.
        self._user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._databases = 0
        self._keeper: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        where = binaries()
        identity = {}
        if self._user:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        with (self.folder / "log").open("wb") as log:
            self._keeper = subprocess.Popen(
                ["/bin/sh", "-c", _KEEPER, "keeper", where, self.folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                **identity,
            )
        assert self._keeper.stdout is not None
        if self._keeper.stdout.readline() != b"ready\n":
            told = (self.folder / "log").read_text()
            self.stop()
            raise RuntimeError(f"PostgreSQL did not start: {told[-3000:]}")

    def stop(self) -> None:
        """End it and take its folder away."""
        if self._keeper is not None:
            self._keeper.communicate(timeout=600)
        shutil.rmtree(self.folder, ignore_errors=True)

    def admin(self, database: str = "postgres") -> psycopg.Connection:
        """Return a superuser's connection, without transactions."""
        return psycopg.connect(host=str(self.folder), user="tests", dbname=database, autocommit=True)

    def new_database(self) -> str:
        """Make an empty database; return its address."""
        self._databases += 1
        name = f"archive{self._databases}"
        with self.admin() as admin:
            admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql://tests@/{name}?host={self.folder}"

    def drop_database(self, url: str) -> None:
        """Delete one, whoever is still connected to it."""
        name = make_url(url).database or ""
        with self.admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
