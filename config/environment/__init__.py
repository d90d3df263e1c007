"""The environment variables of the desk, declared once in `declarations/`.

`python -m config.environment` writes `.env.example` and the tables of README.md and
docs/settings.md from the declarations.
"""

from collections.abc import Mapping

from .declarations.sections import SETTINGS
from .declarations.server import refuse_two_databases
from .setting import Values


def read(environ: Mapping[str, str]) -> Values:
    """Return the value of each setting by its name; an empty variable means the default.

    A secret may also stand in a file: <name>_FILE names it. Raise ImproperlyConfigured, in one
    line, for the first variable with a wrong value.
    """
    # Not for operators: the Dockerfile and docker-compose.yml say with it how the desk runs.
    values: Values = {"INSTALLATION": environ.get("INSTALLATION", "")}
    for setting in SETTINGS:
        text = setting.text(environ)
        values[setting.name] = setting.parse(text) if text else setting.default_value(values)
    refuse_two_databases(values, environ)
    return values
