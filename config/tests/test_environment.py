"""How environment variables are read, and which values are refused."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import read
from config.environment.declarations.sections import SETTINGS


def error(**environment):
    with pytest.raises(ImproperlyConfigured) as caught:
        read(environment)
    return str(caught.value)


def test_an_empty_environment_gives_the_defaults():
    values = read({})
    assert (values["HOST"], values["PORT"], values["HTTPS"]) == ("127.0.0.1", 8000, False)
    assert (values["LLM_TIMEOUT"], values["LLM_DAILY_COST"]) == (None, 5.0)
    assert values["DATA_DIR"].is_absolute()


def test_an_empty_or_blank_variable_means_the_default():
    blank = {setting.name: " " for setting in SETTINGS}
    assert read(blank) == read(dict.fromkeys(blank, "")) == read({})


def test_a_proxy_may_be_set_in_lower_case_as_other_programs_have_it():
    assert read({"https_proxy": "http://p:1"})["HTTPS_PROXY"] == "http://p:1"
    both = {"no_proxy": "small", "NO_PROXY": "large"}
    assert read(both)["NO_PROXY"] == "large"
    assert read({"llm_api_key": "k"})["LLM_API_KEY"] == ""


def test_names_are_unique_and_every_default_is_allowed():
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        if setting.default and not callable(setting.default):
            default = setting.default
            text = ",".join(default) if isinstance(default, list) else str(default)
            assert setting.parse(text) == default, setting.name


def test_defaults_may_depend_on_other_settings():
    values = read({"HOST": "::1", "PORT": "9000", "WEB_THREADS": "1"})
    assert values["SITE_URL"] == "http://[::1]:9000"
    assert values["LLM_CONCURRENCY"] == 1
    assert read({})["OPENAI_MODEL"] == "gpt-6-luna"
    alone = read({"OPENAI_CLASSIFY_MODEL": "small"})
    assert (alone["OPENAI_CLASSIFY_MODEL"], alone["OPENAI_MODEL"]) == ("small", "small")
    both = {"OPENAI_CLASSIFY_MODEL": "small", "OPENAI_MODEL": "large"}
    assert read(both)["OPENAI_MODEL"] == "large"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("HOST", "fe80::1%eth0", "fe80::1%eth0"),
        ("HOST", "desk.example.org", "desk.example.org"),
        ("LOG_LEVEL", "debug", "DEBUG"),
        (
            "ALLOWED_HOSTS",
            " .example.org , [2001:db8::1],*",
            [".example.org", "[2001:db8::1]", "*"],
        ),
        (
            "CSRF_TRUSTED_ORIGINS",
            "https://a.example,http://b:80",
            ["https://a.example", "http://b:80"],
        ),
        ("CSRF_TRUSTED_ORIGINS", "https://*.example.org", ["https://*.example.org"]),
        ("CORS_ALLOWED_ORIGINS", "http://localhost:3000", ["http://localhost:3000"]),
        ("DATABASE_URL", "postgres:////run/postgresql/desk", "postgres:////run/postgresql/desk"),
        ("HTTPS", "1", True),
        ("HTTPS", "true", True),
        ("LLM_ENABLED", "0", False),
        ("TRIAGE_ENCODER", " Off ", False),
        ("TIME_ZONE", "America/Sao_Paulo", "America/Sao_Paulo"),
        ("ALLOWED_HOSTS", "a.example.org,b.example.org", ["a.example.org", "b.example.org"]),
        ("GROQ_API_KEY", " $ecret ", "$ecret"),
        ("LLM_PROVIDER", "groq", "groq"),
        ("GEMINI_BACKEND", "rest", "rest"),
        ("LLM_BASE_URL", "http://[::1]:11434/v1", "http://[::1]:11434/v1"),
        ("SITE_URL", "https://desk.example.org:8443/", "https://desk.example.org:8443"),
        ("EMAIL_FROM", "desk@localhost", "desk@localhost"),
        ("DATABASE_URL", "postgres:///desk", "postgres:///desk"),
        ("LLM_TIMEOUT", "0.1", 0.1),
        ("LLM_TIMEOUT", "600", 600),
        ("LLM_TEMPERATURE", "0", 0),
        ("LLM_TEMPERATURE", "2.0", 2),
        ("LLM_PRICE_INPUT", "0", 0),
        ("LLM_DAILY_COST", "0.0", 0),
        ("LLM_DAILY_CALLS", "0", 0),
    ],
)
def test_allowed_values_are_read(name, text, value):
    assert read({name: text})[name] == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ACCESS_MODE", "opne"),
        ("TIME_ZONE", "Europe/Berlln"),
        ("TIME_ZONE", "Europe"),
        ("TIME_ZONE", "localtime"),
        ("TIME_ZONE", "../UTC"),
        ("TIME_ZONE", "/etc/localtime"),
        ("TIME_ZONE", "+02:00"),
        ("LLM_PROVIDER", "gemeni"),
        ("LLM_PROVIDER", "OpenAI"),
        ("LLM_PROVIDER", "offline"),
        ("GEMINI_BACKEND", "grpc"),
        ("LLM_BASE_URL", "localhost:11434/v1"),
        ("LLM_BASE_URL", "http://"),
        ("GEMINI_BASE_URL", "ftp://host/"),
        ("OPENAI_BASE_URL", "api.openai.com"),
        ("GROQ_BASE_URL", "http://host:99999/v1"),
        ("GROQ_BASE_URL", "http://[::1/v1"),
        ("LLM_TIMEOUT", "0.0"),
        ("LLM_TIMEOUT", "-4.0"),
        ("LLM_TIMEOUT", "601.0"),
        ("LLM_TIMEOUT", "nan"),
        ("LLM_TEMPERATURE", "-0.1"),
        ("LLM_TEMPERATURE", "2.1"),
        ("LLM_PRICE_INPUT", "-1.0"),
        ("LLM_PRICE_OUTPUT", "inf"),
        ("LLM_CONCURRENCY", "0"),
        ("LLM_DAILY_CALLS", "-1"),
        ("LLM_DAILY_COST", "-0.5"),
        ("LLM_CLIENT_CALLS", "-1"),
        ("LLM_CACHE_SECONDS", "-1"),
        ("LLM_MIN_CHARS", "-1"),
        ("LLM_MAX_INPUT_CHARS", "0"),
        ("LLM_MAX_OUTPUT_TOKENS", "0"),
        ("PORT", "65536"),
        ("WEB_WORKERS", "0"),
        ("TRUSTED_PROXIES", "-1"),
        ("SITE_URL", "https://user@desk.example.org"),
        ("SITE_URL", "https://desk.example.org/?page=1"),
        ("HOST", "http://127.0.0.1"),
        ("HOST", "[::1]"),
        ("HOST", "two words"),
        ("HOST", "x" * 64),
        ("LOG_LEVEL", "verbose"),
        ("POSTGRES_PORT", "0"),
        ("ALLOWED_HOSTS", "https://desk.example.org"),
        ("ALLOWED_HOSTS", "desk.example.org, other/path"),
        ("CSRF_TRUSTED_ORIGINS", "desk.example.org"),
        ("CSRF_TRUSTED_ORIGINS", "https://desk.example.org/"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("CORS_ALLOWED_ORIGINS", "https://*.example.org"),
        ("CORS_ALLOWED_ORIGINS", "shop.example.org"),
        ("CORS_ALLOWED_ORIGINS", "https://Shop.example.org"),
        ("CORS_ALLOWED_ORIGINS", "https://shop.example.org:443"),
        ("CORS_ALLOWED_ORIGINS", "null"),
        ("DATA_DIR", "/dev/null"),
        ("DATA_DIR", "/dev/null/data"),
        ("DATA_DIR", "/" + "x" * 300),
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(name, text):
    message = error(**{name: text})
    assert re.match(f"{name} must (be|have|start) ", message)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("PORT", "http", "PORT must be a number, not 'http'."),
        ("TRIAGE_ENCODER", "ture", "TRIAGE_ENCODER must be 0 or 1, not 'ture'."),
        ("PORT", "-1", "PORT must be from 0 to 65535 (it is -1)."),
        ("CREATE_LIMIT", "-1", "CREATE_LIMIT must be 0 or more (it is -1)."),
        ("GEMINI_BACKEND", "grpc", "GEMINI_BACKEND must be one of sdk, rest (it is grpc)."),
    ],
)
def test_the_message_says_what_is_allowed(name, text, message):
    assert error(**{name: text}) == message


@pytest.mark.parametrize("name", ["LLM_BASE_URL", "SITE_URL", "EMAIL_URL", "DATABASE_URL"])
@pytest.mark.parametrize("text", ["ftp://u:hidden@host", "http://u:hidden@", "u:hidden@host"])
def test_no_message_repeats_an_address(name, text, recwarn):
    assert "hidden" not in error(**{name: text})
    assert not recwarn.list


@pytest.mark.parametrize(
    "url",
    [
        *("foo", "sqlite:///desk", "mysql://host/desk", "postgres://u:p@host:99999/desk"),
        "postgres://u:Xk9/pQ+7vR2m@db:5432/desk",
    ],
)
def test_only_postgresql_can_be_the_database(url):
    message = "DATABASE_URL must be an address such as postgres://user:password@host:5432/name,"
    assert error(DATABASE_URL=url).startswith(message)


def test_a_socket_in_the_address_of_a_database_is_refused_with_the_way_to_write_it():
    assert error(DATABASE_URL="postgres://u:hidden@%2Fvar%2Frun/desk") == (
        "DATABASE_URL must name the directory of a socket at its end,"
        " as in postgres://user@/name?host=/var/run/postgresql."
    )
    url = "postgres://user@/name?host=/var/run/postgresql"
    assert read({"DATABASE_URL": url})["DATABASE_URL"] == url


# --- passwords and files ------------------------------------------------------------------

PRINTABLE = "".join(chr(code) for code in range(32, 127))
PASSWORDS = ("POSTGRES_PASSWORD", "ADMIN_PASSWORD")
SERVER = {"POSTGRES_HOST": "db"}


@pytest.mark.parametrize("name", PASSWORDS)
@pytest.mark.parametrize("character", PRINTABLE)
def test_a_password_may_have_every_printable_character_anywhere(name, character, tmp_path):
    for value in (f"{character}secret", f"sec{character}ret", f"secret{character}"):
        assert read(SERVER | {name: value})[name] == value
        path = tmp_path / "secret"
        for end in ("", "\n", "\r\n"):
            path.write_bytes(f"{value}{end}".encode())
            assert read(SERVER | {f"{name}_FILE": str(path)})[name] == value


def test_every_secret_may_stand_in_a_file(tmp_path):
    path = tmp_path / "secret"
    secrets = [setting for setting in SETTINGS if setting.file_name]
    assert {setting.name for setting in secrets} >= {
        *("SECRET_KEY", "ADMIN_PASSWORD", "POSTGRES_PASSWORD", "DATABASE_URL", "EMAIL_URL"),
        *("INBOX_URL", "LLM_API_KEY", "GEMINI_API_KEY", "HTTPS_PROXY"),
    }
    for setting in secrets:
        example = setting.example or "a secret"
        value = "smtp://user:password@host:25" if setting.name == "EMAIL_URL" else example
        path.write_text(f"{value}\n")
        needs = {"DATABASE_OWNER_URL": {"DATABASE_URL": "postgres://u@h/x"}}
        is_part = setting.name in ("POSTGRES_PASSWORD", "POSTGRES_APP_PASSWORD")
        server = SERVER if is_part else needs.get(setting.name, {})
        read_value = read(server | {setting.file_name: str(path)})[setting.name]
        assert read_value == read(server | {setting.name: value})[setting.name]
        assert read_value != read(server)[setting.name], setting.name


def test_an_empty_file_means_the_default(tmp_path):
    path = tmp_path / "secret"
    path.touch()
    assert read({"ADMIN_PASSWORD_FILE": str(path), "EMAIL_URL_FILE": " "}) == read({})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"two\nlines", "has something else"),
        (b"\xff\xfe", "has something else"),
        (b"nul\0", "has something else"),
        (None, "No such file or directory"),
    ],
)
def test_a_file_that_holds_no_secret_is_one_line(tmp_path, content, reason):
    path = tmp_path / "secret"
    if content is not None:
        path.write_bytes(content)
    message = error(SECRET_KEY_FILE=str(path))
    assert message.startswith("SECRET_KEY_FILE must name a file ")
    assert reason in message
    assert "\n" not in message
    assert error(SECRET_KEY_FILE="/dev") == (
        "SECRET_KEY_FILE must name a file that can be read (/dev: Is a directory)."
    )


def test_a_variable_and_its_file_are_refused_together(tmp_path):
    (tmp_path / "key").write_text("one")
    message = error(SECRET_KEY="other", SECRET_KEY_FILE=str(tmp_path / "key"))
    assert message == "Set SECRET_KEY or SECRET_KEY_FILE, not both."


# --- the database's address in parts ---------------------------------------------------------


def test_the_database_of_docker_compose_is_the_default_there_only():
    values = read({"INSTALLATION": "compose", "MIGRATES": "1"})
    parts = ("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD")
    assert [values[name] for name in parts] == ["db", 5432, "desk", "desk", "change-me"]
    assert values["POSTGRES_APP_USER"] == "desk_app"
    assert (read({})["POSTGRES_HOST"], read({})["POSTGRES_PASSWORD"]) == ("", "")
    url = {"INSTALLATION": "compose", "DATABASE_URL": "postgres://u@elsewhere/desk"}
    assert read(url)["POSTGRES_HOST"] == read(url)["POSTGRES_APP_USER"] == ""


def test_web_and_worker_of_docker_compose_do_not_know_the_owner():
    values = read({"INSTALLATION": "compose"})
    assert (values["POSTGRES_USER"], values["POSTGRES_PASSWORD"]) == ("", "")
    assert values["POSTGRES_APP_USER"] == "desk_app"


def test_an_owner_without_a_database_is_refused():
    message = error(DATABASE_OWNER_URL="postgres://u@h/desk")
    assert message == "DATABASE_OWNER_URL needs DATABASE_URL."


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("POSTGRES_PORT", "5433"), ("POSTGRES_DB", "x"), ("POSTGRES_USER", "x")),
        *(("POSTGRES_PASSWORD", "x"), ("POSTGRES_PASSWORD_FILE", "/dev/null")),
        *(("POSTGRES_APP_USER", "x"), ("POSTGRES_APP_PASSWORD", "x")),
    ],
)
def test_a_part_that_would_be_ignored_is_refused_by_its_name(name, value):
    stem = name.removesuffix("_FILE")
    assert error(**{name: value}) == f"{stem} needs POSTGRES_HOST, the name of the server."
    both = error(**{name: value}, DATABASE_URL="postgres://u@h/desk")
    assert both == f"Set DATABASE_URL or {stem}, not both."


def test_two_databases_are_refused():
    both = {"POSTGRES_HOST": "one", "DATABASE_URL": "postgres://u@two/desk"}
    assert error(**both) == "Set DATABASE_URL or POSTGRES_HOST, not both."
