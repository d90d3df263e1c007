"""Bring the catalogues of translations up to date with the sources, and compile them.

    make translations

Afterwards a text that is new in the sources stands untranslated in each `django.po` below
`tickets/locale/`, and one that is gone is removed. Translate what is new and run this again: the
desk reads the compiled files beside them. Needs no gettext programs. To start a language, create
its folder first.
"""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
LITERAL = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
# A call in what Django makes of a template; everything else in it is noise.
CALL = re.compile(rf"\b(?:{'|'.join(KEYWORDS)})\((?:{LITERAL}|[\s,]|count)+\)")


def folders(root: Path) -> list[Path]:
    """Return the folder of each language."""
    return sorted(path for path in (root / "tickets" / "locale").iterdir() if path.is_dir())


def read_sources(root: Path) -> Catalog:
    """Return a catalogue of all texts that the sources mark, without translations."""
    catalog = Catalog()
    for path, code in _sources(root):
        name = path.relative_to(root).as_posix()
        for line, text, comments, context in extract(
            "python", io.BytesIO(code.encode()), KEYWORDS, ["Translators:"]
        ):
            catalog.add(text, None, [(name, line)], auto_comments=comments, context=context)
    return catalog


def _sources(root: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted((root / "tickets").rglob("*.py")):
        if not {"tests", "migrations"} & set(path.parts):
            yield path, path.read_text(encoding="utf-8")
    for path in sorted((root / "templates").rglob("*.*")):
        code = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        yield path, "\n".join(CALL.findall(code))


def read_catalogue(folder: Path) -> Catalog:
    """Return a language's catalogue; an empty one if there is none yet."""
    path = folder / "LC_MESSAGES" / "django.po"
    if not path.exists():
        return Catalog(
            locale=folder.name,
            header_comment=f"# Public pages and emails to requesters in {folder.name}.",
            project="support-desk",
            version="1",
            msgid_bugs_address="support-desk",
            last_translator="support-desk",
            language_team="support-desk",
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=folder.name)


def updated_files(folder: Path, sources: Catalog) -> dict[Path, bytes]:
    """Return the contents of a language's two files, with the present texts of the sources."""
    catalog = read_catalogue(folder)
    sources.creation_date = catalog.creation_date
    catalog.update(sources, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    text, compiled = io.BytesIO(), io.BytesIO()
    write_po(text, catalog, width=100, sort_by_file=True, include_lineno=False)
    write_mo(compiled, catalog)
    path = folder / "LC_MESSAGES" / "django.po"
    return {path: text.getvalue(), path.with_suffix(".mo"): compiled.getvalue()}


def main() -> None:
    sources = read_sources(ROOT)
    for folder in folders(ROOT):
        for path, content in updated_files(folder, sources).items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        missing = sum(not message.string for message in read_catalogue(folder) if message.id)
        print(f"{folder.name}: {len(sources)} texts, {missing} without translation")


if __name__ == "__main__":
    main()
