"""The catalogues are complete, and the compiled files are what the desk reads of them."""

import gettext
import io
import re

import pytest
from babel.messages.mofile import write_mo

from tools import catalogues

FOLDERS = catalogues.folders(catalogues.ROOT)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd%]|\{\w+\}")
TAG = re.compile(r"</?\w+[^>]*>")
# A text of ours stands in attributes and in HTML as it is.
SPECIAL = re.compile(r"[\"&<>]")
# Other quotation marks, typewriter apostrophes, missing spaces, and the familiar form of address.
FORBIDDEN = {
    "de": r"“[^“„]*”|'|\b[Dd]u\b|\b[Dd]ein|\.\.\.",
    "fr": r"(?<![\u202f\u00a0])[;!?»:]|«(?!\u202f)|'|\b[Tt]u\b|\.\.\.",
    "es": r"[“”„]|'|\b[Tt]ú\b|\b[Tt]us?\b|\.\.\.|^[^¿]*\?",
    "pt": r"[„«»]|'|\b[Tt]u\b|\b[Tt]eus?\b|\.\.\.",
}
UPDATE = "run: make translations"


@pytest.fixture(scope="module")
def sources():
    return catalogues.read_sources(catalogues.ROOT)


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request):
    return request.param


@pytest.fixture
def catalogue(folder):
    return catalogues.read_catalogue(folder)


def texts_of(catalog):
    return {(message.context, str(message.id)) for message in catalog if message.id}


def forms(message):
    """Return each text of a message beside the one that it translates."""
    if not message.pluralizable:
        return [(message.id, message.string)]
    one, many = message.id
    return [(one if index == 0 else many, text) for index, text in enumerate(message.string)]


def messages(catalogue):
    return [message for message in catalogue if message.id]


def test_the_sources_are_read():
    code = catalogues.templatize(
        '{% load i18n %}<p title="{% translate \'One\' %}">{{ x|default:_("Two") }}'
        "{% blocktranslate with a=b %}Three {{ a }}{% endblocktranslate %} It's four.</p>"
    )
    assert [eval(call[call.index("(") :]) for call in catalogues.CALL.findall(code)] == [
        "One",
        "Two",
        "Three %(a)s",
    ]


def test_every_text_of_the_sources_is_there_and_no_other(catalogue, sources):
    assert len(sources) > 200
    assert texts_of(sources) - texts_of(catalogue) == set(), UPDATE
    assert texts_of(catalogue) - texts_of(sources) == set(), UPDATE
    assert not catalogue.obsolete, UPDATE


def test_every_text_is_translated(catalogue):
    assert [message.id for message in messages(catalogue) if message.fuzzy] == []
    for message in messages(catalogue):
        if message.pluralizable:
            assert len(message.string) == catalogue.num_plurals, message.id
        assert all(text.strip() for _, text in forms(message)), message.id


def test_translations_have_the_placeholders_and_tags_of_their_texts(catalogue):
    for message in messages(catalogue):
        for original, text in forms(message):
            for pattern in (PLACEHOLDER, TAG):
                assert sorted(pattern.findall(text)) == sorted(pattern.findall(original)), original
            plain = [TAG.sub("", each) for each in (original, text)]
            assert not SPECIAL.search(plain[1]) or SPECIAL.search(plain[0]), original


@pytest.mark.parametrize("language", FORBIDDEN)
def test_translations_keep_their_languages_conventions(language):
    catalogue = catalogues.read_catalogue(catalogues.ROOT / "tickets" / "locale" / language)
    texts = [text for message in messages(catalogue) for _, text in forms(message)]
    plain = [PLACEHOLDER.sub("x", TAG.sub("", text).replace("=?", "")) for text in texts]
    assert [text for text in plain if re.search(FORBIDDEN[language], text)] == []


def test_the_compiled_file_is_the_catalogue(folder, catalogue):
    expected = io.BytesIO()
    write_mo(expected, catalogue)
    expected.seek(0)
    with (folder / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    texts = gettext.GNUTranslations(expected)._catalog
    assert {key: text for key, text in compiled._catalog.items() if key} == {
        key: text for key, text in texts.items() if key
    }, UPDATE
