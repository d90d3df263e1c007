"""Django's settings. Those that come from the environment are declared in `config/environment`."""

import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

from bounded_postgres.connection import GRACE
from config.environment import read, setting
from config.environment.declarations.server import OF_THE_OWNER
from config.environment.setting import DJANGO_CONSOLE_BACKEND, DJANGO_SMTP_BACKEND
from config.logs import configuration
from config.stored_secrets import stored_secret

BASE_DIR, DEFAULT_SECRET = setting.BASE_DIR, setting.DEFAULT_SECRET
env = read(os.environ)
# Kept out of the settings, since each may contain a password.
database_url, email_url = env.pop("DATABASE_URL"), env.pop("EMAIL_URL")
pool_url, replica_url = env.pop("DATABASE_POOL_URL"), env.pop("DATABASE_REPLICA_URL")
owner_url = env.pop("DATABASE_OWNER_URL")
postgres_password, app_password = env.pop("POSTGRES_PASSWORD"), env.pop("POSTGRES_APP_PASSWORD")
# Every other variable is a setting of the same name: settings.CREATE_LIMIT, settings.LLM_MODEL ...
globals().update(env)


def stored(name: str, variable: str) -> str:
    is_container = bool(env["INSTALLATION"])
    return stored_secret(env["DATA_DIR"], name, variable, is_container=is_container)


SECRET_KEY_IS_STORED = not env["SECRET_KEY"]
SECRET_KEY = env["SECRET_KEY"] or stored("secret_key", "SECRET_KEY")
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", env["HOST"], *env["ALLOWED_HOSTS"]]

# --- Applications --------------------------------------------------------------

INSTALLED_APPS = [
    "tickets.apps.TicketsConfig",
    "tickets.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    # Static files come first: the headers of pages would add 400 bytes to each of them.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "tickets.web.counting.count_requests",
    "tickets.web.lost_connections.repeat_reads",
    "tickets.web.middleware.request_id",
    *(["tickets.web.cors.cross_origin"] if env["CORS_ALLOWED_ORIGINS"] else []),
    "tickets.web.middleware.one_host",
    "tickets.web.cookies.own_cookies",
    *(["tickets.web.replica.note_position"] if replica_url else []),
    "tickets.web.language.public_language",
    "tickets.web.middleware.error_answers",
    "tickets.web.middleware.content_security_policy",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "tickets.web.middleware.readable_forms",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tickets.web.middleware.note_use",
    "tickets.web.second_factor.require_second_factor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tickets.pages.context.site",
                "tickets.web.notices.context",
            ],
            "libraries": {
                "charts": "tickets.pages.templatetags.charts",
                "conversation": "tickets.pages.templatetags.conversation",
                "desk": "tickets.pages.templatetags.desk",
                "files": "tickets.pages.templatetags.files",
                "rows": "tickets.pages.templatetags.rows",
                "triage": "tickets.pages.templatetags.triage",
            },
        },
    },
]

# --- Database ------------------------------------------------------------------

# How long a statement may take, and how long we wait for the server to say that it took too long.
statement_seconds = env["DB_STATEMENT_TIMEOUT_MS"] / 1000
answer_seconds = statement_seconds + GRACE if statement_seconds else None
# `config/gunicorn.py` sets POOLED: the web server uses PgBouncer in transaction mode, which gives
# each transaction whatever session is free. So nothing may belong to a session: PgBouncer itself
# sets these parameters, and Django opens no cursors that outlive a statement.
is_pooled = bool(pool_url) and (bool(os.environ.get("POOLED")) or database_url == pool_url)
parameters = (
    f"-c statement_timeout={env['DB_STATEMENT_TIMEOUT_MS']}"
    f" -c lock_timeout={env['DB_LOCK_TIMEOUT_MS']}"
    # Requests read little. To compile a plan, or to start processes for it, takes longer.
    " -c jit=off -c max_parallel_workers_per_gather=0"
)
database_options = {
    # A gthread worker holds one connection per thread; two more for work outside of requests.
    "pool": {"min_size": 1, "max_size": env["WEB_THREADS"] + 2, "timeout": 4},
    "connect_timeout": 4,
    # A session keeps settings and prepared statements (querysets/statements.py); a pooler does not.
    **({} if is_pooled else {"options": parameters, "prepare_threshold": 5}),
}


def database_at(url: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the database at an address, which may bring options of its own, such as sslmode."""
    database: dict[str, Any] = Env.db_url_config(url)
    return {
        **database,
        "ENGINE": "bounded_postgres",
        "OPTIONS": database.get("OPTIONS", {}) | options,
    }


# By which a process becomes the role that owns the tables. `make run` keeps them to itself.
OWNER_VARIABLES = {*OF_THE_OWNER, *(f"{name}_FILE" for name in OF_THE_OWNER)}
has_server = bool(database_url or env["POSTGRES_HOST"])
# OWNER is how to connect as the role that owns the tables, see bounded_postgres/base.py.
if has_server and (is_pooled or database_url):
    database = database_at(pool_url if is_pooled else database_url, database_options)
    database["DISABLE_SERVER_SIDE_CURSORS"] = is_pooled
    database["OWNER"] = database_at(owner_url, database_options) if owner_url else None
elif env["POSTGRES_HOST"]:
    owner = {"USER": env["POSTGRES_USER"], "PASSWORD": postgres_password}
    app = {"USER": env["POSTGRES_APP_USER"], "PASSWORD": app_password}
    if app["USER"] and env["INSTALLATION"] == "compose":
        app["PASSWORD"] = app_password or stored("database_password", "POSTGRES_APP_PASSWORD")
    database = {
        "ENGINE": "bounded_postgres",
        "HOST": env["POSTGRES_HOST"],
        "PORT": env["POSTGRES_PORT"],
        "NAME": env["POSTGRES_DB"],
        "OPTIONS": database_options,
        **(app if app["USER"] else owner),
        "OWNER": owner if app["USER"] and owner["USER"] else None,
    }
elif pool_url or replica_url:
    raise ImproperlyConfigured(
        "DATABASE_POOL_URL and DATABASE_REPLICA_URL need DATABASE_URL or POSTGRES_HOST."
    )
else:
    database = {
        "ENGINE": "embedded_postgres",
        "NAME": "tickets",
        "USER": "desk",
        "DATA_DIR": env["DATA_DIR"],
        "OPTIONS": database_options,
    }
# Requests do not ask whether a connection works, see tickets/web/lost_connections.py.
limits = {"ANSWER_SECONDS": answer_seconds, "SLOW_SECONDS": env["SLOW_STATEMENT_MS"] / 1000}
DATABASES = {"default": {**database, **limits, "CONN_HEALTH_CHECKS": False}}
# How the web servers connect, for the doctor, who does not.
DATABASES["default"]["POOLER"] = database_at(pool_url, {"connect_timeout": 4}) if pool_url else None
if replica_url:  # see tickets/web/replica.py
    # One session per thread and no pool of any kind: pools wait for a server that is away, but here
    # the primary can answer at once. A machine that is silent is given up after two seconds.
    replica_options = {"connect_timeout": 2, "tcp_user_timeout": 2000, "options": parameters}
    DATABASES["replica"] = {
        **database_at(replica_url, replica_options),
        **limits,
        "CONN_MAX_AGE": None,
        "TEST": {"MIRROR": "default"},
    }
# Database triggers write the audit trail, see tickets/models/.
PGHISTORY_APPEND_ONLY = False
# The time of the change itself: its transaction may have begun earlier and waited for a lock.
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Replies of models, shared by all processes.
    "triage": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "triage_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    # What processes tell each other, such as the time of the last backup. In the same table, under
    # names that come last in the alphabet: a full cache drops the first ones.
    "desk": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "triage_cache",
        "KEY_PREFIX": "zz-desk",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Sign-in and sessions --------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
] + [{"NAME": "tickets.access.passwords.NoWordsOfTheDesk"}]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "ticket-list"
LOGOUT_REDIRECT_URL = "submit"
AXES_FAILURE_LIMIT = env["SIGN_IN_FAILURES"]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "tickets.access.client_addresses.locked_address"
AXES_LOCKOUT_CALLABLE = "tickets.web.lockout.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_ENGINE = "tickets.access.sessions"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env["HTTPS"]
CSRF_COOKIE_HTTPONLY = True  # scripts have the token from the page
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "tickets.web.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if env["HTTPS"] else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env["HTTPS"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env["HTTPS"] else None
X_FRAME_OPTIONS = "DENY"

# What `check --deploy` would have beyond that.
SILENCED_SYSTEM_CHECKS = [
    "security.W021",  # HSTS in the lists of browsers: for the owner of the domain to decide
    "security.W008",  # the proxy redirects to HTTPS, before a request gets here
]

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

# --- Email ------------------------------------------------------------------------

mail_server = Env.email_url_config(email_url)
# Our own SMTP backend also knows how far a message got, and our console prints one line each.
SMTP_BACKEND = "tickets.services.mail.smtp.EmailBackend"
own_backends = {
    DJANGO_SMTP_BACKEND: SMTP_BACKEND,
    DJANGO_CONSOLE_BACKEND: "tickets.services.mail.console.EmailBackend",
}
EMAIL_BACKEND = own_backends.get(mail_server["EMAIL_BACKEND"], mail_server["EMAIL_BACKEND"])
EMAIL_FILE_PATH = mail_server["EMAIL_FILE_PATH"] or None
EMAIL_HOST = mail_server["EMAIL_HOST"] or ""
EMAIL_HOST_USER = mail_server["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = mail_server["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = bool(mail_server.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(mail_server.get("EMAIL_USE_SSL"))
EMAIL_PORT = mail_server["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_TIMEOUT = 10  # seconds, for each answer of the mail server
DEFAULT_FROM_EMAIL = env["EMAIL_FROM"]

# --- Static files, language, logging -------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".build" / "static"
# What tools/bundle.py makes of our scripts and style sheets; it replaces their sources.
BUNDLES = BASE_DIR / ".build" / "bundles"
STATICFILES_DIRS = [
    *([BUNDLES] if BUNDLES.exists() and not env["DEBUG"] else []),
    BASE_DIR / "static",
    ("vendor/alpine", BASE_DIR / "node_modules" / "@alpinejs" / "csp" / "dist"),
    ("vendor/idiomorph", BASE_DIR / "node_modules" / "idiomorph" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "attachments": {
        "BACKEND": "tickets.services.attachments.bucket.BucketStorage",
        "OPTIONS": env["ATTACHMENT_STORAGE"],
    }
    if env["ATTACHMENT_STORAGE"]
    else {"BACKEND": "tickets.services.attachments.local.LocalStorage"},
}


# An SVG that is opened by its address is a document, in which scripts would run.
IMAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
FILE_POLICY = "default-src 'none'"


def add_static_headers(headers: Any, _path: str, url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = IMAGE_POLICY if url.endswith(".svg") else FILE_POLICY
    if SECURE_HSTS_SECONDS:
        headers["Strict-Transport-Security"] = f"max-age={SECURE_HSTS_SECONDS}; includeSubDomains"


WHITENOISE_ADD_HEADERS_FUNCTION = add_static_headers
WHITENOISE_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"

LOGGING = configuration(env)
