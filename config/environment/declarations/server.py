"""The database, the web server, and the pages."""

from ..setting import (
    BASE_DIR,
    DEFAULT_SECRET,
    Section,
    Setting,
    boolean,
    database_url,
    directory,
    integer,
    number,
    secret,
    text,
    time_zone,
)

DATABASE = Section(
    "Database",
    (
        Setting(
            "POSTGRES_PASSWORD",
            secret,
            DEFAULT_SECRET,
            "The password of Docker Compose's database. Use letters, digits, `-` and `_` only:"
            " it becomes part of a URL.",
            compose_only=True,
        ),
        Setting(
            "DATABASE_URL",
            database_url,
            "",
            "A PostgreSQL server to use instead of the embedded one of `make run`. Docker"
            " Compose sets this to its own database.",
            example="postgres://user:password@host:5432/name",
            in_readme=True,
        ),
        Setting(
            "DATABASE_POOL_URL",
            database_url,
            "",
            "The same database through PgBouncer in transaction mode, which web servers use instead"
            " of `DATABASE_URL`.",
            example="postgres://user:password@host:6432/name",
        ),
        Setting(
            "DATABASE_REPLICA_URL",
            database_url,
            "",
            "A read replica of the database, without PgBouncer, from which web servers answer"
            " lists, searches and figures.",
            example="postgres://user:password@replica:5432/name",
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
            "Milliseconds after which PostgreSQL cancels a statement. 0 means no limit.",
            minimum=0,
            default_note="`0`; web server of Docker and `make run`: `15000`",
            docker="15000",
        ),
        Setting(
            "DB_LOCK_TIMEOUT_MS",
            integer,
            10_000,
            "Milliseconds after which PostgreSQL stops waiting for a lock. 0 means no limit.",
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
        Setting("LOG_LEVEL", text, "INFO", "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`."),
        Setting(
            "DEBUG",
            boolean,
            False,
            "Set to 1 to show the details of errors in the browser. Never do so where others"
            " can reach the desk.",
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
