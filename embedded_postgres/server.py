"""Start and stop the PostgreSQL server of a data directory.

Every process that needs the server calls `ensure_running`. The first caller starts it, and it then
runs until someone calls `stop`. Files survive a crash, so they do not tell whether the server is
running: only its processes and its answers do.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from . import cluster, home, processes, programs
from .account import Account, server_account
from .exceptions import EmbeddedPostgresError
from .lock import exclusive_lock

# Seconds to wait for the server's answer, including its recovery after a crash ...
START_TIMEOUT = 300.0
# ... and once it has answered in this process.
RESTART_TIMEOUT = 10.0


@cache
def server_of(data_dir: Path) -> "Server":
    """Return this process's only Server for a data directory."""
    return Server(data_dir)


class Server:
    """The PostgreSQL server of `data_dir`, an absolute path.

    `started_here` is True if this process started it, False if it was already running.
    """

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.started_here = False
        self._process: processes.Watched | None = None
        self._databases: set[str] = set()
        self._roles = {cluster.SUPERUSER}
        self._address: dict[str, str] = {}

    def ensure_running(
        self, database: str | None = None, timeout: float | None = None, *, role: str = ""
    ) -> dict[str, str]:
        """Start the server if it is not running. Create what does not exist of database and role.

        The role may connect, and owns nothing. Costs microseconds while the server that this
        process has already used is alive. `timeout` bounds the wait for its answer, in seconds; one
        that was started goes on starting.
        Return libpq's `host`, `port` and `user`, the superuser. Raise EmbeddedPostgresError.
        """
        alive = self._process is not None and self._process.is_alive()
        role = role or cluster.SUPERUSER
        is_prepared = not database or database in self._databases
        if not (alive and is_prepared and role in self._roles):
            timeout = timeout or (RESTART_TIMEOUT if self._process else START_TIMEOUT)
            deadline = time.monotonic() + timeout
            with self._locked(deadline):
                self._start(deadline)
                if database or role not in self._roles:
                    self._create_if_missing(database, role)
        return dict(self._address)

    def is_running(self) -> bool:
        return self.data.exists() and processes.postmaster(self.data) is not None

    def stop(self) -> None:
        """Shut the server down, whichever process started it, and wait until it has ended.

        Committed data is kept; open transactions are rolled back.
        """
        if not self.data_dir.exists():
            return
        with self._locked(time.monotonic() + START_TIMEOUT):
            server_account(self.data)  # refuse another account's server
            if cluster.exists(self.data):
                processes.shut_down(self.data)
                if self._socket_dir != self.data:
                    shutil.rmtree(self._socket_dir, ignore_errors=True)

    @property
    def data(self) -> Path:
        return (self.data_dir / "postgres" / "data").resolve()

    @property
    def _socket_dir(self) -> Path:
        return home.socket_dir(self.data, processes.cluster_name(self.data))

    @property
    def _connection_parameters(self) -> dict[str, str]:
        return {"host": str(self._socket_dir), "port": cluster.PORT, "user": cluster.SUPERUSER}

    @contextmanager
    def _locked(self, deadline: float) -> Iterator[None]:
        """Exclude other processes and threads, and report file errors in one line."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            with exclusive_lock(self.data_dir / "postgres.lock", deadline):
                yield
        except OSError as error:
            filename = f": {error.filename}" if error.filename else ""
            raise EmbeddedPostgresError(
                f"Cannot keep a database in {self.data_dir}: {error.strerror}{filename}"
            ) from error

    def _start(self, deadline: float) -> None:
        """Launch the server if it is not running, and wait until it answers."""
        account = server_account(self.data)
        pid: int | None = None
        pause = 0.02
        while not self._accepts_connections(account):
            if pid is None and processes.postmaster(self.data) is None:
                pid = self._launch(account)
                self.started_here = True
            elif pid is not None and not processes.is_running(pid):
                raise self._error("PostgreSQL did not start")
            elif time.monotonic() > deadline:
                if pid is None:  # it ran before, so its log is about other things
                    raise EmbeddedPostgresError("PostgreSQL does not answer")
                raise self._error("PostgreSQL does not answer")
            time.sleep(pause)
            pause = min(1.5 * pause, 0.5)
        process = processes.postmaster(self.data)
        self._process = processes.Watched(process) if process else None
        self._address = self._connection_parameters
        self._databases.clear()
        self._roles = {cluster.SUPERUSER}

    def _launch(self, account: Account) -> int:
        home_dir = home.ensure_home(self.data_dir, account)
        bin_dir = programs.programs_dir(account, home_dir)
        if not cluster.exists(self.data):
            cluster.create(self.data, account, bin_dir)
        processes.kill_remaining(self.data, grace=2)
        if self._socket_dir != self.data:
            home.ensure_private(self._socket_dir, account)
        return cluster.launch(self.data, account, bin_dir, self._socket_dir)

    def _accepts_connections(self, account: Account) -> bool:
        if not cluster.exists(self.data):
            return False
        if self._socket_dir != self.data and not home.is_private(self._socket_dir, account):
            return False
        parameters = self._connection_parameters
        conninfo = make_conninfo(**parameters, dbname="postgres", connect_timeout=5)
        return PGconn.ping(conninfo.encode()) == Ping.OK

    def _create_if_missing(self, database: str | None, role: str) -> None:
        with self._connected() as connection:
            if role not in self._roles:
                query = "SELECT FROM pg_roles WHERE rolname = %s"
                if not connection.execute(query, [role]).rowcount:
                    create = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
                    connection.execute(create)
                self._roles.add(role)
            if database and database not in self._databases:
                query = "SELECT FROM pg_database WHERE datname = %s"
                if not connection.execute(query, [database]).rowcount:
                    create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database))
                    with suppress(psycopg.errors.DuplicateDatabase):
                        connection.execute(create)
                self._databases.add(database)

    def _connected(self) -> psycopg.Connection[Any]:
        conninfo = make_conninfo(**self._address, dbname="postgres", connect_timeout=5)
        return psycopg.connect(conninfo, autocommit=True)

    def _error(self, problem: str) -> EmbeddedPostgresError:
        error_line = cluster.error_line(cluster.last_log(self.data))
        return EmbeddedPostgresError(f"{problem}: {error_line}")
