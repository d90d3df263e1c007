"""docs/operations.md and the steps that follow it, without Docker."""

import pytest

from bench.operations.page import PAGE, differences, loose_commands, read_blocks
from bench.operations.shell import CommandFailed, Shell
from bench.operations.steps import STEPS
from bench.operations.tour import MACHINES

RUN = [step.key for step in STEPS]


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text()


def test_every_block_is_run_by_exactly_one_step(page):
    assert differences(read_blocks(page), RUN) == []
    assert {step.machine for step in STEPS} == set(MACHINES)


def test_one_more_block_has_no_step(page):
    more = page.replace("## Without Docker\n", "```sh\nreboot\n```\n\n## Without Docker\n")
    [difference] = differences(read_blocks(more), RUN)
    assert difference.startswith("no step runs")
    assert "9. Restore it" in difference
    [difference] = differences(read_blocks(f"{page}\n## New\n\n```sh\nreboot\n```\n"), RUN)
    assert "'New'" in difference


def test_one_block_less_is_noticed(page):
    less = page.replace("```sh\nmake run\n```", "")
    assert "no block" in differences(read_blocks(less), RUN)[0]


def test_no_block_is_run_twice(page):
    [difference] = differences(read_blocks(page), [*RUN, RUN[0]])
    assert difference.startswith("2 steps run")


def test_a_command_inside_a_sentence_stands_in_a_block_too(page):
    assert loose_commands(page) == []
    assert loose_commands(f"{page}\nRun `docker compose rm web`.\n") == ["docker compose rm web"]


@pytest.fixture
def shell(tmp_path):
    environment = {"PATH": "/usr/bin:/bin", "GREETING": "hello"}
    with (tmp_path / "log").open("wb") as log:
        yield Shell(tmp_path, environment, {"desk.example.org": "localhost"}, log)


def test_a_block_starts_where_the_last_one_ended_with_the_words_of_the_reader(shell, tmp_path):
    assert shell.run("mkdir desk\ncd desk\necho $GREETING desk.example.org") == "hello localhost\n"
    assert shell.directory == tmp_path / "desk"
    assert shell.run("pwd") == f"{tmp_path}/desk\n"
    assert "$ pwd\n" in (tmp_path / "log").read_text()


def test_a_block_is_typed_into(shell):
    assert shell.run('read -r id\necho "<$id>"', "17\n") == "<17>\n"


@pytest.mark.parametrize("command", ["false", "false | cat", "no-such-command", "exit 3"])
def test_a_block_ends_with_the_first_command_that_fails(shell, command):
    with pytest.raises(CommandFailed, match=r"ended with \d+"):
        shell.run(f"{command}\ntouch after")
    assert not (shell.directory / "after").exists()


def test_what_runs_on_is_ended_as_ctrl_c_does(shell):
    shell.start("trap 'echo interrupted > end; exit' INT\n: > begun\nsleep 60 & wait")
    while not (shell.directory / "begun").exists():
        pass
    shell.interrupt()
    assert (shell.directory / "end").read_text() == "interrupted\n"
