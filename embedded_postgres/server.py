"""Start and stop the PostgreSQL server of one data directory.

Every process that needs the server calls `ensure_running`; whoever comes first starts it, and it
then runs on its own until `stop`. No file is believed about whether it runs, since files outlive
a crash: what counts is whether it answers, and its processes.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from . import account, cluster, home, processes, programs
from .account import Account
from .exceptions import EmbeddedPostgresError
from .lock import only_one

FIRST_WAIT = 300.0  # seconds until the server answers, recovery after a crash included
NEXT_WAIT = 10.0  # the same where it has answered before: a request should not hang for longer


@cache
def server_of(data_dir: Path) -> "Server":
    """This process's one Server for a data directory."""
    return Server(data_dir)


class Server:
    """The PostgreSQL server of `data_dir`, an absolute path.

    `started_here` tells whether this process has started it, rather than found it running.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.started_here = False
        self._process: psutil.Process | None = None
        self._databases: set[str] = set()
        self._address: dict[str, str] = {}

    def ensure_running(self, database: str | None = None) -> dict[str, str]:
        """Start the server unless it runs, and create the database unless it exists.

        Costs microseconds while a server that this process has seen before is alive.
        Returns libpq's `host`, `port` and `user`. Raises EmbeddedPostgresError.
        """
        alive = self._process is not None and processes.is_alive(self._process)
        if not alive or (database and database not in self._databases):
            deadline = time.monotonic() + (NEXT_WAIT if self._process else FIRST_WAIT)
            with self._alone(deadline):
                self._bring_up(deadline)
                if database:
                    self._create_if_missing(database)
        return self._address

    def stop(self) -> None:
        """Shut the server down, whoever has started it, and wait for its end.

        What was committed is kept; transactions under way are rolled back.
        """
        if not self.data_dir.exists():
            return
        with self._alone(time.monotonic() + FIRST_WAIT):
            account.choose(self._data)
            if cluster.exists(self._data):
                processes.shut_down(self._data)
                if self._socket_dir != self._data:
                    shutil.rmtree(self._socket_dir, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return (self.data_dir / "postgres" / "data").resolve()

    @property
    def _socket_dir(self) -> Path:
        return home.socket_dir(self._data, processes.cluster_name(self._data))

    @contextmanager
    def _alone(self, deadline: float) -> Iterator[None]:
        """Keep others out, and turn any trouble with files into one line."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            with only_one(self.data_dir / "postgres.lock", deadline):
                yield
        except OSError as error:
            where = f": {error.filename}" if error.filename else ""
            raise EmbeddedPostgresError(
                f"Cannot keep a database in {self.data_dir}: {error.strerror}{where}"
            ) from error

    def _bring_up(self, deadline: float) -> None:
        whose = account.choose(self._data)
        pid: int | None = None
        pause = 0.02
        while not self._answers(whose):
            if pid is None and processes.postmaster(self._data) is None:
                pid = self._launch(whose)
                self.started_here = True
            elif pid is not None and not processes.is_running(pid):
                raise self._error("PostgreSQL did not start")
            elif time.monotonic() > deadline:
                raise self._error("PostgreSQL does not answer")
            time.sleep(pause)
            pause = min(1.5 * pause, 0.5)
        self._process = processes.postmaster(self._data)
        self._address = self._where()
        self._databases.clear()

    def _launch(self, whose: Account) -> int:
        place = home.find_or_make(self.data_dir, whose)
        programs_dir = programs.directory_for(whose, place)
        if not cluster.exists(self._data):
            cluster.create(self._data, whose, programs_dir)
        processes.end_all(self._data, grace=2)
        if self._socket_dir != self._data:
            home.make_private(self._socket_dir, whose)
        return cluster.launch(self._data, whose, programs_dir, self._socket_dir)

    def _answers(self, whose: Account) -> bool:
        if not cluster.exists(self._data):
            return False
        if self._socket_dir != self._data and not home.is_private(self._socket_dir, whose):
            return False
        conninfo = make_conninfo(**self._where(), dbname="postgres", connect_timeout=5)
        return PGconn.ping(conninfo.encode()) == Ping.OK

    def _where(self) -> dict[str, str]:
        return {"host": str(self._socket_dir), "port": cluster.PORT, "user": cluster.SUPERUSER}

    def _create_if_missing(self, database: str) -> None:
        conninfo = make_conninfo(**self._address, dbname="postgres", connect_timeout=5)
        with psycopg.connect(conninfo, autocommit=True) as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
            if not found.rowcount:
                create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
                with suppress(psycopg.errors.DuplicateDatabase):
                    connection.execute(create)
        self._databases.add(database)

    def _error(self, what: str) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(f"{what}: {cluster.complaint(cluster.last_log(self._data))}")
