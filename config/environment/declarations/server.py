"""The database, the web server, and the pages."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from ..setting import (
    BASE_DIR,
    DEFAULT_SECRET,
    Section,
    Setting,
    Values,
    boolean,
    database_url,
    directory,
    integer,
    log_level,
    number,
    password,
    secret,
    text,
    time_zone,
)

# These name one server together, instead of DATABASE_URL.
PARTS = (
    *("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD"),
    *("POSTGRES_APP_USER", "POSTGRES_APP_PASSWORD"),
)
APP_ROLE = "desk_app"
# By which a process becomes the role that owns the tables: not for web server and worker.
OF_THE_OWNER = {"DATABASE_OWNER_URL", "POSTGRES_USER", "POSTGRES_PASSWORD"}


def host_of_compose(values: Values) -> str:
    """The service of docker-compose.yml, unless DATABASE_URL names another server."""
    return "db" if values["INSTALLATION"] == "compose" and not values["DATABASE_URL"] else ""


def owner_of_compose(values: Values) -> str:
    """Web server and worker of Docker Compose do not know the role that owns the database."""
    return "" if values["INSTALLATION"] == "compose" and not values["MIGRATES"] else "desk"


def password_of_compose(values: Values) -> str:
    return DEFAULT_SECRET if host_of_compose(values) and values["MIGRATES"] else ""


def app_role_of_compose(values: Values) -> str:
    return APP_ROLE if values["INSTALLATION"] == "compose" and not values["DATABASE_URL"] else ""


def refuse_two_databases(values: Values, environ: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured for a part of a server's address that would be ignored."""
    if values["DATABASE_OWNER_URL"] and not values["DATABASE_URL"]:
        raise ImproperlyConfigured("DATABASE_OWNER_URL needs DATABASE_URL.")
    if values["POSTGRES_HOST"] and not values["DATABASE_URL"]:
        return
    for name in PARTS:
        if environ.get(name, "").strip() or environ.get(f"{name}_FILE", "").strip():
            if values["DATABASE_URL"]:
                raise ImproperlyConfigured(f"Set DATABASE_URL or {name}, not both.")
            raise ImproperlyConfigured(f"{name} needs POSTGRES_HOST, the name of the server.")


WEB_TIMEOUT_MS = 4000  # of statements and locks, where neither setting is set

DATABASE = Section(
    "Database",
    (
        Setting(
            "DATABASE_URL",
            database_url,
            "",
            "A PostgreSQL server to use instead of the embedded one of `make run`, or of that of"
            " Docker Compose. Percent-encode special characters in the password: `%40` for @,"
            " `%2F` for /. A socket: `postgres://user@/name?host=/var/run/postgresql`.",
            example="postgres://user:password@host:5432/name",
            is_confidential=True,
            in_readme=True,
        ),
        Setting(
            "DATABASE_OWNER_URL",
            database_url,
            "",
            "The same database as the role that owns its tables. `migrate` and `restore` use it,"
            " and give the role of `DATABASE_URL` what web server and worker need. Without it, the"
            " role of `DATABASE_URL` has to own them.",
            example="postgres://owner:password@host:5432/name",
            is_confidential=True,
        ),
        Setting(
            "POSTGRES_HOST",
            text,
            host_of_compose,
            "The server as `DATABASE_URL` would name it, in parts, which may have any character:"
            " its name or address, or the directory of its socket.",
            default_note="none; Docker: `db`, its own database",
            example="db.example.org",
        ),
        Setting(
            "POSTGRES_PORT",
            integer,
            5432,
            "The port of that server.",
            minimum=1,
            maximum=65_535,
            example="5432",
        ),
        Setting("POSTGRES_DB", text, "desk", "The name of the database.", example="desk"),
        Setting(
            "POSTGRES_USER",
            text,
            owner_of_compose,
            "The name of the role that owns it.",
            default_note="`desk`",
            example="desk",
        ),
        Setting(
            "POSTGRES_PASSWORD",
            password,
            password_of_compose,
            "The password of that role. Docker Compose's database takes it at its first start.",
            docker=DEFAULT_SECRET,
        ),
        Setting(
            "POSTGRES_APP_USER",
            text,
            app_role_of_compose,
            "The role of web server and worker, which `migrate` creates and gives what they need."
            " Without it, they use that of `POSTGRES_USER`.",
            default_note=f"none; Docker: `{APP_ROLE}`",
            example=APP_ROLE,
        ),
        Setting(
            "POSTGRES_APP_PASSWORD",
            password,
            "",
            "The password of that role.",
            default_note="none; Docker: one that is made at the first start, in the volume `data`",
        ),
        Setting(
            "DATABASE_POOL_URL",
            database_url,
            "",
            "The same database through PgBouncer in transaction mode, which web servers use instead"
            " of `DATABASE_URL`.",
            example="postgres://user:password@host:6432/name",
            is_confidential=True,
        ),
        Setting(
            "DATABASE_REPLICA_URL",
            database_url,
            "",
            "A read replica of the database, without PgBouncer, from which web servers answer"
            " lists, searches and figures.",
            example="postgres://user:password@replica:5432/name",
            is_confidential=True,
        ),
        Setting(
            "REPLICA_MAX_LAG",
            number,
            10,
            "Seconds. The primary answers while the replica is late by more than that.",
            minimum=0,
        ),
        Setting(
            "DB_STATEMENT_TIMEOUT_MS",
            integer,
            0,
            "Milliseconds after which PostgreSQL cancels a statement, except those of exports and"
            " reports. A server that has not answered half a second later is taken for frozen: the"
            " desk answers 503 until it does. 0 means no limit for both.",
            minimum=0,
            default_note=f"web server: `{WEB_TIMEOUT_MS}`, else `0`",
            example=str(WEB_TIMEOUT_MS),
        ),
        Setting(
            "DB_LOCK_TIMEOUT_MS",
            integer,
            10_000,
            "Milliseconds after which PostgreSQL stops waiting for a lock. 0 means no limit.",
            minimum=0,
            default_note=f"web server: `{WEB_TIMEOUT_MS}`, else `10000`",
            example=str(WEB_TIMEOUT_MS),
        ),
        Setting(
            "SLOW_STATEMENT_MS",
            integer,
            1000,
            "Milliseconds from which on a statement is written to the log, without its values, and"
            " with what it waited for if that was a lock. 0 writes none.",
            minimum=0,
        ),
        Setting(
            "DATA_DIR",
            directory,
            BASE_DIR / ".data",
            "Where `make run` keeps the embedded database, the secret key and the passwords of"
            " the demo accounts.",
            default_note="`./.data`",
            example="./.data",
            in_readme=True,
        ),
    ),
)

WEB_SERVER = Section(
    "Web server",
    (
        Setting("WEB_WORKERS", integer, 2, "The number of web server processes.", minimum=1),
        Setting("WEB_THREADS", integer, 8, "The number of threads in each process.", minimum=1),
        Setting(
            "WEB_WORKER_MB",
            integer,
            150,
            "Megabytes of memory that a process may use for itself. One that uses more answers"
            " its requests and is replaced. What the processes share does not count.",
            minimum=1,
        ),
        Setting(
            "LOG_LEVEL", log_level, "INFO", "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`."
        ),
        Setting(
            "LOG_FORMAT",
            text,
            "text",
            "How the web server, the worker and commands write their log: lines of `text`, or one"
            " `json` object each.",
            choices=("text", "json"),
        ),
        Setting(
            "METRICS_TOKEN",
            secret,
            "",
            "A token for `/metrics`, which answers in the format of Prometheus. Admins can read it"
            " with tokens and sessions of their own as well. To generate one:"
            ' `python3 -c "import secrets; print(secrets.token_urlsafe(30))"`',
            default_note="none",
        ),
        Setting(
            "DEBUG",
            boolean,
            False,
            "Set to 1 to show the details of errors in the browser. Never do so where others"
            " can reach the desk.",
        ),
    ),
)

CONDITIONS = Section(
    "What operators see",
    (
        Setting(
            "BACKUP_MAX_AGE_DAYS",
            number,
            2,
            "Days after which the last `manage.py backup` is too old. 0 means that you back up by"
            " other means. A desk for one machine says so only once it has a backup.",
            minimum=0,
        ),
        Setting(
            "MIN_FREE_DISK_MB",
            integer,
            0,
            "MB that must be free on each disk that the desk writes to. 0 means a tenth of the"
            " disk, and at most 5 GB.",
            minimum=0,
        ),
    ),
)

PAGES = Section(
    "Pages",
    (
        Setting(
            "TIME_ZONE",
            time_zone,
            "UTC",
            "The desk's time zone, such as `Europe/Berlin`. Days on pages, in charts, filters"
            " and exports begin at its midnight. Browsers show times in the reader's zone;"
            " without JavaScript they are in the desk's. The API always uses UTC.",
            in_readme=True,
        ),
    ),
)
