from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.benchmarks.management.commands.benchmarks import Command, load_subcommands
from apps.core.servers.lease import SERVERLESS_SUBCOMMANDS


def test_without_a_subcommand_the_help_is_printed_and_the_status_is_2() -> None:
    stdout, stderr = StringIO(), StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command("benchmarks", stdout=stdout, stderr=stderr)
    assert caught.value.code == 2
    assert stdout.getvalue() == ""
    assert "rank" in stderr.getvalue()


@pytest.mark.parametrize(
    "words", [["rnak"], ["rank"], ["rank", "x.csv", "--mode", "?"]]
)
def test_a_wrong_command_line_is_an_error_in_code(words: list[str]) -> None:
    with pytest.raises(CommandError):
        call_command("benchmarks", *words)


@pytest.mark.parametrize(
    "words", [["rnak"], ["rank"], ["rank", "x.csv", "--mode", "?"]]
)
def test_a_wrong_command_line_is_status_2_and_one_line(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        Command().run_from_argv(["manage.py", "benchmarks", *words])
    captured = capsys.readouterr()
    assert caught.value.code == 2
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_every_module_is_a_subcommand_with_its_own_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, module in load_subcommands().items():
        with pytest.raises(SystemExit) as caught:
            Command().run_from_argv(["manage.py", "benchmarks", name, "--help"])
        assert caught.value.code == 0
        assert module.HELP.split()[0] in capsys.readouterr().out


def test_servers_are_started_for_the_subcommands_that_need_them() -> None:
    serverless = {
        name for name, m in load_subcommands().items() if not m.NEEDS_DATABASE
    }
    assert {("benchmarks", name) for name in serverless} == SERVERLESS_SUBCOMMANDS
