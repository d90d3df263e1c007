"""The settings of django-helpdesk. PEER_DATABASE is a libpq connection string as JSON."""

import json
import os

_address = json.loads(os.environ.get("PEER_DATABASE", "{}"))
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _address.get("dbname", ""),
        "HOST": _address.get("host", ""),
        "PORT": _address.get("port", ""),
        "USER": _address.get("user", ""),
        "CONN_MAX_AGE": None,
    }
}
SECRET_KEY = "of a benchmark on loopback"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peer_helpdesk.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
SITE_ID = 1
STATIC_URL = "/static/"
LOGIN_URL = "/login/"
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.sites",
    "django.contrib.humanize",
    "rest_framework",
    "helpdesk",
]
MIDDLEWARE = [
    *(["bench.statements.count"] if os.environ.get("COUNT_STATEMENTS") else []),
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
HELPDESK_PUBLIC_TICKET_QUEUE = "support"
HELPDESK_TEAMS_MODE_ENABLED = False
