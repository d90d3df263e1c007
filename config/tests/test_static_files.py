"""The static files: how they are bundled, and with which headers they are served."""

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from config.settings import add_static_headers
from tools.bundle import bundle

ROOT = Path(django_settings.BASE_DIR)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory):
    output = tmp_path_factory.mktemp("bundles")
    bundle(ROOT, output)
    return output


def test_each_page_has_one_script_without_imports(bundles):
    pages = {path.name for path in (ROOT / "static/js/pages").glob("*.js")}
    assert {path.name for path in (bundles / "js/pages").glob("*.js")} == pages
    for path in (bundles / "js/pages").glob("*.js"):
        assert not re.search(r"\bimport\b", path.read_text())


def test_bundles_are_smaller_than_what_they_are_made_of(bundles):
    sources = sum(path.stat().st_size for path in (ROOT / "static/js").rglob("*.js"))
    for path in (bundles / "js/pages").glob("*.js"):
        assert 0 < path.stat().st_size < sources / 3
    for path in (ROOT / "static/css").glob("*.css"):
        assert 0 < (bundles / "css" / path.name).stat().st_size < size_with_imports(path)


def size_with_imports(sheet):
    imported = re.findall(r'@import "([^"]+)"', sheet.read_text())
    return sum((sheet.parent / name).stat().st_size for name in [sheet.name, *imported])


def test_a_page_that_was_removed_leaves_nothing_behind(tmp_path):
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "old.js").touch()
    bundle(ROOT, tmp_path)
    assert not (tmp_path / "js" / "old.js").exists()


def test_a_static_file_has_none_of_the_headers_of_pages(client, settings):
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True  # none was collected
    response = client.get("/static/css/desk.css")
    assert response.status_code == 200
    assert set(response.headers) <= {
        *("Content-Type", "Content-Length", "Content-Encoding", "Cache-Control"),
        *("X-Content-Type-Options", "Vary", "Last-Modified", "ETag"),
        "Content-Security-Policy",
    }
    assert response["Content-Security-Policy"] == "default-src 'none'"


@pytest.mark.parametrize("path", ["/static/", "/static/css/", "/static/js/lib/", "/static/../"])
def test_no_directory_is_listed(client, db, settings, path):
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True
    assert client.get(path).status_code == 404


def test_a_static_file_asks_for_https_where_pages_do(monkeypatch):
    headers: dict[str, str] = {}
    add_static_headers(headers, "", "/static/css/desk.css")
    assert "Strict-Transport-Security" not in headers
    monkeypatch.setattr("config.settings.SECURE_HSTS_SECONDS", 60)
    add_static_headers(headers, "", "/static/css/desk.css")
    assert headers["Strict-Transport-Security"] == "max-age=60; includeSubDomains"
