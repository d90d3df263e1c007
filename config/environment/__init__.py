"""The environment variables of the desk, declared once in `declarations/`.

`python -m config.environment` writes `.env.example` and the tables of README.md and
docs/settings.md from the declarations.
"""

from collections.abc import Mapping

from .declarations.sections import SETTINGS
from .setting import Values


def read(environ: Mapping[str, str]) -> Values:
    """Return the value of each setting by its name; an empty variable means the default.

    Raise ImproperlyConfigured, in one line, for the first variable with a wrong value.
    """
    values: Values = {}
    for setting in SETTINGS:
        if setting.compose_only:
            continue
        text = (environ.get(setting.name) or environ.get(setting.other_name, "")).strip()
        value = setting.parse(text) if text else setting.default_value(values)
        values[setting.name] = value
    return values
