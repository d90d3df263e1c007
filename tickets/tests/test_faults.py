"""docs/faults.md names every class of faults, and files of tests that exist."""

import re

from django.conf import settings

from .fault_files import fault_files


def test_each_class_has_tests():
    text = (settings.BASE_DIR / "docs/faults.md").read_text()
    rows = re.findall(r"^\| (\d+) \|.*`[\w/]+\.py` \|$", text, re.M)
    assert rows == [str(number) for number in range(1, 26)]


def test_the_files_exist():
    assert {str(file) for file in fault_files() if not file.is_file()} == set()


def test_its_tests_are_marked(request):
    files = {item.path for item in request.session.items if item.get_closest_marker("fault")}
    assert files <= fault_files()
