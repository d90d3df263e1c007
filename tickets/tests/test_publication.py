"""Is the desk published? Every setting that says so, with every setting that is unsafe then."""

import itertools

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import read
from tickets.access.publication import is_loopback, published_by
from tickets.checks import check_published_desk_is_safe, refuse_unsafe_settings

from .test_checks import OWN, check, run

# What says that others can reach the desk, and how the message names it.
SIGNALS = {
    "HOST": ({"HOST": "0.0.0.0"}, "HOST=0.0.0.0"),
    "HOST with a name": ({"HOST": "desk.example.org"}, "HOST=desk.example.org"),
    "HTTPS": ({"HTTPS": "1"}, "HTTPS=1"),
    "ALLOWED_HOSTS": (
        {"ALLOWED_HOSTS": "localhost,desk.example.org"},
        "ALLOWED_HOSTS has desk.example.org",
    ),
    "ALLOWED_HOSTS of any kind": ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS has *"),
    "CSRF_TRUSTED_ORIGINS": (
        {"CSRF_TRUSTED_ORIGINS": "http://localhost:3000,https://desk.example.org"},
        "CSRF_TRUSTED_ORIGINS has https://desk.example.org",
    ),
    "SITE_URL": ({"SITE_URL": "https://desk.example.org"}, "SITE_URL=https://desk.example.org"),
    "TRUSTED_PROXIES": ({"TRUSTED_PROXIES": "1"}, "TRUSTED_PROXIES=1"),
    "a proxy before that of Compose": (
        {"INSTALLATION": "compose", "TRUSTED_PROXIES": "2", "POSTGRES_PASSWORD": "a long word"},
        "TRUSTED_PROXIES=2",
    ),
}
SERVER = {"POSTGRES_HOST": "db", "POSTGRES_PASSWORD": "one of our own"}
# What is refused then, and how its message begins.
UNSAFE = {
    "open mode": ({"ACCESS_MODE": "open"}, "ACCESS_MODE=open lets anybody act as an agent"),
    "details of errors": ({"DEBUG": "1"}, "DEBUG=1 shows details of errors"),
    "the key of an example": (
        {"SECRET_KEY": "change-me-to-something-long-and-random"},
        "Set SECRET_KEY to a secret of your own.",
    ),
    "a short key": ({"SECRET_KEY": "k" * 31}, "SECRET_KEY needs at least 32 characters."),
    "a token for metrics that can be guessed": (
        {"METRICS_TOKEN": "prometheus"},
        "METRICS_TOKEN needs at least 32 characters.",
    ),
    "no key beside a shared database": (
        {"SECRET_KEY": "", "DATABASE_URL": "postgres://u:p@db/desk"},
        "Set SECRET_KEY, which all machines with this database must share",
    ),
    "the first password": (
        {"ADMIN_PASSWORD": "change-me"},
        "Set ADMIN_PASSWORD to a secret of your own.",
    ),
    "a common password": (
        {"ADMIN_PASSWORD": "password123"},
        "ADMIN_PASSWORD is easily guessed: This password is too common.",
    ),
    "the name as password": (
        {"ADMIN_USERNAME": "support", "ADMIN_PASSWORD": "support1"},
        "ADMIN_PASSWORD is easily guessed: The password is too similar to the username.",
    ),
    "the first password of the database": (
        SERVER | {"POSTGRES_PASSWORD": "change-me"},
        "Set POSTGRES_PASSWORD to a secret of your own.",
    ),
    "the same in an address": (
        {"DATABASE_URL": "postgres://desk:change-me@db/desk"},
        "Set POSTGRES_PASSWORD to a secret of your own.",
    ),
    "a short password of the database": (
        SERVER | {"POSTGRES_PASSWORD": "short"},
        "POSTGRES_PASSWORD is easily guessed: This password is too short.",
    ),
    "links in mail that lead nowhere": (
        {"EMAIL_URL": "smtp://mail.example.org:25", "SITE_URL": "http://127.0.0.1:8000"},
        "Set SITE_URL: links in mail would lead to http://127.0.0.1:8000.",
    ),
}


CHECKED = (
    *("INSTALLATION", "HOST", "HTTPS", "CSRF_TRUSTED_ORIGINS", "SITE_URL", "TRUSTED_PROXIES"),
    *("ACCESS_MODE", "DEBUG", "ADMIN_USERNAME", "ADMIN_PASSWORD", "POSTGRES_HOST", "DATA_DIR"),
    "METRICS_TOKEN",
)


@pytest.fixture
def problems(settings, monkeypatch, tmp_path):
    """Return what is refused with an environment, as `config/settings.py` understands it."""

    def of(environment):
        values = read({"DATA_DIR": str(tmp_path), **environment})
        for name in CHECKED:
            setattr(settings, name, values[name])
        settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", values["HOST"]]
        settings.ALLOWED_HOSTS += values["ALLOWED_HOSTS"]
        settings.SECRET_KEY_IS_STORED = not values["SECRET_KEY"]
        settings.SECRET_KEY = values["SECRET_KEY"] or "k" * 67
        is_sent = values["EMAIL_URL"].startswith("smtp")
        settings.EMAIL_BACKEND = settings.SMTP_BACKEND if is_sent else "console"
        database = settings.DATABASES["default"]
        monkeypatch.setitem(database, "PASSWORD", password_of_database(values))
        if values["DATABASE_URL"] or values["POSTGRES_HOST"]:
            monkeypatch.delitem(database, "DATA_DIR", raising=False)
        else:
            monkeypatch.setitem(database, "DATA_DIR", tmp_path)
        return [message.msg for message in check_published_desk_is_safe()]

    return of


def password_of_database(values):
    if values["DATABASE_URL"]:
        return values["DATABASE_URL"].split("@")[0].rpartition(":")[2]
    return values["POSTGRES_PASSWORD"]


def joined(*environments):
    """Put environments together. The address of a database takes the place of its parts."""
    environment = {}
    for each in environments:
        environment |= each
    if "DATABASE_URL" in environment:
        environment.pop("POSTGRES_PASSWORD", None)
    return environment


PAIRS = [
    pytest.param(*SIGNALS[signal], *UNSAFE[unsafe], id=f"{signal}, {unsafe}")
    for signal, unsafe in itertools.product(SIGNALS, UNSAFE)
    # Of these two, one is the same setting, and the other brings a key with its volume.
    if (signal, unsafe) != ("SITE_URL", "links in mail that lead nowhere")
    and (signal, unsafe) != ("a proxy before that of Compose", "no key beside a shared database")
]


@pytest.mark.parametrize(("signal", "named", "unsafe", "message"), PAIRS)
def test_every_signal_refuses_every_unsafe_setting_in_one_line(
    problems, signal, named, unsafe, message
):
    [problem] = problems(joined(OWN, signal, unsafe))
    assert problem.startswith(message)
    assert problem.endswith(f" Others can reach the desk: {named}.")
    assert "\n" not in problem


@pytest.mark.parametrize(("signal", "named"), SIGNALS.values(), ids=SIGNALS)
def test_a_published_desk_with_values_of_its_own_starts(problems, signal, named):
    assert problems(OWN | signal) == []
    assert published_by() == named
    own = {} if "INSTALLATION" in signal else SERVER
    assert problems(OWN | signal | own | {"EMAIL_URL": ""}) == []


@pytest.mark.parametrize(("unsafe", "message"), UNSAFE.values(), ids=UNSAFE)
def test_nothing_of_it_is_refused_on_one_machine(problems, unsafe, message):
    assert problems(unsafe) == []
    assert published_by() == ""
    # The proxy of Compose listens on HOST, so it publishes nothing by itself.
    if "DATABASE_URL" not in unsafe:
        assert problems(unsafe | {"INSTALLATION": "compose", "TRUSTED_PROXIES": "1"}) == []


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        *(("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("[::1]", True)),
        *(("localhost", True), ("LocalHost.", True), ("desk.localhost", True)),
        *(("0.0.0.0", False), ("::", False), ("192.168.0.7", False), ("*", False), ("", False)),
        *(("localhost.example.org", False), (".example.org", False), ("notlocalhost", False)),
    ],
)
def test_which_hosts_are_this_machine(host, is_local):
    assert is_loopback(host) == is_local


def test_all_that_is_wrong_is_listed_and_a_server_says_the_first(problems):
    unsafe = {"ACCESS_MODE": "open", "DEBUG": "1", "SECRET_KEY": "short", "HTTPS": "1"}
    assert len(problems(unsafe)) == 3
    with pytest.raises(ImproperlyConfigured, match="ACCESS_MODE=open lets anybody"):
        refuse_unsafe_settings()


def test_the_real_settings_are_asked(tmp_path):
    """Behind a proxy on the same machine, where HOST is loopback."""
    behind_proxy = {"HTTPS": "1", "ALLOWED_HOSTS": "desk.example.org"}
    unsafe = {"ACCESS_MODE": "open", "ADMIN_PASSWORD": "change-me", "DEBUG": "1"}
    code, lines = check(tmp_path, **behind_proxy, **unsafe, SECRET_KEY="change-me")
    assert code == 1
    assert len(lines) == 4
    assert all("Others can reach the desk: HTTPS=1." in line for line in lines)
    code, output = run(tmp_path, "-c", "import config.wsgi", **behind_proxy, **unsafe)
    assert code == 1
    assert output.count("\n") == 1
    assert check(tmp_path, **behind_proxy, **OWN) == (0, [])
