"""The list of all packages, in the form of CycloneDX."""

import json
import re
import subprocess
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tickets import __version__
from tools.sbom import bill_of_materials

ROOT = Path(__file__).resolve().parents[2]
LISTS = [
    *(
        ROOT / "requirements" / f"{name}.txt"
        for name in ("desk", "embedded", "google-generativeai")
    ),
    ROOT / "package-lock.json",
]


def test_it_has_the_form_of_cyclonedx():
    text = json.dumps(bill_of_materials(LISTS))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_it_has_every_package_with_its_version_and_hashes():
    document = bill_of_materials(LISTS)
    desk = document["metadata"]["component"]
    assert (desk["name"], desk["version"]) == ("support-desk", __version__)
    listed = {each["purl"]: each for each in document["components"]}
    for path in LISTS[:3]:
        for name, version in re.findall(
            r"^([\w.-]+)(?:\[[^\]]*\])?==(\S+)", path.read_text(), re.MULTILINE
        ):
            assert f"pkg:pypi/{name.lower()}@{version}" in listed
    assert all(each["hashes"] for each in document["components"])
    assert {each["hashes"][0]["alg"] for each in document["components"]} == {"SHA-256", "SHA-512"}
    assert any(purl.startswith("pkg:npm/%40alpinejs/csp@") for purl in listed)
    assert not any("lighthouse" in purl for purl in listed)  # checks pages, and is not installed


def test_it_says_what_needs_what():
    document = bill_of_materials(LISTS)
    needs = {each["ref"]: each["dependsOn"] for each in document["dependencies"]}
    names = {ref: {re.sub("@[^@]*$", "", each) for each in needs[ref]} for ref in needs}
    assert {"pkg:pypi/django", "pkg:npm/idiomorph"} <= names["support-desk"]
    [django] = [ref for ref in needs if ref.startswith("pkg:pypi/django@")]
    assert {"pkg:pypi/asgiref", "pkg:pypi/sqlparse", "pkg:pypi/tzdata"} == names[django]
    assert set().union(*needs.values()) <= needs.keys()


def test_the_same_files_give_the_same_text(tmp_path):
    texts = set()
    for name in ("first.json", "second.json"):
        path = tmp_path / name
        script = [sys.executable, ROOT / "tools" / "sbom.py", path, *LISTS]
        subprocess.run(script, check=True)
        texts.add(path.read_text())
    assert len(texts) == 1


def test_one_without_the_ended_sdk_does_not_name_it():
    document = bill_of_materials(LISTS[:2])
    assert not [each for each in document["components"] if "google" in each["name"]]
