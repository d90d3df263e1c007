"""The tests of docs/faults.md."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def fault_files() -> set[Path]:
    """Return the files that the document names."""
    named = re.findall(r"`([\w/]+\.py)`", (ROOT / "docs/faults.md").read_text())
    tests = ROOT / "tickets/tests"
    return {tests / name if (tests / name).exists() else ROOT / name for name in named}
