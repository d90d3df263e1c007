"""The pages that show what was sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape

from .messages import SentMessage

STYLE = """
body { margin: 2rem auto; padding: 0 1rem; max-width: 60rem; font: 16px/1.5 system-ui, sans-serif;
  color: #1b1c22; background: #fff; color-scheme: light dark; overflow-wrap: anywhere; }
a { color: #4650c9; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.375rem 0.75rem 0.375rem 0; border-bottom: 1px solid #8884; text-align: left;
  vertical-align: top; }
th, td:first-child { overflow-wrap: normal; }
pre { padding: 0.75rem; border: 1px solid #8884; border-radius: 6px; white-space: pre-wrap; }
iframe { width: 100%; height: 30rem; border: 1px solid #8884; border-radius: 6px;
  background: #fff; }
label { display: block; margin: 0.75rem 0 0.25rem; }
input[type=text], input[type=email], textarea { width: 100%; box-sizing: border-box;
  padding: 0.5rem; font: inherit; }
button { margin-top: 0.75rem; padding: 0.5rem 1rem; font: inherit; cursor: pointer; }
.notice { padding: 0.5rem 0.75rem; border: 1px solid #8884; border-radius: 6px; }
@media (prefers-color-scheme: dark) { body { color: #ececf1; background: #17181c; }
  a { color: #a3abff; } }
"""
BODY_AND_FILE = """
<label for="body">Message</label><textarea id="body" name="body" rows="6" required></textarea>
<label for="file">File</label><input id="file" name="file" type="file">
<div><button>Send</button></div>
"""


def index(messages: Sequence[SentMessage], recipient: str, notice: str = "") -> str:
    rows = "".join(map(_row, messages))
    table = f"<tr><th>Time<th>To<th>Subject</tr>{rows}" if rows else "<tr><td>Nothing yet.</tr>"
    return _page(
        "What the desk has sent",
        f"""{_notice(notice)}
        <p>This server takes all email of the desk and sends none of it on. Open a message to
        answer it as the customer.</p>
        <table>{table}</table>
        <h2>Write to {escape(recipient)}</h2>
        <form method="post" action="/new" enctype="multipart/form-data">
        <label for="sender">From</label>
        <input id="sender" name="sender" type="email" value="kim@customer.example" required>
        <label for="subject">Subject</label><input id="subject" name="subject" type="text">
        {BODY_AND_FILE}</form>""",
    )


def show(sent: SentMessage) -> str:
    parsed = sent.parsed
    headers = "".join(
        f"<tr><th>{escape(name)}<td>{escape(str(value))}</tr>" for name, value in parsed.items()
    )
    files = "".join(
        f'<li><a href="/messages/{sent.number}/files/{number}">{escape(file.name)}</a>'
        f" ({len(file.content):,} bytes)</li>"
        for number, file in enumerate(sent.files)
    )
    # Without any permission, so that nothing in a message can run or load.
    frame = f'<iframe sandbox src="/messages/{sent.number}/html" title="HTML"></iframe>'
    return _page(
        str(parsed["Subject"] or "(no subject)"),
        f"""<p><a href="/">All messages</a> · <a href="/messages/{sent.number}/raw">Source</a></p>
        <p>From {escape(str(parsed["From"] or ""))}<br>To {escape(", ".join(sent.recipients))}</p>
        <pre>{escape(sent.text("plain"))}</pre>
        {f"<ul>{files}</ul>" if files else ""}
        <details><summary>HTML</summary>{frame}</details>
        <details><summary>Headers and envelope</summary><table>{headers}
        <tr><th>Envelope from<td>{escape(sent.sender)}</tr>
        <tr><th>Envelope to<td>{escape(", ".join(sent.recipients))}</tr></table></details>
        <h2>Answer as {escape(sent.recipients[0])}</h2>
        <form method="post" action="/messages/{sent.number}/answer" enctype="multipart/form-data">
        {BODY_AND_FILE}</form>""",
    )


def failure(text: str) -> str:
    body = f'<p><a href="/">All messages</a></p><pre>{escape(text)}</pre>'
    return _page("The desk did not take the message", body)


def _row(sent: SentMessage) -> str:
    time = datetime.fromtimestamp(sent.at).strftime("%H:%M:%S")
    subject = escape(str(sent.parsed["Subject"] or "(no subject)"))
    return (
        f"<tr><td>{time}<td>{escape(', '.join(sent.recipients))}"
        f'<td><a href="/messages/{sent.number}">{subject}</a></tr>'
    )


def _notice(text: str) -> str:
    return f'<p class="notice" role="status">{escape(text)}</p>' if text else ""


def _page(title: str, body: str) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><h1>{escape(title)}</h1>{body}"
    )
