"""The environment variables of the desk, declared once in `declarations/`.

`python -m config.environment` writes `.env.example` and the tables of README.md and
docs/settings.md from the declarations.
"""

from collections.abc import Callable, Mapping
from typing import NoReturn

from django.core.exceptions import ImproperlyConfigured

from .declarations.sections import SETTINGS
from .declarations.server import refuse_two_databases
from .setting import Values


def read(environ: Mapping[str, str]) -> Values:
    """Return the value of each setting by its name; an empty variable means the default.

    A secret may also stand in a file: <name>_FILE names it. Raise ImproperlyConfigured, in one
    line, for the first variable with a wrong value.
    """
    values = _values(environ, on_error=_raise)
    refuse_two_databases(values, environ)
    return values


def problems(environ: Mapping[str, str]) -> list[str]:
    """Return what is wrong with each variable, in one line each."""
    errors: list[ImproperlyConfigured] = []
    values = _values(environ, on_error=errors.append)
    if not errors:
        try:
            refuse_two_databases(values, environ)
        except ImproperlyConfigured as error:
            errors.append(error)
    return [str(error) for error in errors]


def _values(
    environ: Mapping[str, str], on_error: Callable[[ImproperlyConfigured], object]
) -> Values:
    """Return all values. A variable that is wrong has its default, unless `on_error` raises."""
    # Not for operators: the Dockerfile and docker-compose.yml say with it how the desk runs.
    values: Values = {
        "INSTALLATION": environ.get("INSTALLATION", ""),
        "MIGRATES": bool(environ.get("MIGRATES")),
        # Secrets of the role that owns the database, which only the service migrate may read.
        "OWNER_FILES": [path for path in environ.get("OWNER_FILES", "").split(":") if path],
    }
    for setting in SETTINGS:
        try:
            text = setting.text(environ)
            values[setting.name] = setting.parse(text) if text else setting.default_value(values)
        except ImproperlyConfigured as error:
            on_error(error)
            values[setting.name] = setting.default_value(values)
    return values


def _raise(error: ImproperlyConfigured) -> NoReturn:
    raise error
