"""The declaration of a setting, and the types that a setting may have.

A type is a function from the text of a variable to its value. It raises ValueError with what the
variable must do ("be a number, not 'x'"). No message repeats an address: it may hold a password.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass
from email.utils import getaddresses
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ImproperlyConfigured
from environ import Env

BASE_DIR = Path(__file__).resolve().parents[2]
# Secrets that contain this are refused on any address that is not loopback.
DEFAULT_SECRET = "change-me"  # noqa: S105  # nosec B105  # refused where others can reach the desk
DJANGO_CONSOLE_BACKEND = "django.core.mail.backends.console.EmailBackend"
DJANGO_SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
MAX_LINE_CHARS = 60
FALSE_WORDS = ("0", "false", "off", "no", "n")
POSTGRESQL_BACKEND = "django.db.backends.postgresql"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
MAX_SECRET_BYTES = 64 * 1024
MAX_LABEL_CHARS = 63  # of each part of a host name


# The values of settings by name. Each setting has a type of its own.
Values = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """An environment variable, which is also the Django setting of that name."""

    name: str
    type: Callable[[str], Any]
    default: Any  # or a function of the settings declared before
    help: str  # Markdown
    _: KW_ONLY
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    other_name: str = ""  # of the variable, which is read if the first is not set
    default_note: str = ""  # Markdown; describes a default that depends on something
    docker: str = ""  # the value in .env.example, where it is not the default
    example: str = ""  # the value in .env.example, commented out
    # An address that may hold a password. Like a secret, it may stand in a file that <name>_FILE
    # names.
    is_confidential: bool = False
    in_readme: bool = False

    @property
    def file_name(self) -> str:
        """The variable that names a file with the value; "" if there is none."""
        is_secret = self.is_confidential or self.type in (secret, secrets, password)
        return f"{self.name}_FILE" if is_secret else ""

    def text(self, environ: Mapping[str, str]) -> str:
        """Return the text of the variable, or of the file that it names; "" if neither is set.

        Raise ImproperlyConfigured for a file that cannot be read, and if both are set.
        """
        text = environ.get(self.name) or environ.get(self.other_name, "")
        path = environ.get(self.file_name, "").strip()
        if path:
            if text.strip():
                raise ImproperlyConfigured(f"Set {self.name} or {self.file_name}, not both.")
            try:
                text = _content_of(path)
            except ValueError as error:
                raise ImproperlyConfigured(f"{self.file_name} must {error}.") from None
        # A password has every character that it was given.
        return text if self.type is password and text.strip() else text.strip()

    def parse(self, text: str) -> Any:
        """Return the value that a variable's text stands for, or raise ImproperlyConfigured."""
        try:
            value = self.type(text)
        except ValueError as error:
            raise ImproperlyConfigured(f"{self.name} must {error}.") from None
        if not self._allows(value):
            raise ImproperlyConfigured(f"{self.name} must be {self.allowed} (it is {value}).")
        return value

    def default_value(self, values: Values) -> Any:
        return self.default(values) if callable(self.default) else self.default

    @property
    def allowed(self) -> str:
        """The choices or the range in words; "" if there is no limit."""
        if self.choices:
            return f"one of {', '.join(self.choices)}"
        if self.maximum is not None:
            return f"from {self.minimum} to {self.maximum}"
        return "" if self.minimum is None else f"{self.minimum} or more"

    def _allows(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.minimum is not None and value < self.minimum:
            return False
        return self.maximum is None or bool(value <= self.maximum)


@dataclass(frozen=True)
class Section:
    title: str
    settings: tuple[Setting, ...]


def text(value: str) -> str:
    return value


def one_line(value: str) -> str:
    """A text for headings and titles."""
    if not value.isprintable() or len(value) > MAX_LINE_CHARS:
        raise ValueError(f"be one line of at most {MAX_LINE_CHARS} characters")
    return value


def secret(value: str) -> str:
    return value


def secrets(value: str) -> list[str]:
    """Secrets separated by commas; `\\,` is a comma of a secret."""
    parts = (part.strip().replace("\\,", ",") for part in re.split(r"(?<!\\),", value))
    return [part for part in parts if part]


def password(value: str) -> str:
    """A secret that a person or another program chose, so that spaces around it belong to it."""
    return value


def _content_of(path: str) -> str:
    """Return the only line of a file. Raise ValueError with what the file must be."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_SECRET_BYTES)
        text = re.sub(r"\r?\n\Z", "", content.decode())
    except OSError as error:
        raise ValueError(f"name a file that can be read ({path}: {error.strerror})") from None
    except UnicodeDecodeError:
        text = "\n"
    if not text.isprintable():
        raise ValueError(f"name a file with one line of text ({path} has something else)")
    return text


def integer(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        raise ValueError(f"be a number, not {value!r}") from None


def number(value: str) -> float:
    # django-environ would read "500ms" as 500.
    try:
        parsed = float(value)
    except ValueError:
        parsed = math.nan
    if not math.isfinite(parsed):
        raise ValueError(f"be a number, not {value!r}")
    return parsed


def boolean(value: str) -> bool:
    # django-environ would take every other word as no.
    word = value.strip().lower()
    if word not in (*Env.BOOLEAN_TRUE_STRINGS, *FALSE_WORDS):
        raise ValueError(f"be 0 or 1, not {value!r}")
    return word in Env.BOOLEAN_TRUE_STRINGS


def log_level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise ValueError(f"be one of {', '.join(LOG_LEVELS)}, not {value!r}")
    return value.upper()


def comma_separated(value: str) -> list[str]:
    return [part for part in (part.strip() for part in value.split(",")) if part]


def listening_host(value: str) -> str:
    """A name or an address, without a scheme, a port or brackets."""
    is_name = re.fullmatch(r"[\w.-]+|[\da-fA-F:.]+(%\w+)?", value)
    if not is_name or any(len(label) > MAX_LABEL_CHARS for label in value.split(".")):
        raise ValueError(f"be an address or a host name, as in 127.0.0.1, not {value!r}")
    return value


def host_names(value: str) -> list[str]:
    """Names as browsers send them, without a scheme or a path."""
    names = comma_separated(value)
    for name in names:
        if not re.fullmatch(r"\*|\[[\da-fA-F:.]+\]|\.?[\w.-]+", name):
            raise ValueError(f"have host names only, as in desk.example.org, not {name!r}")
    return names


def origins(value: str) -> list[str]:
    """Addresses of sites, compared as they stand."""
    values = comma_separated(value)
    for origin in values:
        try:
            exact = site_address(origin.replace("://*.", "://", 1)) == origin.replace("*.", "", 1)
        except ValueError:
            exact = False
        if not exact:
            raise ValueError(f"have origins only, as in https://desk.example.org, not {origin!r}")
    return values


def exact_origins(value: str) -> list[str]:
    """Origins as browsers send them: in lower case, and without the scheme's own port."""
    values = origins(value)
    for origin in values:
        if (
            "*" in origin
            or origin != origin.lower()
            or re.match(r"https.*:443$|http:.*:80$", origin)
        ):
            raise ValueError(
                "have each origin as browsers send it, as in https://shop.example.org, not"
                f" {origin!r}"
            )
    return values


def time_zone(value: str) -> str:
    """A name of the time zone database."""
    try:
        if value == "localtime":  # PostgreSQL does not know it
            raise LookupError
        ZoneInfo(value)
    except (ValueError, OSError, LookupError):  # a path, a folder, an unknown name
        raise ValueError(f"be a time zone such as Europe/Berlin, not {value!r}") from None
    return value


def directory(value: str) -> Path:
    path = Path(value).absolute()
    for part in (path, *path.parents):
        try:
            if part.is_dir():
                break
            if part.exists():
                raise ValueError(f"be a directory, but {part} is a file")
        except OSError as error:  # such as a name that is too long
            raise ValueError(f"be a directory ({part}: {error.strerror})") from None
    return path


@dataclass(frozen=True)
class LocalAddress:
    host: str
    port: int


def local_address(value: str) -> LocalAddress:
    """A port to listen on, of loopback, or of all addresses in a container."""
    parts = urlsplit(f"//{value}" if ":" in value else f"//127.0.0.1:{value}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.netloc not in (value, f"127.0.0.1:{value}"):
        raise ValueError("be a host and a port, as in 127.0.0.1:8024")
    if not _is_loopback(host) and host not in ("0.0.0.0", "::"):  # noqa: S104  # nosec B104  # of a container
        raise ValueError("be on loopback, as in 127.0.0.1:8024, or on 0.0.0.0 in a container")
    return LocalAddress(host, port)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def web_address(value: str) -> str:
    """A URL with http or https and a host, such as the base URL of an API."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError if it is not a port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("start with http:// or https:// and a host name")
    return value


def site_address(value: str) -> str:
    """A URL with nothing after the host and port. A trailing slash is removed."""
    try:
        parts = urlsplit(web_address(value.rstrip("/")))
    except ValueError:
        parts = urlsplit("")
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in value:
        raise ValueError("be http:// or https:// and a host name, as in https://desk.example.org")
    return value.rstrip("/")


def contacts(value: str) -> list[str]:
    """Addresses as security.txt has them: email addresses become `mailto:`."""
    addresses = []
    for part in comma_separated(value):
        address = part if re.match(r"(?:https|mailto|tel):", part) else f"mailto:{part}"
        if not re.fullmatch(r"https://[^\s/]+\S*|mailto:[^\s@]+@[^\s@]+|tel:[+\d().-]+", address):
            raise ValueError(
                "have email addresses or https:// addresses, as in security@example.org, not"
                f" {part!r}"
            )
        addresses.append(address)
    return addresses


def sender(value: str) -> str:
    """One email address, with or without a name."""
    # Only this type needs Django's validators, which take longer to import than all the rest.
    from django.core.exceptions import ValidationError
    from django.core.validators import EmailValidator

    addresses = getaddresses([value])
    try:
        if len(addresses) != 1 or not value.isprintable():
            raise ValidationError("")
        EmailValidator(allowlist=["localhost"])(addresses[0][1])
    except ValidationError:
        raise ValueError("be one email address, as in Support <desk@example.org>") from None
    return value


def database_url(value: str) -> str:
    try:
        # Checked first: django-environ warns of other schemes, and its warning has the password.
        if Env.DB_SCHEMES.get(value.partition("://")[0]) != POSTGRESQL_BACKEND:
            raise ValueError
        host = str(Env.db_url_config(value)["HOST"])
    except ValueError:
        raise ValueError(
            "be an address such as postgres://user:password@host:5432/name, with special"
            " characters of the password percent-encoded (%40 for @, %2F for /)"
        ) from None
    if "%" in host:
        raise ValueError(
            "name the directory of a socket at its end, as in"
            " postgres://user@/name?host=/var/run/postgresql"
        )
    return value


def mail_url(value: str) -> str:
    try:
        parsed = Env.email_url_config(value)
    except (ImproperlyConfigured, ValueError):
        parsed = {"OPTIONS": {}}
    if "OPTIONS" in parsed:
        raise ValueError(
            "be an address such as smtp+tls://user:password@host:587 (STARTTLS),"
            " smtp+ssl://user:password@host:465, smtp://host:25 or consolemail://"
        )
    if parsed["EMAIL_BACKEND"] == DJANGO_SMTP_BACKEND and not parsed["EMAIL_HOST"]:
        raise ValueError("name a mail server, as in smtp://mail.example.org:25")
    return value
