"""Settings, read from the environment alone and checked by `tickets/checks.py`.

Every variable is explained in `.env.example` and in the README's table.
"""

import math
import os
import secrets
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# An empty variable means the default, as in a line `PORT=` of an .env file.
env.ENVIRON = {name: value for name, value in os.environ.items() if value}


def _number(name: str, default: float | None, kind: type = int) -> Any:
    """A plain number; environ's own reading would make 500 of `500ms`."""
    value = env.ENVIRON.get(name, "").strip()
    if not value:
        return default
    try:
        number = kind(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}.")
    return number


def _secret(name: str) -> str:
    """As it stands: environ would take a first `$` for the name of another variable."""
    return str(env.ENVIRON.get(name, "")).strip()


# --- Where it runs -----------------------------------------------------------

HOST = env.str("HOST", default="127.0.0.1")
PORT = _number("PORT", 8000)
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".data"))).absolute()
DEBUG = env.bool("DEBUG", default=False)
LOOPBACK_HOSTS = ["127.0.0.1", "localhost", "::1"]
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", HOST, *env.list("ALLOWED_HOSTS", default=[])]
# With HTTPS in front: cookies only over it, and its origin accepted for forms.
HTTPS = env.bool("HTTPS", default=False)
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies in front may be believed about the client's address.
TRUSTED_PROXIES = _number("TRUSTED_PROXIES", 0)

# "open" lets anonymous callers act as an agent (the local demo); "token" does not.
ACCESS_MODE = env.str("ACCESS_MODE", default="token")
PLACEHOLDER = "change-me"
ADMIN_USERNAME = env.str("ADMIN_USERNAME", default="")
ADMIN_PASSWORD = _secret("ADMIN_PASSWORD")


def _secret_key() -> str:
    """The key kept in the data directory, made on the first start."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"secret_key.{secrets.token_hex(4)}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            # Several processes may start at once: the first link wins, all read the same key.
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


SECRET_KEY = _secret("SECRET_KEY") or _secret_key()

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
    "csp",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    # First the static files: the headers of pages would weigh 400 bytes on each of them.
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.request_id",
    "config.middleware.plain_cookies",
    "config.middleware.problems",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.readable_forms",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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
                "desk": "tickets.pages.templatetags.desk",
                "rows": "tickets.pages.templatetags.rows",
            },
        },
    },
]

# --- Database ------------------------------------------------------------------

# A gthread worker holds one connection a thread; two more for what runs beside requests.
WEB_WORKERS = _number("WEB_WORKERS", 2)
WEB_THREADS = _number("WEB_THREADS", 8)
_CONNECTION: dict[str, Any] = {
    # Web requests are cut off; commands and the worker may take longer (0: no limit).
    "OPTIONS": {
        "pool": {"min_size": 1, "max_size": WEB_THREADS + 2, "timeout": 5},
        "connect_timeout": 5,
        "options": f"-c statement_timeout={_number('DB_STATEMENT_TIMEOUT_MS', 0)}"
        f" -c lock_timeout={_number('DB_LOCK_TIMEOUT_MS', 10_000)}",
    },
    "CONN_HEALTH_CHECKS": True,
}
if env.str("DATABASE_URL", default=""):
    _url = env.db_url("DATABASE_URL")
    # The address may bring options of its own, such as sslmode.
    _options = _url.get("OPTIONS", {}) | _CONNECTION["OPTIONS"]
    DATABASES = {"default": {**_url, **_CONNECTION, "OPTIONS": _options}}
else:
    DATABASES = {
        "default": {
            "ENGINE": "config.embedded_postgres",
            "NAME": "tickets",
            "DATA_DIR": DATA_DIR,
            **_CONNECTION,
        }
    }
# Agents' and requesters' changes are recorded by database triggers, see tickets/models/.
PGHISTORY_APPEND_ONLY = False
# When it happened, not when its transaction began: that may have waited for another's lock.
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "tasks"
PROCRASTINATE_WORKER_DEFAULTS = {"delete_jobs": "successful"}

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # Replies of a model, for all processes.
    "triage": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "triage_cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

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
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "ticket-list"
LOGOUT_REDIRECT_URL = "submit"
AXES_FAILURE_LIMIT = _number("SIGN_IN_FAILURES", 5)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "tickets.access.client_address"
AXES_LOCKOUT_CALLABLE = "tickets.pages.errors.locked_out"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
X_FRAME_OPTIONS = "DENY"

OWN_ONLY = ("default", "script", "style", "img", "font", "connect")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        **{f"{kind}-src": ["'self'"] for kind in OWN_ONLY},
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- E-mail ------------------------------------------------------------------------


def _mail_server() -> dict[str, Any]:
    """EMAIL_URL in Django's words. What it holds is not repeated: a password may be in it."""
    try:
        found: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
    except (ImproperlyConfigured, ValueError):
        found = {"OPTIONS": {}}
    if "OPTIONS" in found:
        raise ImproperlyConfigured(
            "EMAIL_URL must be an address such as smtp+tls://user:password@host:587 (STARTTLS),"
            " smtp+ssl://user:password@host:465, smtp://host:25 or consolemail://."
        )
    return found


_mail = _mail_server()
SMTP_BACKEND = "tickets.services.smtp.EmailBackend"
_by_smtp = _mail["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
EMAIL_BACKEND = SMTP_BACKEND if _by_smtp else _mail["EMAIL_BACKEND"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"] or None
EMAIL_HOST = _mail["EMAIL_HOST"] or ""
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_PORT = _mail["EMAIL_PORT"] or (587 if EMAIL_USE_TLS else 465 if EMAIL_USE_SSL else 25)
EMAIL_TIMEOUT = 10  # seconds, for each answer of the mail server
EMAIL_FROM = env.str("EMAIL_FROM", default="Support desk <desk@localhost>")
DEFAULT_FROM_EMAIL = EMAIL_FROM
# What links in mail begin with: no request says under which name requesters reach the desk.
_site = f"http://[{HOST}]:{PORT}" if ":" in HOST else f"http://{HOST}:{PORT}"
SITE_URL = env.str("SITE_URL", default=_site).strip().rstrip("/")

# --- Limits ----------------------------------------------------------------------

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# A client address's requests in a minute, for callers who have not signed in.
CREATE_LIMIT = _number("CREATE_LIMIT", 30)
SUGGEST_LIMIT = _number("SUGGEST_LIMIT", 60)
SIGN_IN_LIMIT = _number("SIGN_IN_LIMIT", 30)

# --- Triage ------------------------------------------------------------------------

LLM_ENABLED = env.bool("LLM_ENABLED", default=True)
# auto: the one whose key is set.
LLM_PROVIDER = env.str("LLM_PROVIDER", default="auto")
LLM_API_KEY = _secret("LLM_API_KEY")
LLM_BASE_URL = env.str("LLM_BASE_URL", default="")
LLM_MODEL = env.str("LLM_MODEL", default="")
LLM_TIMEOUT = _number("LLM_TIMEOUT", None, float)  # seconds, the whole call
# Half of the threads may wait for a model; the pages keep the others.
LLM_CONCURRENCY = _number("LLM_CONCURRENCY", max(1, WEB_THREADS // 2))
LLM_DAILY_CALLS = _number("LLM_DAILY_CALLS", 5000)
LLM_DAILY_COST = _number("LLM_DAILY_COST", 5.0, float)  # USD, estimated
LLM_CLIENT_CALLS = _number("LLM_CLIENT_CALLS", 30)
LLM_CACHE_SECONDS = _number("LLM_CACHE_SECONDS", 24 * 3600)
LLM_MIN_CHARS = _number("LLM_MIN_CHARS", 20)
LLM_MAX_INPUT_CHARS = _number("LLM_MAX_INPUT_CHARS", 4000)
LLM_MAX_OUTPUT_TOKENS = _number("LLM_MAX_OUTPUT_TOKENS", 512)
LLM_TEMPERATURE = _number("LLM_TEMPERATURE", None, float)
LLM_PRICE_INPUT = _number("LLM_PRICE_INPUT", None, float)
LLM_PRICE_OUTPUT = _number("LLM_PRICE_OUTPUT", None, float)
GEMINI_API_KEY = _secret("GEMINI_API_KEY")
GEMINI_MODEL = env.str("GEMINI_MODEL", default="gemini-3.5-flash-lite")
GEMINI_BASE_URL = env.str("GEMINI_BASE_URL", default="")
GEMINI_BACKEND = env.str("GEMINI_BACKEND", default="sdk")
OPENAI_API_KEY = _secret("OPENAI_API_KEY")
OPENAI_MODEL = env.str("OPENAI_MODEL", default="gpt-6-luna")
OPENAI_CLASSIFY_MODEL = env.str("OPENAI_CLASSIFY_MODEL", default="")
OPENAI_BASE_URL = env.str("OPENAI_BASE_URL", default="https://api.openai.com/v1")
GROQ_API_KEY = _secret("GROQ_API_KEY")
GROQ_MODEL = env.str("GROQ_MODEL", default="openai/gpt-oss-20b")
GROQ_BASE_URL = env.str("GROQ_BASE_URL", default="https://api.groq.com/openai/v1")
# A second source that is asked and recorded, never shown: "provider:model".
TRIAGE_SHADOW = env.str("TRIAGE_SHADOW", default="")

# --- Static files, language, logging -------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".build" / "static"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("vendor/alpine", BASE_DIR / "node_modules" / "@alpinejs" / "csp" / "dist"),
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.StaticFilesStorage"},
}


def _static_headers(headers: Any, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"


WHITENOISE_ADD_HEADERS_FUNCTION = _static_headers
WHITENOISE_ALLOW_ALL_ORIGINS = False

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "django.security.DisallowedHost": {"level": "ERROR"},
        "django.request": {"level": "ERROR"},
        "procrastinate": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
