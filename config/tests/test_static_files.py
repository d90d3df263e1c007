"""What is done to the static files when they are gathered."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.staticfiles.storage import StaticFilesStorage as Plain

from config.static_files import StaticFilesStorage

SCRIPT = """// Says why.
(() => {
  /* and more */
  const words = `${1 + 1} // no comment`, web = "http://example.org";
  const found = "a/b".split(/[/]/); // parts
})();
"""
STRIPPED = (
    '(()=>{const words=`${1 + 1} // no comment`,web="http://example.org";'
    'const found="a/b".split(/[/]/);})();'
)


@pytest.fixture
def gather(tmp_path):
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "js").mkdir(parents=True)
    storage = StaticFilesStorage(location=str(target), base_url="/static/")

    def gather():
        names = [str(path.relative_to(source)) for path in source.rglob("*.js")]
        for name in names:
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((source / name).read_bytes())
        found = {name: (Plain(location=str(source)), name) for name in names}
        for _name, _hashed, failure in storage.post_process(found):
            assert not isinstance(failure, Exception), failure
        return target, storage

    gather.source = source
    return gather


def test_own_scripts_lose_their_comments_and_nothing_else(gather):
    (gather.source / "js" / "page.js").write_text(SCRIPT)
    target, storage = gather()
    assert (target / "js/page.js").read_text() == STRIPPED
    hashed = target / storage.stored_name("js/page.js")
    assert hashed.read_text() == STRIPPED
    packed = hashed.with_name(hashed.name + ".gz")
    assert not packed.exists() or gzip.decompress(packed.read_bytes()).decode() == STRIPPED


def test_others_scripts_stay_as_they_are(gather):
    (gather.source / "vendor").mkdir()
    (gather.source / "vendor" / "theirs.js").write_text(SCRIPT)
    target, storage = gather()
    assert (target / storage.stored_name("vendor/theirs.js")).read_text() == SCRIPT


def test_a_script_that_changed_is_gathered_anew(gather):
    (gather.source / "js" / "page.js").write_text(SCRIPT)
    _, storage = gather()
    before = storage.stored_name("js/page.js")
    (gather.source / "js" / "page.js").write_text(SCRIPT.replace("1 + 1", "2 + 2"))
    target, storage = gather()
    assert storage.stored_name("js/page.js") != before
    assert "2 + 2" in (target / storage.stored_name("js/page.js")).read_text()


def test_every_script_of_ours_survives_it(gather):
    """What is served is what the browser tests have tried, but for comments and white space."""
    for path in (Path(django_settings.BASE_DIR) / "static" / "js").glob("*.js"):
        (gather.source / "js" / path.name).write_text(path.read_text())
    target, _ = gather()
    for path in (gather.source / "js").glob("*.js"):
        stripped = (target / "js" / path.name).read_text()
        assert 0.3 < len(stripped) / len(path.read_text()) < 0.9
        assert "\n//" not in stripped


def test_a_static_file_travels_without_the_headers_of_pages(client, settings):
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True  # none was gathered
    response = client.get("/static/css/desk.css")
    assert response.status_code == 200
    assert set(response.headers) <= {
        *("Content-Type", "Content-Length", "Content-Encoding", "Cache-Control"),
        *("X-Content-Type-Options", "Vary", "Last-Modified", "ETag"),
    }
