"""Write what the desk consists of as CycloneDX 1.6 JSON: every package, with version and hashes.

    python3 tools/sbom.py sbom.cdx.json requirements/desk.txt package-lock.json ...

It comes from the lock files alone, so the same files give the same text, anywhere. Needs nothing
but Python's standard library. `make sbom` calls it, and so does the Dockerfile.
"""

import base64
import hashlib
import json
import re
import sys
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r'__version__ = "([^"]+)"')
# As `uv pip compile` writes them: a pin, its hashes, and what asks for it.
ENTRY = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)(?: *; *(.*?))? *\\?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
NODE_MODULES = "node_modules/"
Component = dict[str, Any]


def bill_of_materials(lists: Iterable[Path]) -> dict[str, Any]:
    """Return the document. What stands in several lists is there once."""
    desk = _desk()
    components, key_of = {desk["bom-ref"]: desk}, {desk["bom-ref"]: ""}
    needed: dict[str, set[str]] = defaultdict(set)  # what a package needs, by that one's key
    for path in lists:
        read = _from_npm if path.suffix == ".json" else _from_pip
        for key, component, parents in read(path):
            reference = component["bom-ref"]
            components[reference], key_of[reference] = component, key
            for parent in parents:
                needed[parent].add(reference)
    dependencies = [
        {"ref": reference, "dependsOn": sorted(needed[key_of[reference]])}
        for reference in sorted(components)
    ]
    listed = [components[each] for each in sorted(components) if each != desk["bom-ref"]]
    content = json.dumps([desk, listed, dependencies]).encode()
    serial = uuid.UUID(bytes=hashlib.sha256(content).digest()[:16], version=4)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {"component": desk},
        "components": listed,
        "dependencies": dependencies,
    }


def _desk() -> Component:
    match = VERSION.search((ROOT / "tickets" / "__init__.py").read_text())
    assert match is not None
    name = "support-desk"
    return {"type": "application", "bom-ref": name, "name": name, "version": match[1]}


def _from_pip(path: Path) -> Iterator[tuple[str, Component, list[str]]]:
    """Yield each pin of a list with its key and those of what asks for it; "" is the desk."""
    for text in re.split(r"^(?=\w)", path.read_text(), flags=re.MULTILINE)[1:]:
        lines = text.splitlines()
        match = ENTRY.match(lines[0])
        if match is None:
            raise ValueError(f"{path}: {lines[0]}")
        name, version, marker = _pypi_name(match[1]), match[2], match[3]
        comments = ",".join(line.strip(" #") for line in lines if line.startswith("    #"))
        parents = re.findall(r"[^\s,][^,]*", comments.removeprefix("via"))
        component = _library(name, version, f"pkg:pypi/{name}@{version}")
        # Each is that of one file: packages differ by system and by Python.
        component["hashes"] = [{"alg": "SHA-256", "content": each} for each in HASH.findall(text)]
        if marker:
            component["properties"] = [{"name": "desk:marker", "value": marker}]
        yield (
            f"pypi {name}",
            component,
            [
                "" if each.startswith("-r ") else f"pypi {_pypi_name(each)}"
                for each in parents
                if not each.startswith("-c ")
            ],
        )


def _from_npm(path: Path) -> Iterator[tuple[str, Component, list[str]]]:
    """Yield what the pages load, or what bundles it; not the tools that check pages."""
    packages: dict[str, Any] = json.loads(path.read_text())["packages"]
    parents = defaultdict(list)
    for folder, package in packages.items():
        for name in {**package.get("dependencies", {}), **package.get("optionalDependencies", {})}:
            if target := _resolved(packages, folder, name):
                parents[target].append(f"npm {folder}" if folder else "")
    for folder, package in packages.items():
        if not folder or package.get("dev"):
            continue
        name, version = folder.rpartition(NODE_MODULES)[2], package["version"]
        component = _library(name, version, f"pkg:npm/{name.replace('@', '%40')}@{version}")
        algorithm, _, digest = package["integrity"].partition("-")
        content = base64.b64decode(digest).hex()
        component["hashes"] = [{"alg": algorithm.replace("sha", "SHA-"), "content": content}]
        if license_ := package.get("license"):
            component["licenses"] = [{"expression": license_}]
        yield f"npm {folder}", component, parents[folder]


def _resolved(packages: dict[str, Any], folder: str, name: str) -> str:
    """Return where npm finds a package that one in `folder` asks for; "" if it is not installed."""
    while True:
        candidate = f"{folder}/{NODE_MODULES}{name}".lstrip("/")
        if candidate in packages or not folder:
            return candidate if candidate in packages else ""
        folder = folder.rpartition(f"/{NODE_MODULES}")[0]


def _library(name: str, version: str, purl: str) -> Component:
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def _pypi_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    output, *paths = map(Path, sys.argv[1:])
    output.write_text(json.dumps(bill_of_materials(paths), indent=1) + "\n")
