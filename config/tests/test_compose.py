"""docker-compose.yml: which variables reach which container, and what each one may do.

`docker-compose config` needs no Docker engine. The tests of values run where it is installed.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from config.environment.declarations.sections import SETTINGS
from config.environment.declarations.server import OF_THE_OWNER
from config.environment.documents import SET_BY_DOCKER

ROOT = Path(__file__).resolve().parents[2]
DESK = ("migrate", "web", "worker")
COMPOSE = shutil.which("docker-compose")
needs_compose = pytest.mark.skipif(
    COMPOSE is None and not os.environ.get("REQUIRE_COMPOSE"),
    reason="docker-compose is not installed",
)
# Everything that a shell can export, and more than what a URL may have.
PASSWORD = "".join(chr(code) for code in range(33, 127)) + " x"


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


def resolved(directory, env_file=None, **exported):
    """Return the services as Compose resolves them in a directory of its own."""
    for path in ROOT.glob("docker-compose*.yml"):
        shutil.copy(path, directory)
    if env_file is not None:
        (directory / ".env").write_text(env_file)
    result = subprocess.run(
        [str(COMPOSE), "config"],
        cwd=directory,
        env={"PATH": os.environ["PATH"], "HOME": str(directory), **exported},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return yaml.safe_load(result.stdout)["services"]


def variables(directory, env_file=None, **exported):
    """Return what each container gets."""
    values = resolved(directory, env_file, **exported)
    # The output could be read again, so it has each dollar twice.
    return {
        name: {
            key: str(value).replace("$$", "$")
            for key, value in service.get("environment", {}).items()
            if value is not None
        }
        for name, service in values.items()
    }


@needs_compose
def test_it_needs_no_file_and_takes_what_is_exported(tmp_path):
    values = variables(tmp_path, GEMINI_API_KEY="k", AWS_ACCESS_KEY_ID="a", https_proxy="p")
    for name in DESK:
        assert values[name]["GEMINI_API_KEY"] == "k"
        assert values[name]["AWS_ACCESS_KEY_ID"] == "a"
        assert values[name]["https_proxy"] == "p"
        assert "OPENAI_API_KEY" not in values[name]
        assert "SECRET_KEY" not in values[name]  # they share the one in their volume


@needs_compose
def test_an_exported_variable_goes_before_the_file(tmp_path):
    file = "GEMINI_API_KEY=from-file\nLLM_DAILY_CALLS=7\n"
    values = variables(tmp_path, file, GEMINI_API_KEY="exported")
    for name in DESK:
        assert values[name]["GEMINI_API_KEY"] == "exported"
        assert values[name]["LLM_DAILY_CALLS"] == "7"


@needs_compose
def test_every_variable_reaches_those_who_may_know_it(tmp_path):
    settings = [each for each in SETTINGS if each.name not in SET_BY_DOCKER]
    of_owner = {
        name
        for each in settings
        if each.name in OF_THE_OWNER
        for name in (each.name, each.file_name)
        if name
    }
    names = {name for each in settings for name in (each.name, each.file_name) if name}
    values = variables(tmp_path, **dict.fromkeys(names, "1"))
    reached = {
        service: {name for name in names if values[service].get(name) == "1"} for service in DESK
    }
    assert reached == {
        "migrate": names,
        "web": names - of_owner,
        "worker": names - of_owner,
    }
    assert "POSTGRES_PASSWORD" in of_owner


@needs_compose
def test_every_password_reaches_desk_and_database_as_exported(tmp_path):
    values = variables(tmp_path, POSTGRES_PASSWORD=PASSWORD, POSTGRES_APP_PASSWORD=PASSWORD)
    for name in ("db", "migrate"):
        assert values[name]["POSTGRES_PASSWORD"] == PASSWORD
    for name in DESK:
        assert values[name]["POSTGRES_APP_PASSWORD"] == PASSWORD


@needs_compose
def test_a_password_in_single_quotes_may_have_all_but_these_in_the_file(tmp_path):
    password = PASSWORD.replace("'", "").replace("\\", "")
    values = variables(tmp_path, f"POSTGRES_PASSWORD='{password}'\n")
    for name in ("db", "migrate"):
        assert values[name]["POSTGRES_PASSWORD"] == password


@needs_compose
def test_the_example_starts_as_it_stands(tmp_path):
    values = variables(tmp_path, (ROOT / ".env.example").read_text())
    assert values["web"]["DESK_NAME"] == "Support desk"
    assert values["web"].get("SECRET_KEY", "") == ""
    passwords = [values[name]["POSTGRES_PASSWORD"] for name in ("db", "migrate")]
    assert passwords == ["change-me", "change-me"]
    assert not {"POSTGRES_USER", "POSTGRES_PASSWORD"} & {*values["web"], *values["worker"]}
    assert values["web"]["TRUSTED_PROXIES"] == "1"


@needs_compose
def test_https_is_one_file_more(tmp_path):
    files = "COMPOSE_FILE=docker-compose.yml:docker-compose.tls.yml"
    proxy = resolved(tmp_path, f"{files}\nHOST=0.0.0.0\nPORT=80\n")["proxy"]
    assert sorted(proxy["ports"]) == ["0.0.0.0:443:8443/tcp", "0.0.0.0:80:8000/tcp"]
    mounted = {volume.split(":")[1] for volume in proxy["volumes"]}
    assert mounted == {
        "/etc/nginx/nginx.conf",
        "/etc/nginx/desk.d/server/tls.conf",
        "/etc/nginx/certificates",
        "/etc/nginx/acme",
    }
    assert all(volume.endswith(":ro") for volume in proxy["volumes"])
    # What the file of the proxy needs is mounted, and nothing else.
    configuration = (ROOT / "deploy/tls.conf").read_text()
    assert mounted >= {*re.findall(r"/etc/nginx/(?:certificates|acme)", configuration)}


@needs_compose
def test_an_authority_of_ones_own_is_one_file_more(tmp_path):
    files = "COMPOSE_FILE=docker-compose.yml:docker-compose.tls.yml:docker-compose.authority.yml"
    values = variables(tmp_path, files, SSL_CERT_FILE="/of/this/machine")
    trusting = {name for name in values if "SSL_CERT_FILE" in values[name]}
    assert trusting == set(DESK)
    assert {values[name]["SSL_CERT_FILE"] for name in DESK} == {"/run/secrets/authorities.pem"}


def test_each_container_may_do_only_what_it_needs(services):
    for name, service in services.items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
    assert {name for name, service in services.items() if "cap_add" in service} == {"proxy"}


def test_only_the_desk_reaches_the_database_and_only_the_web_server_the_proxy(services):
    networks = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["networks"]
    assert networks["database"] == {"internal": True}
    members = {
        network: {name for name, service in services.items() if network in service["networks"]}
        for network in networks
    }
    assert members["database"] == {"db", *DESK}
    assert members["proxy"] == {"proxy", "web"}
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}


def test_every_service_says_whether_it_works(services):
    """The web server's check stands in the Dockerfile."""
    checked = {name for name, service in services.items() if "healthcheck" in service}
    assert checked == {"db", "migrate", "worker", "proxy"}
    assert services["migrate"]["healthcheck"] == {"disable": True}  # it ends
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_only_the_database_and_the_service_that_ends_see_the_owners_files(services):
    seen = {
        directory: {
            name
            for name, service in services.items()
            if f"./deploy/{directory}:/run/{directory}:ro" in service.get("volumes", [])
        }
        for directory in ("secrets", "owner-secrets")
    }
    assert seen == {"secrets": {*DESK}, "owner-secrets": {"db", "migrate"}}
    for directory in seen:
        assert (ROOT / "deploy" / directory / ".gitignore").read_text().startswith("*\n")


@needs_compose
def test_web_and_worker_get_the_names_of_the_owners_files_only(tmp_path):
    path = "/run/owner-secrets/postgres"
    values = variables(tmp_path, POSTGRES_PASSWORD_FILE=path)
    for name in ("web", "worker"):
        assert values[name]["OWNER_FILES"] == f"{path}:"
        assert "POSTGRES_PASSWORD_FILE" not in values[name]
    assert values["db"]["POSTGRES_PASSWORD_FILE"] == path
    assert values["migrate"]["POSTGRES_PASSWORD_FILE"] == path


@pytest.mark.parametrize(
    ("path", "password"), [("there", "secret"), ("missing", None), ("", "change-me")]
)
def test_the_database_takes_the_owners_file_or_says_where_it_belongs(
    services, tmp_path, path, password
):
    (tmp_path / "there").write_text("secret")
    start = tmp_path / "docker-entrypoint.sh"
    start.write_text('#!/bin/sh\necho "$1 with $POSTGRES_PASSWORD"\n')
    start.chmod(0o755)
    *command, script = services["db"]["entrypoint"]
    result = subprocess.run(
        [*command, script.replace("$$", "$")],
        env={
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "POSTGRES_PASSWORD_FILE": str(tmp_path / path) if path else "",
        },
        capture_output=True,
        text=True,
    )
    if password:
        assert result.stdout == f"postgres with {password}\n"
    else:
        assert result.returncode == 1
        assert "Move that file to deploy/owner-secrets" in result.stderr


def test_they_share_the_volume_of_the_secrets_that_are_made(services):
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "DATA_DIR=/data INSTALLATION=image" in dockerfile
    for name in DESK:
        assert "data:/data" in services[name]["volumes"]


def test_only_the_service_that_ends_knows_the_owner_and_the_others_wait_for_it(services):
    assert {name for name in DESK if "MIGRATES" in services[name]["environment"]} == {"migrate"}
    assert services["migrate"]["restart"] == "no"
    for name in ("web", "worker"):
        assert services[name]["depends_on"] == {
            "migrate": {"condition": "service_completed_successfully"}
        }
