"""What a message contains: texts, charsets, attachments and their names."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.mail import file_names
from tickets.mail.flowed import unflow
from tickets.mail.html import to_text
from tickets.mail.mime import Flag
from tickets.mail.reader import read
from tickets.mail.tnef import read_tnef
from tickets.tests.mail.messages import REPLY, message, multipart

PLAIN = "Content-Type: text/plain\n\n"
HTML = "Content-Type: text/html\n\n"


def test_a_usual_message():
    parsed = read(REPLY)
    assert (parsed.sender.name, parsed.sender.email) == ("Kim Möller", "kim@example.org")
    assert [address.email for address in parsed.to] == ["desk@example.org"]
    assert parsed.subject == "Re: Printer"
    assert (parsed.message_id, parsed.has_own_id) == ("<reply-1@example.org>", True)
    assert parsed.in_reply_to == ("<sent-1@example.org>",)
    assert parsed.references == ("<first@example.org>", "<sent-1@example.org>")
    assert parsed.folding.new == "It still does not print."
    (file,) = parsed.attachments
    assert (file.name, file.type, file.content_id) == ("screen.png", "image/png", "image1")
    assert (file.content, file.size) == (b"\x89PNG", 4)
    assert parsed.flags == frozenset()


def test_a_missing_message_id_is_made_from_the_hash():
    parsed = read(message("Hi"))
    assert parsed.message_id == f"<{parsed.sha256}@message.invalid>"
    assert not parsed.has_own_id
    assert read(message("Ho")).message_id != parsed.message_id


def test_addresses_that_servers_noted_are_read():
    raw = message("Hi", "Delivered-To: a+t1@example.org", "X-Original-To: b@example.org")
    assert [address.email for address in read(raw).delivered_to] == [
        "a+t1@example.org",
        "b@example.org",
    ]


# --- texts ---


@pytest.mark.parametrize(
    ("plain", "html", "expected"),
    [
        ("In plain text.", "<p>In HTML.</p>", "In plain text."),
        ("", "<p>In HTML.</p>", "In HTML."),
        (" \n", "<p>In HTML.</p>", "In HTML."),
        ("Your mail client does not show HTML.", f"<p>{'In HTML. ' * 9}</p>", "In HTML. " * 9),
        ("Text.", "<p>Much longer HTML, which a program made.</p>", "Text."),
        ("Only plain.", "", "Only plain."),
    ],
)
def test_plain_text_is_shown_unless_it_says_nothing(plain, html, expected):
    parsed = read(multipart(PLAIN + plain, HTML + html, kind="alternative"))
    assert parsed.text.strip() == expected.strip()
    assert (parsed.plain.strip(), parsed.html.strip()) == (plain.strip(), html)


@pytest.mark.parametrize(
    ("plain", "new"),
    [
        ("It still fails.\n\nSchreef: Desk\nAgain?", "It still fails."),
        ("It still\nfails.\nSchreef: Desk\nAgain?", "It still\nfails."),
        # The versions differ, so the marks say nothing about this one.
        ("Something else.\n\nAgain?", "Something else.\n\nAgain?"),
    ],
)
def test_the_marks_of_html_count_for_its_plain_version(plain, new):
    source = "<p>It still fails.</p><div class='gmail_quote'>Schreef: Desk<br>Again?</div>"
    assert read(multipart(PLAIN + plain, HTML + source, kind="alternative")).folding.new == new


def test_texts_between_attachments_are_one():
    image = "Content-Type: image/png\n\nx"
    assert read(multipart(f"{PLAIN}One.", image, f"{PLAIN}Two.")).text == "One.\n\nTwo."


def test_a_long_text_is_cut_and_attached_as_a_whole():
    parsed = read(message("ä" * 20_001))
    assert parsed.text == "ä" * 20_000
    assert parsed.attachments[-1].content.decode() == "ä" * 20_001
    assert Flag.TEXT_CUT in parsed.flags


def test_an_empty_message_has_an_empty_text():
    assert read(b"").text == ""
    assert read(message("")).attachments == ()


@pytest.mark.parametrize(
    ("charset", "content", "text"),
    [
        ("utf-8", "Grüße".encode(), "Grüße"),
        ("iso-8859-1", b"Gr\xfc\xdfe \x80", "Grüße €"),
        ("ks_c_5601-1987", "한국어".encode("cp949"), "한국어"),
        ("gb2312", "镕基".encode("gbk"), "镕基"),
        ("shift_jis", "①".encode("cp932"), "①"),
        ('"UTF8"', "ß".encode(), "ß"),
        ("us-ascii", "ß".encode(), "ß"),
        ("no-such-charset", "ß".encode(), "ß"),
        ("base64", b"plain", "plain"),
        ("unicode_escape", rb"\u0041", r"\u0041"),
        ("utf-8", b"a\xffb\x00c", "a\ufffdbc"),
        ("utf-16-le", "aß".encode("utf-16-le"), "aß"),
        ("", b"\x1b$B4A;z\x1b(B", "漢字"),
    ],
)
def test_charsets(charset, content, text):
    raw = f"Content-Type: text/plain; charset={charset}\n\n".encode() + content
    assert read(raw).text == text


def test_undecodable_bytes_become_replacement_characters():
    raw = b"Content-Type: text/plain; charset=euc-jp\n\nab \xff\xfe\xfd cd"
    assert "\ufffd" in read(raw).text


def test_an_unknown_charset_is_flagged():
    assert Flag.UNKNOWN_CHARSET in read(message("x", charset="no-such-charset")).flags


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> one \n> two\n>> three", "> one two\n>> three"),
        ("one \n-- \nKim", "one \n-- \nKim"),
        (" From here", "From here"),
    ],
)
def test_flowed_lines_are_joined(text, joined):
    assert unflow(text) == joined
    raw = f"Content-Type: text/plain; format=flowed\n\n{text}".encode()
    assert read(raw).text == joined


def test_html_becomes_readable_text():
    source = (
        "<head><style>p {}</style></head><h1>Hi</h1><p>See <a href='https://x.org/a'>this</a>,"
        " <a href='https://x.org/'>x.org</a> &amp; more.<br>Next</p><ul><li>one<li>two</ul>"
        "<table><tr><td>a</td><td>b</td></tr></table><script>x()</script><pre>a\n  b</pre>"
        "<img src='cid:1' alt='Logo'>1 < 2"
    )
    assert to_text(source).text == (
        "Hi\n\nSee this <https://x.org/a>, x.org & more.\nNext\n\n- one\n- two\n\na b\n\n"
        "a\n  b\n\n[Logo]1 < 2"
    )


# --- attachments ---


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\kim\report.pdf", "report.pdf"),
        ("a\u2215b\uff0fc.txt", "c.txt"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("a\x00b\nc\x1b.txt", "abc.txt"),
        ("e\u0301.txt", "é.txt"),
        ("name:stream.txt", "name_stream.txt"),
        ("..", "attachment.png"),
        ("   ", "attachment.png"),
        ("", "attachment.png"),
        ("x" * 300 + ".tar.gz", "x" * 197 + ".gz"),
        ("ä" * 300, "ä" * 100),
    ],
)
def test_names_of_files_are_cleaned(declared, name):
    assert file_names.clean(declared, "image/png") == name


@given(st.text())
def test_clean_names_are_safe(declared):
    name = file_names.clean(declared)
    assert 0 < len(name.encode()) <= 200
    assert not set(name) & set("/\\\0\n\r")
    assert name not in (".", "..")


def test_a_message_in_a_message_is_an_attachment():
    inner = b"Content-Type: message/rfc822\n\nSubject: inner\n\nInner text."
    parsed = read(multipart(f"{PLAIN}Look.", inner))
    (file,) = parsed.attachments
    assert (file.name, file.type) == ("message.eml", "message/rfc822")
    assert file.content == b"Subject: inner\n\nInner text."
    assert parsed.text == "Look."


@pytest.mark.parametrize(
    ("encoding", "content", "decoded"),
    [
        ("base64", b"aGVs\nbG8=", b"hello"),
        ("BASE64 ", b"aGVsbG8", b"hello"),
        ("base64", b"aGVs!!bG8=aGVsbG8=", b"hellohello"),
        ("quoted-printable", b"h=65llo=\n there=ZZ", b"hello there=ZZ"),
        ("x-uuencode", b"begin 644 a\n%:&5L;&\\\n`\nend", b"hello"),
        ("7bit", b"hello", b"hello"),
        ("unknown", b"hello", b"hello"),
    ],
)
def test_transfer_encodings(encoding, content, decoded):
    head = f"Content-Type: application/x\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    (file,) = read(multipart(head + content)).attachments
    assert file.content == decoded


# --- winmail.dat ---


def tnef_object(name, data, level=2):
    return struct.pack("<BHHI", level, name, 0, len(data)) + data + b"\0\0"


def tnef_properties(*items):
    data = struct.pack("<I", len(items))
    for number, value in items:
        data += (
            struct.pack("<HHII", 0x1E, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)
        )
    return data


def tnef(*objects):
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(objects)


WINMAIL = tnef(
    tnef_object(0x9003, tnef_properties((0x1000, b"The text.\0")), level=1),
    tnef_object(0x9002, b"\0" * 14),
    tnef_object(0x8010, b"REPORT~1.PDF\0"),
    tnef_object(0x800F, b"%PDF\0\0\0"),
    tnef_object(0x9005, tnef_properties((0x3707, b"report 2026.pdf\0"))),
)


def winmail(content):
    return multipart(b"Content-Type: application/ms-tnef; name=winmail.dat\n\n" + content)


def test_files_and_text_are_taken_out_of_winmail_dat():
    parsed = read(winmail(WINMAIL))
    (file,) = parsed.attachments
    assert (file.name, file.content) == ("report 2026.pdf", b"%PDF\0\0\0")
    assert parsed.text == "The text."


@pytest.mark.parametrize("content", [b"", b"no TNEF", WINMAIL[:-9], WINMAIL[:60]])
def test_a_broken_winmail_dat_is_kept_whole(content):
    parsed = read(winmail(content))
    assert [file.content for file in parsed.attachments] == [content]
    assert Flag.UNREADABLE_TNEF in parsed.flags


def test_a_count_that_lies_ends_with_the_data():
    lie = struct.pack("<I", 0xFFFFFFFF) + b"\0" * 100
    with pytest.raises(ValueError):
        read_tnef(tnef(tnef_object(0x9003, lie, level=1)))


@given(st.binary(max_size=200))
def test_any_tnef_is_read_or_refused(data):
    with suppress(ValueError):
        read_tnef(struct.pack("<IH", 0x223E9F78, 1) + data)
