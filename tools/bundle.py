"""Bundle the front end for production: one minified script per page, and minified style sheets.

    python3 tools/bundle.py

Writes what replaces the files of the same names in `static/` to `.build/bundles/`, where
collectstatic finds it first (STATICFILES_DIRS). Needs Python's standard library and esbuild only,
which npm installs.
"""

import shutil
import subprocess
from pathlib import Path

# The oldest browsers that have all of the CSS in use: light-dark() and nesting.
TARGETS = "chrome123,firefox120,safari17.5"


def bundle(root: Path, output: Path | None = None) -> None:
    """Bundle the scripts and style sheets of the checkout at `root`.

    Each run starts from an empty folder, so that a page that was removed leaves nothing behind.
    """
    source, target = root / "static", output or root / ".build" / "bundles"
    shutil.rmtree(target, ignore_errors=True)
    entries = [*sorted(source.glob("js/pages/*.js")), *sorted(source.glob("css/*.css"))]
    subprocess.run(
        [
            esbuild(root),
            *map(str, entries),
            "--bundle",
            "--minify",
            "--format=esm",
            "--legal-comments=none",
            "--log-level=warning",
            f"--target={TARGETS}",
            f"--outbase={source}",
            f"--outdir={target}",
        ],
        cwd=root,
        check=True,
    )


def esbuild(root: Path) -> str:
    """Return the native program, which needs no Node; npm installs that of this platform only."""
    programs = sorted((root / "node_modules" / "@esbuild").glob("*/bin/esbuild"))
    if not programs:
        raise FileNotFoundError("esbuild is missing: npm ci installs it.")
    return str(programs[0])


if __name__ == "__main__":
    bundle(Path(__file__).resolve().parent.parent)
