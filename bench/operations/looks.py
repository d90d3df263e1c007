"""What a reader does before a block, and looks at after it."""

from __future__ import annotations

import json
import re
import shutil

from .tour import DESK, NAME, Tour, expect, git, new_password, read_settings

BEFORE = "The printer on the third floor jams"
PUBLIC = "My invoice shows the wrong address"
MAILED = "The scanner makes grey stripes"
TOO_LATE = "This was written after the backup"
ANSWER = "Only since Monday, on the second floor"
REQUESTER = "lena@example.com"
ATTACHED = "These are the stripes.\n"


# A desk of the last release.


def start_last_release(tour: Tour) -> None:
    """Install the last release as its own documents say, and let somebody ask for help."""
    release = git("log", "-1", "--format=%H", "--extended-regexp", "--grep=^Release [0-9]+[.]")
    tour.publish(release)
    shell = tour.shells["earlier"]
    shell.run("git clone https://git.example.org/desk.git\ncd desk\ncp .env.example .env")
    settings = shell.directory / ".env"
    text = settings.read_text()
    for name in ("SECRET_KEY", "ADMIN_PASSWORD", "POSTGRES_PASSWORD"):
        text = re.sub(rf"(?m)^#?{name}=.*$", f"{name}={new_password() * 2}", text)
    settings.write_text(re.sub(r"(?m)^PORT=.*$", f"PORT={tour.port}", text))
    shell.run("docker compose up --build --detach")
    tour.visitor.until(f"{tour.here}/readyz")
    tour.ask_for_help(tour.here, BEFORE, f"requester_email={REQUESTER}")


def old_backup(tour: Tour, _output: str) -> None:
    directory = tour.shells["earlier"].directory
    for name in ("desk.dump", "files.tar"):
        expect((directory / name).stat().st_size, f"{name} is empty")
    expect((directory / "desk.dump").read_bytes()[:5] == b"PGDMP", "desk.dump is no dump")


def publish_this_release(tour: Tour) -> None:
    tour.publish(tour.release)


def upgraded(tour: Tour, _output: str) -> None:
    tour.visitor.until(f"{tour.here}/readyz")
    tour.expect_tickets(BEFORE)


def tickets_of_the_last_release(tour: Tour, output: str) -> None:
    expect("VACUUM" in output, output)
    tour.expect_tickets(BEFORE)


# From nothing to published.


def private_directory(tour: Tour, _output: str) -> None:
    mode = tour.shells["desk"].directory.stat().st_mode & 0o777
    expect(mode == 0o700, f"others can enter the directory: {mode:o}")


def private_settings(tour: Tour, _output: str) -> None:
    path = tour.shells["desk"].directory / ".env"
    expect(path.stat().st_mode & 0o777 == 0o600, "others can read the settings")


def started(tour: Tour, _output: str) -> None:
    """The desk answers by HTTPS, with a certificate that nobody trusts, and only so."""
    page = tour.visitor.until(f"http://{NAME}/links/?a=b", "", 60, "--insecure")
    expect(page.url == f"{DESK}/links/?a=b", f"not sent to HTTPS: {page}")
    expect(tour.visitor.get(f"{DESK}/").status == 0, "a certificate of nobody is trusted")


def certified(tour: Tour, _output: str) -> None:
    """The desk has a certificate of our authority, and says that it is to be reached so only."""
    page = tour.visitor.until(f"{DESK}/", seconds=20)
    expect(page.version == "2", f"HTTP {page.version}")
    expect("\nstrict-transport-security: max-age=31536000" in page.headers, page.headers)


def published(tour: Tour, output: str) -> None:
    settings = read_settings(tour.shells["desk"].directory)
    expect(f"ADMIN_PASSWORD={settings['ADMIN_PASSWORD']}" in output, output)
    page = tour.visitor.send(
        f"{DESK}/sign-in/", "username=admin", f"password={settings['ADMIN_PASSWORD']}"
    )
    expect(page.status == 200 and "/sign-in/" not in page.url, f"not signed in: {page}")
    expect(tour.visitor.get(f"{DESK}/dashboard/").status == 200, "the admin sees no dashboard")
    tour.ask_for_help(DESK, PUBLIC)


def bring_authority(tour: Tour) -> None:
    shutil.copy(tour.authority.certificate, tour.shells["desk"].directory / "authority.pem")


def mail_both_ways(tour: Tour, _output: str) -> None:
    """A ticket is confirmed by mail, and an answer to that joins the ticket."""
    tour.visitor.until(f"{DESK}/readyz")
    stripes = tour.home / "stripes.txt"
    stripes.write_text(ATTACHED)
    tour.ask_for_help(DESK, MAILED, f"requester_email={REQUESTER}", f"files=@{stripes}")
    message = tour.mail.message_to(REQUESTER)
    body = message.get_body(("plain",))
    expect(body, "the email has no text")
    match = re.search(rf"{DESK}/t/\S+/", body.get_content() if body else "")
    expect(match, "the email has no link")
    tour.links[MAILED] = str(match and match[0])
    tour.expect_tickets(MAILED)
    tour.mail.answer(message, ANSWER)
    tour.visitor.until(tour.links[MAILED], ANSWER)


def healthy(_tour: Tour, output: str) -> None:
    """The doctor ends with 1 if anything is wrong; each of these was looked at."""
    for part in ("database", "worker", "mail out", "mail in", "web", "proxy", "certificate"):
        expect(re.search(rf"(?m)^\W*\w*\W*{part}\b", output), f"nothing about {part}:\n{output}")


def healthy_as_json(_tour: Tour, output: str) -> None:
    document = json.loads(output[output.index("{") :])
    expect(document, output)


def backed_up(tour: Tour, output: str) -> None:
    tour.notes["rows"] = _digest(output)


def backed_up_every_night(tour: Tour, _output: str) -> None:
    """Run the line as cron does: by sh, each \\% is a %."""
    [line] = (tour.home / "state" / "crontab").read_text().splitlines()
    *times, command = line.split(maxsplit=5)
    expect(times == ["15", "3", "*", "*", "*"], line)
    shell = tour.shells["desk"]
    directory = shell.directory
    shell.run(f"sh <<'END'\n{command.replace(chr(92) + '%', '%')}\nEND")
    [archive] = (directory / "backups").iterdir()
    expect("manifest.json" in shell.run(f"unzip -l '{archive}'"), "the archive has no manifest")


def manifest(_tour: Tour, output: str) -> None:
    expect(json.loads(output), output)


def token_opens_the_api(tour: Tour, output: str) -> None:
    # Beside it stands the line of the security log.
    token = next(word for word in output.split() if word.startswith("desk_"))
    header = ("--header", f"Authorization: Bearer {token}")
    page = tour.visitor.get(f"{DESK}/api/tickets/", *header)
    expect(page.status == 200 and MAILED in page.text, f"the API answers {page}")


def answers(tour: Tour, _output: str) -> None:
    tour.visitor.until(f"{DESK}/readyz")
    tour.expect_tickets(PUBLIC, MAILED)


def id_of_a_request(tour: Tour) -> str:
    match = re.search(r"(?m)^x-request-id: (\S+)", tour.visitor.get(f"{DESK}/links/").headers)
    expect(match, "an answer has no id")
    return f"{match[1] if match else ''}\n"


def line_of_the_request(_tour: Tour, output: str) -> None:
    expect("GET" in output, output)


def rows(_tour: Tour, output: str) -> None:
    expect(re.search(r"\(\d+ rows?\)", output), output)


def secret_key(_tour: Tour, output: str) -> None:
    expect(len(output.strip()) >= 32, "the archive has no secret key")


# Restored.


def write_too_late(tour: Tour) -> None:
    tour.ask_for_help(DESK, TOO_LATE)


def restored_here(tour: Tour, output: str) -> None:
    restored(tour, output)
    page = tour.visitor.get(tour.links[TOO_LATE])
    expect(page.status == 404, f"what the backup has not is there: {page}")


def restored(tour: Tour, output: str) -> None:
    """The rows are the same, and so are the pages, the files and the passwords."""
    same_rows(tour, output)
    page = tour.visitor.until(f"{DESK}/readyz")
    tour.expect_tickets(PUBLIC, MAILED)
    page = tour.visitor.get(tour.links[MAILED])
    expect(ANSWER in page.text, "the answer by mail is gone")
    match = re.search(r'href="([^"]+)"[^>]*>\s*(?:<[^>]+>\s*)*stripes.txt', page.text)
    expect(match, "the file is gone from the page")
    file = tour.visitor.get(f"{DESK}{match[1] if match else ''}")
    expect(file.text == ATTACHED, f"the file is {file}")


def carry_the_archive(tour: Tour) -> None:
    archive = tour.shells["desk"].directory / "desk.tar"
    shutil.copy(archive, tour.shells["elsewhere"].directory)


def same_rows(tour: Tour, output: str) -> None:
    digest = _digest(output)
    expect(digest == tour.notes["rows"], f"{digest} is not {tour.notes['rows']}")


def _digest(output: str) -> str:
    match = re.search(r"(?m)^Rows: (\S+)", output)
    expect(match, f"no digest: {output}")
    return match[1] if match else ""


# Without Docker.


def clone(tour: Tour) -> None:
    publish_this_release(tour)
    tour.shells["plain"].run("git clone https://git.example.org/desk.git\ncd desk")


def runs(tour: Tour, _output: str) -> None:
    tour.visitor.until(f"{tour.here}/readyz", seconds=1200)


def press_ctrl_c(tour: Tour) -> None:
    tour.shells["plain"].interrupt()
