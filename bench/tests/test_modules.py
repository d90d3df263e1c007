"""Every benchmark can be imported. They are too slow to run in a test.

The peers cannot: their packages are installed elsewhere.
"""

from importlib import import_module
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[1]
MODULES = [
    ".".join(path.relative_to(BENCH.parent).with_suffix("").parts)
    for path in sorted(BENCH.rglob("*.py"))
    if not {"tests", "peer_rest", "peer_helpdesk"} & set(path.parts)
]


@pytest.mark.parametrize("name", MODULES)
def test_it_imports(name):
    import_module(name)
