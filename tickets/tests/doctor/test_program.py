"""What the doctor says of settings that load, and of packages."""

import pytest

from tickets.services.doctor.finding import as_text, ok, wrong
from tickets.services.doctor.program import look_at_settings, look_at_versions


def test_what_is_installed_is_what_is_locked():
    [finding] = look_at_versions()
    assert (finding.status, finding.part) == ("ok", "versions"), finding


def test_packages_that_differ_are_named(settings, tmp_path):
    settings.BASE_DIR = tmp_path
    settings.INSTALLATION = "image"
    directory = tmp_path / "requirements"
    directory.mkdir()
    (directory / "google-generativeai.txt").write_text("")
    (directory / "desk.txt").write_text(
        "django==1.0 \\\n    --hash=sha256:00\n    # via nobody\n"
        "no-such-package==2.0 \\\n    --hash=sha256:00\n"
        'only-elsewhere==1.0 ; sys_platform == "win32" \\\n    --hash=sha256:00\n'
    )
    [finding] = look_at_versions()
    assert finding.status == "wrong"
    assert "not 1.0, no-such-package 2.0 is missing." in finding.text
    assert "pip install -r requirements.txt" in finding.advice


@pytest.fixture
def stored_key(settings, tmp_path):
    settings.DATA_DIR, settings.SECRET_KEY_IS_STORED = tmp_path, True
    settings.ALLOWED_HOSTS = ["localhost"]
    path = tmp_path / "secret_key"
    path.write_text("k" * 50)
    path.chmod(0o600)
    return path


def test_settings_that_are_safe(stored_key):
    [finding] = look_at_settings()
    assert finding.status == "ok"


def test_a_secret_key_that_others_can_read(stored_key):
    stored_key.chmod(0o644)
    [finding] = look_at_settings()
    assert f"chmod 600 {stored_key}" in finding.advice


def test_a_line_is_one_line():
    findings = [ok("web", "It\nanswers."), wrong("mail out", "It is away.", "Start it.")]
    assert as_text(findings).splitlines() == [
        "ok     web       It answers.",
        "WRONG  mail out  It is away. Start it.",
    ]
