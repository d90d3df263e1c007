"""HTML that would stop a parser."""

import time

import nh3
import pytest

from tickets.mail.bounds import bounded


@pytest.mark.parametrize(
    "source",
    [
        "".join(f"<p><b title={n}>" for n in range(4000)),
        "".join(f"<p><B\n/title={n}>" for n in range(4000)),
        "".join(f"<p><i<b title={n}>" for n in range(4000)),
        "".join(f"<font size={n}><div>" for n in range(4000)) + "</font>" * 1900,
        "".join(f"<a title={n}><table>" for n in range(4000)),
        "<pre>" * 9_999,
        "<pre>" * 100_000,
        "<div>" * 5_000_000,
        "<b><i><u><s><tt><em><p>" * 1400,
        "<div" + "".join(f" a{n}" for n in range(70_000)) + ">",
        "<div" + "".join(f" a{n}" for n in range(500_000)) + ">",
        "<img src=data:" * 9000,
    ],
)
def test_no_html_takes_long_or_grows(source):
    start = time.process_time()
    html = nh3.clean(bounded(source))
    assert time.process_time() - start < 5
    assert len(html) < 5_000_000


def test_other_html_stays_as_it_is():
    source = '<p class="x">A <b>bold</b> word, <a href="https://example.org">a link</a><br>'
    assert bounded(source) == source
    assert bounded('<b style="x">a</b><body><img src="data:image/png;base64,AA">') == (
        '<b>a</b><body><img src="data:">'
    )
