"""A desk past one machine: two web servers behind nginx, PgBouncer, a primary and a replica.

One role owns the tables and migrates; another one is that of web servers and workers.
"""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import threading
from urllib.parse import quote, urlencode

from .servers import (
    DATABASE,
    OWNER,
    PASSWORD,
    ROOT,
    USER,
    Nginx,
    PgBouncer,
    Postgres,
    Process,
    Replica,
    temporary_root,
)

PREPARE = """
from tickets.access.actors import SYSTEM
from tickets.services.accounts import create_account, create_token
create_account("kim", "a long password", admin=True)
for name, scopes in [("reader", ["read"]), ("writer", ["read", "write"])]:
    print(create_token(name, scopes, SYSTEM).secret)
"""
LATE = 3600  # seconds that a replica may be late


class Web(Process):
    """A web server of the desk, with its own idea of how late a replica may be."""

    def __init__(self, root, name, environment):
        super().__init__(root, name)
        self.directory.mkdir(exist_ok=True)
        self.environment = environment | {"PORT": str(self.port)}

    def start(self):
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        return self

    def command(self):
        options = ("--config", "config/gunicorn.py")
        return [sys.executable, "-m", "gunicorn", *options, "config.wsgi"]

    def wait(self):
        self.wait_until(self.answers, 60)
        return self


class Worker(Web):
    def command(self):
        return [sys.executable, "manage.py", "procrastinate", "worker"]


class Site:
    """The servers, as attributes. `reader` and `writer` are the secrets of two tokens.

    The first web server takes any replica, the second none that is later than a second.
    """

    def __init__(self, sessions=20, *, quiet=False):
        self.root, self.sessions = temporary_root(), sessions
        self.logged = {"log_statement": "none"} if quiet else {}
        self.servers = []

    def start(self):
        self.primary = self.started(Postgres(self.root, "primary", self.logged))
        self.replica = self.started(Replica(self.root, "replica", self.primary))
        self.pgbouncer = self.started(PgBouncer(self.root, self.primary, self.sessions))
        self.environment = os.environ | {
            "DATABASE_URL": self.address(self.primary),
            "DATABASE_POOL_URL": self.address(self.pgbouncer),
            "DATABASE_REPLICA_URL": self.address(self.replica),
            "REPLICA_MAX_LAG": str(LATE),
            "DATA_DIR": str(self.root / "data"),
            "SECRET_KEY": "k" * 50,
            "ACCESS_MODE": "token",
            "HOST": "127.0.0.1",
            "TRUSTED_PROXIES": "1",
            "INSTALLATION": "compose",  # the proxy belongs to it, and publishes nothing
            "TRIAGE_ENCODER": "0",
            "WEB_WORKERS": "1",
            "DEBUG": "1",  # works without collected static files
        }
        owner = self.address(self.primary, OWNER)
        self.manage("migrate", "--verbosity", "0", DATABASE_OWNER_URL=owner)
        self.reader, self.writer = self.manage("shell", "--verbosity", "0", "-c", PREPARE).split()
        self.replica.catch_up()
        strict = self.environment | {"REPLICA_MAX_LAG": "1"}
        self.webs = [Web(self.root, "web1", self.environment), Web(self.root, "web2", strict)]
        for web in self.webs:
            self.started(web)
        for web in self.webs:
            web.wait()
        self.nginx = self.started(Nginx(self.root, [web.port for web in self.webs]))
        return self

    def started(self, server):
        """Start a server, which ends with the site."""
        self.servers.append(server)
        server.create()
        return server

    def address(self, server, role=USER):
        return f"postgres://{role}:{quote(PASSWORD)}@127.0.0.1:{server.port}/{DATABASE}"

    def manage(self, *arguments, **environment):
        result = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    @contextlib.contextmanager
    def worker(self):
        worker = Worker(self.root, "worker", self.environment).start()
        try:
            yield worker
        finally:
            worker.kill()

    def program(self, token, server=None):
        """Return a client that has a token and no cookies."""
        return Client(server or self.nginx, {"Authorization": f"Bearer {token}"})

    def agent(self, server=None):
        """Return a browser in which kim is signed in."""
        client = Client(server or self.nginx)
        client.get("/sign-in/")
        form = {"username": "kim", "password": "a long password"}
        assert client.post_form("/sign-in/", form).status == 302
        return client

    def start_again(self):
        """Start what a test has killed."""
        for server in self.servers:
            if server.popen is None:
                server.start()
        for web in self.webs:
            web.wait()
        self.replica.resume()
        self.replica.catch_up()

    def remove(self):
        for server in reversed(self.servers):
            server.kill()
        shutil.rmtree(self.root, ignore_errors=True)


class Response:
    def __init__(self, response, body):
        self.status, self.headers, self.body = response.status, response.headers, body

    def json(self):
        return json.loads(self.body)

    @property
    def titles(self):
        """The titles of the tickets of a list."""
        return [ticket["title"] for ticket in self.json()]


class Client:
    """A client with a cookie jar. Each request has a connection of its own."""

    def __init__(self, server, headers=None):
        self.port, self.headers, self.cookies = server.port, headers or {}, {}

    def at(self, server):
        """Return the same client, with its cookies, in front of another server."""
        other = Client(server, self.headers)
        other.cookies = self.cookies
        return other

    def request(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {**self.headers, **({"Cookie": jar} if jar else {}), **headers}
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
        for line in response.headers.get_all("Set-Cookie", []):
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Response(response, content)

    def get(self, path):
        return self.request("GET", path)

    def post_form(self, path, form):
        form = {"csrfmiddlewaretoken": self.cookies["csrftoken"], **form}
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", path, urlencode(form), **kind)

    def send(self, method, path, body):
        """Send JSON."""
        headers = {"Content-Type": "application/json"}
        if "csrftoken" in self.cookies:
            headers["X-CSRFToken"] = self.cookies["csrftoken"]
        return self.request(method, path, json.dumps(body), **headers)

    def create(self, title):
        body = {"title": title, "description": title, "category": "general", "priority": "low"}
        created = self.send("POST", "/api/tickets/", body)
        assert created.status == 201, created.body
        return created.json()["id"]


class Load:
    """Clients that ask again and again while the block runs. `statuses` are the answers'.

    A request that got no answer counts as 0. `failures` says more about those from 400 on.
    """

    def __init__(self, ask, clients=4):
        self.statuses, self.failures, self._ended = [], [], threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(ask,)) for _ in range(clients)]

    def _run(self, ask):
        while not self._ended.is_set():
            try:
                response = ask()
            except (OSError, http.client.HTTPException) as error:
                self.statuses.append(0)
                self.failures.append(repr(error))
            else:
                self.statuses.append(response.status)
                if response.status >= 400:
                    self.failures.append(response.body)

    def wait_for(self, more):
        """Wait until so many more requests have been answered."""
        wanted = len(self.statuses) + more
        while len(self.statuses) < wanted:
            self._ended.wait(0.01)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()
