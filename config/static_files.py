"""How the static files are gathered: our own scripts travel without their comments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile
from rjsmin import jsmin
from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN = "js/"


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    def post_process(
        self, paths: dict[str, tuple[Any, str]], dry_run: bool = False, **options: Any
    ) -> Iterator[Any]:
        if not dry_run:
            paths = paths | {name: self._stripped(name, *paths[name]) for name in _own(paths)}
        yield from super().post_process(paths, dry_run, **options)

    def _stripped(self, name: str, source: Any, path: str) -> tuple[Any, str]:
        """Write the script without comments over its copy; where that is, as `paths` says it."""
        with source.open(path) as file:
            text = jsmin(file.read().decode())
        self.delete(name)
        return self, self.save(name, ContentFile(text.encode()))


def _own(paths: dict[str, Any]) -> list[str]:
    return [name for name in paths if name.startswith(OWN) and name.endswith(".js")]
