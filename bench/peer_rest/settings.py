"""The settings of the usual design. PEER_DATABASE is a libpq connection string as JSON."""

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
        "CONN_MAX_AGE": None,  # connections persist
    }
}
SECRET_KEY = "of a benchmark on loopback"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peer_rest.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
INSTALLED_APPS = ["rest_framework", "django_filters", "bench.peer_rest"]
MIDDLEWARE = ["bench.statements.count"] if os.environ.get("COUNT_STATEMENTS") else []
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 20,
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.SearchFilter",
    ],
}
