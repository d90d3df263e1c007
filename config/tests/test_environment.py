"""How environment variables are read, and which values are refused."""

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


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
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
    ],
)
def test_a_wrong_value_is_one_line_that_names_its_variable(name, text):
    message = error(**{name: text})
    assert message.startswith((f"{name} must be ", f"{name} must start "))
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
    "url", ["foo", "sqlite:///desk", "mysql://host/desk", "postgres://u:p@host:99999/desk"]
)
def test_only_postgresql_can_be_the_database(url):
    message = "DATABASE_URL must be an address such as postgres://user:password@host:5432/name."
    assert error(DATABASE_URL=url) == message
