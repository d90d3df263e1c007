"""What `collectstatic` does to the static files."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import StaticFilesStorage as Plain

from config.static_files import StaticFilesStorage

SCRIPT = """// Says why.
(() => {
  /* and more */
  const text = `${1 + 1} // no comment`, web = "http://example.org";
  const parts = "a/b".split(/[/]/); // parts
})();
"""
STRIPPED = (
    '(()=>{const text=`${1 + 1} // no comment`,web="http://example.org";'
    'const parts="a/b".split(/[/]/);})();'
)


@pytest.fixture
def collect(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "js").mkdir(parents=True)
    storage = StaticFilesStorage(location=str(target), base_url="/static/")

    def collect():
        names = [str(path.relative_to(source)) for path in source.rglob("*.js")]
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((source / name).read_bytes())
        paths = {name: (Plain(location=str(source)), name) for name in names}
        for _name, _hashed, failure in storage.post_process(paths):
            assert not isinstance(failure, Exception), failure
        return target, storage

    collect.source = source
    return collect


def test_our_scripts_lose_their_comments_and_nothing_else(collect):
    (collect.source / "js" / "page.js").write_text(SCRIPT)
    target, storage = collect()
    assert (target / "js/page.js").read_text() == STRIPPED
    hashed = target / storage.stored_name("js/page.js")
    assert hashed.read_text() == STRIPPED
    packed = hashed.with_name(hashed.name + ".gz")
    assert not packed.exists() or gzip.decompress(packed.read_bytes()).decode() == STRIPPED


def test_vendor_scripts_are_unchanged(collect):
    (collect.source / "vendor").mkdir()
    (collect.source / "vendor" / "theirs.js").write_text(SCRIPT)
    target, storage = collect()
    assert (target / storage.stored_name("vendor/theirs.js")).read_text() == SCRIPT


def test_a_changed_script_is_collected_again(collect):
    (collect.source / "js" / "page.js").write_text(SCRIPT)
    _, storage = collect()
    before = storage.stored_name("js/page.js")
    (collect.source / "js" / "page.js").write_text(SCRIPT.replace("1 + 1", "2 + 2"))
    target, storage = collect()
    assert storage.stored_name("js/page.js") != before
    assert "2 + 2" in (target / storage.stored_name("js/page.js")).read_text()


def test_all_our_scripts_keep_their_code(collect):
    """The browser tests run the same code, only with comments and white space."""
    for path in (Path(django_settings.BASE_DIR) / "static" / "js").glob("*.js"):
        (collect.source / "js" / path.name).write_text(path.read_text())
    target, _ = collect()
    for path in (collect.source / "js").glob("*.js"):
        stripped = (target / "js" / path.name).read_text()
        assert 0.3 < len(stripped) / len(path.read_text()) < 0.9
        assert "\n//" not in stripped


def test_a_static_file_has_none_of_the_headers_of_pages(client, settings):
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True  # none was collected
    response = client.get("/static/css/desk.css")
    assert response.status_code == 200
    assert set(response.headers) <= {
        *("Content-Type", "Content-Length", "Content-Encoding", "Cache-Control"),
        *("X-Content-Type-Options", "Vary", "Last-Modified", "ETag"),
    }
