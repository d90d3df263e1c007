"""What is fitted to the example tickets: weights that turn vectors into values, and their form.

`manage.py fit_triage` writes both to `heads/`. The weights are one linear layer for each field.
Eight bits a weight are enough: fewer than one in a hundred example tickets gets another value in
one of its fields.
"""

from __future__ import annotations

import base64
import json
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ....vocabulary import CATEGORIES, PRIORITIES, SENTIMENTS

FOLDER = Path(__file__).parent / "heads"
OUTPUTS = {"category": CATEGORIES, "priority": PRIORITIES, "sentiment": SENTIMENTS}
WIDTH = sum(len(values) for values in OUTPUTS.values())
MAX_STEP = 127


@dataclass(frozen=True)
class Heads:
    """`weights` has WIDTH columns, the outputs of all fields, and a row for each of the `inputs`.

    The last row is the bias. `inputs` says which features of the encoder the rows belong to.
    """

    borders: list[float]
    inputs: list[int]
    weights: list[list[float]]
    input_factors: list[float]  # each feature is multiplied by its own first
    # What says nothing about the matter: the mean of all vectors, and the direction, of length 1,
    # in which those of longer texts lie. Empty without a pool.
    mean: list[float]
    length: list[float]


def split(scores: Sequence[float]) -> list[list[float]]:
    """Divide the WIDTH outputs by field."""
    parts, start = [], 0
    for values in OUTPUTS.values():
        parts.append(list(scores[start : start + len(values)]))
        start += len(values)
    return parts


def save(name: str, heads: Heads) -> None:
    """Write the heads of an encoder."""
    columns = [list(column) for column in zip(*heads.weights, strict=True)]
    content = {
        "borders": [round(border, 1) for border in heads.borders],
        "inputs": _encoded(array("H", heads.inputs)),
        "input_factors": _quantised(heads.input_factors),
        "weights": [_quantised(column) for column in columns],
        "mean": _quantised(heads.mean),
        "length": _quantised(heads.length),
    }
    text = json.dumps(content, indent=1)
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def load(name: str) -> Heads:
    """Read the heads of an encoder."""
    content = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    columns = [_restored(column) for column in content["weights"]]
    return Heads(
        borders=content["borders"],
        inputs=list(_decoded("H", content["inputs"])),
        weights=[list(row) for row in zip(*columns, strict=True)],
        input_factors=_restored(content["input_factors"]),
        mean=_restored(content["mean"]),
        length=_restored(content["length"]),
    )


def _quantised(values: Sequence[float]) -> dict[str, object]:
    step = max((abs(value) for value in values), default=0.0) / MAX_STEP or 1.0
    step = float(f"{step:.3g}") * 1.01  # rounded up, so that no value leaves the range
    return {"step": step, "values": _encoded(array("b", [round(v / step) for v in values]))}


def _restored(column: dict[str, object]) -> list[float]:
    step, values = column["step"], column["values"]
    assert isinstance(step, float)
    assert isinstance(values, str)
    return [step * value for value in _decoded("b", values)]


def _encoded(values: array[int]) -> str:
    return base64.b64encode(zlib.compress(values.tobytes(), 9)).decode("ascii")


def _decoded(kind: str, text: str) -> array[int]:
    return array(kind, zlib.decompress(base64.b64decode(text)))
