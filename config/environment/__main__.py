"""`python -m config.environment` writes the documents that list the settings."""

from .documents import DOCUMENTS, render

for path in DOCUMENTS:
    path.write_text(render(path), encoding="utf-8")
    print(f"Wrote {path}.")
