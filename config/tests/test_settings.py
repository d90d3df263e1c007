"""How settings follow from the environment. Each test runs its own process."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(code, **environment):
    command = [sys.executable, "-c", f"from config import settings\n{code}"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "x" * 50} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LLM_TIMEOUT", "500ms"),
        ("LLM_TIMEOUT", "nan"),
        ("LLM_TIMEOUT", "inf"),
        ("LLM_DAILY_COST", "five"),
        ("LLM_MAX_INPUT_CHARS", "4e3"),
        ("WEB_THREADS", "8x"),
        ("PORT", "http"),
    ],
)
def test_a_wrong_number_is_one_clear_line(name, value):
    process = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env=os.environ | {"SECRET_KEY": "x" * 50, name: value},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr == f"{name} must be a number, not '{value}'.\n"


def test_numbers_are_read_as_written():
    process = run(
        "print(settings.LLM_TIMEOUT, settings.LLM_DAILY_COST, settings.LLM_TEMPERATURE,"
        " settings.LLM_DAILY_CALLS)",
        LLM_TIMEOUT=" 2.5 ",
        LLM_DAILY_COST="1e2",
        LLM_TEMPERATURE="",
        LLM_DAILY_CALLS="7",
    )
    assert process.stdout.split() == ["2.5", "100.0", "None", "7"]


def test_a_secret_is_taken_as_written():
    process = run(
        "print(settings.OPENAI_API_KEY, repr(settings.GEMINI_API_KEY), settings.SECRET_KEY)",
        OPENAI_API_KEY="$ecret",
        GEMINI_API_KEY=" ",
        SECRET_KEY="$" + "k" * 50,
    )
    assert process.stdout.split() == ["$ecret", "''", "$" + "k" * 50]


def test_the_url_of_a_database_may_have_options():
    process = run(
        "options = settings.DATABASES['default']['OPTIONS']\n"
        "print(options['sslmode'], options['connect_timeout'], 'pool' in options)",
        DATABASE_URL="postgres://u:p@db.example.org:5432/desk?sslmode=verify-full",
    )
    assert process.stdout.split() == ["verify-full", "4", "True"]


DIRECT, POOL = "postgres://u:p@db:5432/desk", "postgres://u:p@127.0.0.1:6432/desk"
SESSION = """
default = settings.DATABASES["default"]
print(default["PORT"], "options" in default["OPTIONS"], default["DISABLE_SERVER_SIDE_CURSORS"])
"""


def test_commands_and_workers_have_sessions_of_their_own():
    process = run(SESSION, DATABASE_URL=DIRECT, DATABASE_POOL_URL=POOL)
    assert process.stdout.split() == ["5432", "True", "False"]


def test_nothing_of_a_request_belongs_to_a_session_of_pgbouncer():
    as_web_server = """
import os
from config import gunicorn
os.environ |= dict(line.split("=", 1) for line in gunicorn.raw_env)
"""
    command = f"{as_web_server}from config import settings\n{SESSION}"
    process = subprocess.run(
        [sys.executable, "-c", command],
        cwd=ROOT,
        env=os.environ
        | {"SECRET_KEY": "x" * 50, "DATABASE_URL": DIRECT, "DATABASE_POOL_URL": POOL},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert process.stdout.split() == ["6432", "False", "True"]


@pytest.mark.parametrize("name", ["DATABASE_POOL_URL", "DATABASE_REPLICA_URL"])
def test_a_pool_or_a_replica_of_the_embedded_database_is_refused(name):
    process = run("", **{name: POOL, "DATABASE_URL": ""})
    assert "need DATABASE_URL" in process.stderr.splitlines()[-1]


def test_without_a_replica_no_request_is_looked_at():
    code = (
        "print('replica' in settings.DATABASES, 'tickets.web.replica' in str(settings.MIDDLEWARE))"
    )
    assert run(code, DATABASE_URL=DIRECT).stdout.split() == ["False", "False"]
    process = run(code, DATABASE_URL=DIRECT, DATABASE_REPLICA_URL=DIRECT)
    assert process.stdout.split() == ["True", "True"]


def test_the_addresses_with_passwords_are_not_settings():
    process = run(
        "print(hasattr(settings, 'DATABASE_URL'), hasattr(settings, 'EMAIL_URL'),"
        " settings.EMAIL_HOST_PASSWORD, settings.CREATE_LIMIT)",
        DATABASE_URL="postgres://u:p@db.example.org:5432/desk",
        EMAIL_URL="smtp://u:p%40ss@mail.example.org",
        CREATE_LIMIT="7",
    )
    assert process.stdout.split() == ["False", "False", "p@ss", "7"]


def test_the_parts_of_an_address_name_the_database():
    password = """Xk9/pQ+7'v"R2m@:%40 $x\\"""
    process = run(
        "import json\n"
        "database = settings.DATABASES['default']\n"
        "names = ('ENGINE', 'HOST', 'PORT', 'NAME', 'USER', 'PASSWORD')\n"
        "print(json.dumps([database[name] for name in names]))\n"
        "print(hasattr(settings, 'POSTGRES_PASSWORD'))",
        POSTGRES_HOST="db.example.org",
        POSTGRES_PORT="5433",
        POSTGRES_DB="tickets",
        POSTGRES_USER="kim",
        POSTGRES_PASSWORD=password,
        DATABASE_URL="",
    )
    values, is_setting = process.stdout.splitlines()
    engine = "bounded_postgres"
    assert json.loads(values) == [engine, "db.example.org", 5433, "tickets", "kim", password]
    assert is_setting == "False"


def manage(*arguments, **environment):
    """Run a command without a database of its own; return the exit code and the output."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "SECRET_KEY")}
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


COMMANDS = [
    ["manage.py", "check"],
    ["manage.py", "run_local"],
    ["-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"],
]


def empty_key(directory):
    (directory / "secret_key").touch()
    return {"DATA_DIR": str(directory)}


def key_is_a_directory(directory):
    (directory / "secret_key").mkdir()
    return {"DATA_DIR": str(directory)}


def data_is_a_file(directory):
    (directory / "file").touch()
    return {"DATA_DIR": str(directory / "file")}


UNREADABLE = {
    "an empty key": (empty_key, r"The secret key in \S+/secret_key is empty\. .+"),
    "a key that is a directory": (
        key_is_a_directory,
        r"Cannot keep the secret key in DATA_DIR \(\S+/secret_key: Is a directory\)\.",
    ),
    "a container without a volume": (
        lambda directory: {"INSTALLATION": "image", "DATA_DIR": str(directory)},
        r"Set SECRET_KEY, or mount a volume on \S+: each container would make a key .+",
    ),
    "data in a file": (
        data_is_a_file,
        r"DATA_DIR must be a directory, but \S+/file is a file\.",
    ),
    "a level of logging": (
        lambda _: {"LOG_LEVEL": "loud", "SECRET_KEY": "k" * 50},
        r"LOG_LEVEL must be one of DEBUG, .+, not 'loud'\.",
    ),
    "a socket": (
        lambda _: {"DATABASE_URL": "postgres://u@%2Fvar%2Frun/desk", "SECRET_KEY": "k" * 50},
        r"DATABASE_URL must name the directory of a socket .+",
    ),
}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[1])
@pytest.mark.parametrize(("prepare", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_one_line_for_every_process(tmp_path, command, prepare, line):
    environment = {"DATA_DIR": str(tmp_path / "data")} | prepare(tmp_path)
    code, output = manage(*command, **environment)
    assert code == 1
    assert re.fullmatch(f"{line}\n", output), output


@pytest.mark.parametrize("command", ["migrate", "ensure_admin", "create_token"])
def test_a_database_that_does_not_answer_is_one_line(command):
    arguments = ["x", "--scopes", "read"] if command == "create_token" else []
    environment = {"SECRET_KEY": "k" * 50, "DATABASE_URL": "postgres://u@127.0.0.1:1/desk"}
    environment |= {"ADMIN_USERNAME": "a", "ADMIN_PASSWORD": "b", "LOG_LEVEL": "CRITICAL"}
    code, output = manage("manage.py", command, *arguments, **environment)
    assert code == 1
    assert "Traceback" not in output
    assert "127.0.0.1" in output  # what the pool says while it tries


def test_gunicorn_reads_the_same_declarations():
    code = "from config import gunicorn as g; print(g.bind, g.workers, g.threads)"
    environment = {"HOST": "::1", "PORT": "9000", "WEB_WORKERS": "", "WEB_THREADS": "3"}
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert process.stdout == "[::1]:9000 2 3\n"


def test_the_web_server_has_timeouts_unless_others_are_set():
    command = """
from config import gunicorn
print(*(line for line in gunicorn.raw_env if "TIMEOUT" in line))
"""

    def variables(**environment):
        return run(command, **environment).stdout.split()

    assert variables() == ["DB_STATEMENT_TIMEOUT_MS=4000", "DB_LOCK_TIMEOUT_MS=4000"]
    assert variables(DB_STATEMENT_TIMEOUT_MS="0") == ["DB_LOCK_TIMEOUT_MS=4000"]


def test_we_wait_a_little_longer_than_the_database_may_take():
    command = "print(settings.DATABASES['default']['ANSWER_SECONDS'])"
    assert run(command, DB_STATEMENT_TIMEOUT_MS="4000").stdout.split() == ["4.5"]
    assert run(command, DB_STATEMENT_TIMEOUT_MS="0").stdout.split() == ["None"]
