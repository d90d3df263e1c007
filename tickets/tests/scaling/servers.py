"""PostgreSQL, its replica, PgBouncer and nginx as real processes on loopback."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from embedded_postgres import cluster
from embedded_postgres.account import server_account
from embedded_postgres.programs import programs_dir

from ..imap_server import write_certificate
from ..mail_server import free_port

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "deploy"
SYSTEM_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
PGBOUNCER, NGINX = (shutil.which(name, path=SYSTEM_PATH) for name in ("pgbouncer", "nginx"))
PATIENCE = 60  # seconds: no test shall depend on the speed of the machine
# The owner of the tables, and the role of web servers and workers.
OWNER, USER = "desk_owner", "desk"
PASSWORD, DATABASE = "pässword & %x", "desk"
POSTGRES_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "log_statement": "all",
    "log_line_prefix": "",
    "shared_buffers": "64MB",
    # A paused replica cancels nothing, however long the test takes.
    "max_standby_streaming_delay": "-1",
}
# Of a log whose lines have no prefix.
STATEMENT = re.compile(r"^LOG:  (?:statement|execute [^:]*): (.*?)(?=^[A-Z]+:  |\Z)", re.M | re.S)


class Process:
    """A server in the foreground with a directory of its own."""

    def __init__(self, root, name):
        self.port = free_port()
        self.name, self.directory = name, root / name
        self.popen = None

    @property
    def log(self):
        return self.directory.with_suffix(".log")

    def start(self):
        # The servers refuse to run as root, and give up their rights themselves or not at all.
        account = server_account(self.directory)
        as_account = {"user": account.uid, "group": account.gid, "extra_groups": []}
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **(as_account if os.geteuid() == 0 else {}),
            )
        self.wait_until(self.answers, 60)
        return self

    def create(self):
        """Start it for the first time."""
        return self.start()

    def answers(self):
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def wait_until(self, is_so, seconds):
        deadline = time.monotonic() + seconds
        while not is_so():
            ended = self.popen.poll() is not None
            if ended or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} failed:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def kill(self):
        """End it and its children at once, as if the machine were gone."""
        if self.popen is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            first = psutil.Process(self.popen.pid)
            processes = [first, *first.children(recursive=True)]
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
            psutil.wait_procs(processes, 20)
        self.popen.wait(20)
        self.popen = None


def owned_directory(path):
    """Create a directory of the account that runs the servers."""
    account = server_account(path)
    path.mkdir(mode=0o700)
    os.chown(path, account.uid, account.gid)
    return path


class Postgres(Process):
    """A primary. `statements` tells what it was asked since."""

    def __init__(self, root, name, settings=None):
        super().__init__(root, name)
        self.account = server_account(self.directory)
        self.programs = programs_dir(self.account, root)
        self.settings = POSTGRES_SETTINGS | (settings or {})

    def create(self):
        cluster.create(self.directory, self.account, self.programs)
        self.start()
        role = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        for name in (OWNER, USER):
            self.query(role.format(sql.Identifier(name), sql.Literal(PASSWORD)), "postgres")
        self.query(f"CREATE DATABASE {DATABASE} OWNER {OWNER}", "postgres")
        return self

    def command(self):
        settings = [f"--{name}={value}" for name, value in self.settings.items()]
        return [self.programs / "postgres", "-D", self.directory, f"--port={self.port}", *settings]

    def answers(self):
        with contextlib.suppress(psycopg.OperationalError):
            self.query("SELECT 1", "postgres")
            return True
        return False

    def kill(self):
        super().kill()
        (self.directory / "postmaster.pid").unlink(missing_ok=True)

    def connect(self, database=DATABASE):
        address = {"host": "127.0.0.1", "port": self.port, "user": "postgres", "dbname": database}
        return psycopg.connect(**address, autocommit=True, connect_timeout=5)

    def query(self, query, database=DATABASE):
        with self.connect(database) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    @contextlib.contextmanager
    def statements(self):
        """Yield a list that holds the statements of the block at its end."""
        start, statements = self.log.stat().st_size, []
        yield statements
        with self.log.open(errors="replace") as log:
            log.seek(start)
            statements += [match[1].strip() for match in STATEMENT.finditer(log.read())]


class Replica(Postgres):
    """A physical replica of a primary."""

    def __init__(self, root, name, primary):
        super().__init__(root, name, primary.settings)
        self.primary = primary

    def create(self):
        owned_directory(self.directory)
        result = self.account.run(
            *(self.programs / "pg_basebackup", "--host=127.0.0.1", f"--port={self.primary.port}"),
            *("--username=postgres", "--checkpoint=fast", "--write-recovery-conf", "--no-sync"),
            f"--pgdata={self.directory}",
        )
        assert result.returncode == 0, result.stderr
        return self.start()

    def pause(self):
        """Receive what happens, but do not show it."""
        self.query("SELECT pg_wal_replay_pause()")
        self.wait_until(lambda: self._pause_state() == "paused", 20)

    def resume(self):
        self.query("SELECT pg_wal_replay_resume()")

    def catch_up(self):
        [[position]] = self.primary.query("SELECT pg_current_wal_lsn()")
        reached = f"SELECT pg_last_wal_replay_lsn() >= '{position}'"
        self.wait_until(lambda: self.query(reached) == [(True,)], 30)

    def _pause_state(self):
        return self.query("SELECT pg_get_wal_replay_pause_state()")[0][0]


class PgBouncer(Process):
    """PgBouncer with `deploy/pgbouncer.ini`, in front of a primary."""

    def __init__(
        self,
        root,
        primary,
        sessions=20,
        *,
        name="pgbouncer",
        mode="transaction",
        database=DATABASE,
    ):
        super().__init__(root, name)
        owned_directory(self.directory)
        text = (DEPLOY / "pgbouncer.ini").read_text()
        for old, new in {
            "host=10.0.0.21 port=5432 dbname=desk": (
                f"host=127.0.0.1 port={primary.port} dbname={database}"
            ),
            "pool_mode = transaction": f"pool_mode = {mode}",
            "listen_port = 6432": f"listen_port = {self.port}",
            "/etc/pgbouncer/userlist.txt": str(self.directory / "userlist.txt"),
            "/var/log/postgresql/": f"{self.directory}/",
            "/var/run/postgresql/": f"{self.directory}/",
            "default_pool_size = 20": f"default_pool_size = {sessions}\nunix_socket_dir =",
            "query_wait_timeout = 5": f"query_wait_timeout = {PATIENCE}",
        }.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.write("pgbouncer.ini", text)
        self.write("userlist.txt", f'"{USER}" "{PASSWORD}"\n')

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        shutil.chown(path, self.directory.stat().st_uid, self.directory.stat().st_gid)

    def command(self):
        return [PGBOUNCER, "--quiet", self.directory / "pgbouncer.ini"]


class Nginx(Process):
    """nginx with `deploy/nginx.conf` and `deploy/upstream.conf`, in front of web servers.

    With `serves_https`, `deploy/tls.conf` as well: HTTPS on `tls_port`.
    """

    def __init__(self, root, ports, name="nginx", *, serves_https=False):
        super().__init__(root, name)
        owned_directory(self.directory)
        self.tls_port = free_port()
        upstream = (DEPLOY / "upstream.conf").read_text()
        for host, port in zip(("10.0.0.11:8000", "10.0.0.12:8000"), ports, strict=True):
            assert upstream.count(host) == 1, host
            upstream = upstream.replace(host, f"127.0.0.1:{port}")
        self.write("upstream.conf", upstream)
        text = (DEPLOY / "nginx.conf").read_text()
        for old, new in {
            "listen 8000 default_server": f"listen 127.0.0.1:{self.port} default_server",
            "set $desk http://web:8000": "set $desk http://desk",
            "/etc/nginx/desk.d/*.conf": f"{self.directory}/upstream.conf",
            "/etc/nginx/desk.d/server/*.conf": f"{self.directory}/server/*.conf",
            "access_log /dev/stdout": f"access_log {self.directory}/access",
            "/dev/stderr": "stderr",
            "pid /tmp/nginx.pid": f"pid {self.directory}/pid; daemon off",
            "proxy_next_upstream_timeout 5s": f"proxy_next_upstream_timeout {PATIENCE}s",
        }.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.write("nginx.conf", text.replace("/tmp/nginx-", f"{self.directory}/"))
        if serves_https:
            self._serve_https()

    def _serve_https(self):
        text = (DEPLOY / "tls.conf").read_text()
        for old, new in {
            "listen 8443 ": f"listen 127.0.0.1:{self.tls_port} ",
            "/etc/nginx/certificates/fullchain.pem": f"{self.directory}/certificate.pem",
            "/etc/nginx/certificates/privkey.pem": f"{self.directory}/key.pem",
            "/etc/nginx/acme": f"{self.directory}/acme",
        }.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        owned_directory(self.directory / "server")
        owned_directory(self.directory / "acme")
        self.write("server/tls.conf", text)
        self.write_certificate()

    def write_certificate(self):
        write_certificate(self.directory)
        for name in ("certificate.pem", "key.pem"):
            (self.directory / name).chmod(0o644)

    def write(self, name, text):
        path = self.directory / name
        path.write_text(text)
        path.chmod(0o644)

    def requests(self):
        """Return the lines of the access log."""
        return [json.loads(line) for line in (self.directory / "access").open()]

    def answers_from(self, web):
        """Return how many requests a web server has answered, each alone."""
        answers = [(line["upstream"], line["status"]) for line in self.requests()]
        return answers.count((f"127.0.0.1:{web.port}", 200))

    def command(self):
        return [NGINX, "-e", "stderr", "-c", self.directory / "nginx.conf"]


def temporary_root():
    """Return a directory that every account can pass through."""
    root = Path(tempfile.mkdtemp(prefix="desk-scaling-"))
    root.chmod(0o711)
    return root
