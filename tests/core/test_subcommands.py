"""The frame that every command with a package of subcommands has."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command, load_command_class
from django.core.management.base import CommandError

from apps.core.servers.lease import SERVERLESS_SUBCOMMANDS
from apps.core.subcommands import FrameCommand, load_subcommands

FRAMES = {"benchmarks": "rank", "predictions": "audit"}

each_frame = pytest.mark.parametrize("frame", FRAMES)


def frame_command(frame: str) -> FrameCommand:
    command = load_command_class(f"apps.{frame}", frame)
    assert isinstance(command, FrameCommand)
    return command


@each_frame
def test_without_a_subcommand_the_help_is_printed_and_the_status_is_2(
    frame: str,
) -> None:
    stdout, stderr = StringIO(), StringIO()
    with pytest.raises(SystemExit) as caught:
        call_command(frame, stdout=stdout, stderr=stderr)
    assert caught.value.code == 2
    assert stdout.getvalue() == ""
    assert FRAMES[frame] in stderr.getvalue()


@each_frame
def test_a_wrong_command_line_is_an_error_in_code(frame: str) -> None:
    for words in (["rnak"], [FRAMES[frame], "--mode", "?"]):
        with pytest.raises(CommandError):
            call_command(frame, *words)


@each_frame
def test_a_wrong_command_line_is_status_2_and_one_line(
    frame: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["rnak"], [FRAMES[frame], "--mode", "?"]):
        with pytest.raises(SystemExit) as caught:
            frame_command(frame).run_from_argv(["manage.py", frame, *words])
        captured = capsys.readouterr()
        assert caught.value.code == 2
        assert captured.out == ""
        assert captured.err.count("\n") == 1


@each_frame
def test_every_module_is_a_subcommand_with_its_own_help(
    frame: str, capsys: pytest.CaptureFixture[str]
) -> None:
    command = frame_command(frame)
    for name, module in load_subcommands(command.package).items():
        with pytest.raises(SystemExit) as caught:
            command.run_from_argv(["manage.py", frame, name, "--help"])
        assert caught.value.code == 0
        assert module.HELP.split()[0] in capsys.readouterr().out


def test_servers_are_started_for_the_subcommands_that_need_them() -> None:
    serverless = {
        (frame, name)
        for frame in FRAMES
        for name, module in load_subcommands(frame_command(frame).package).items()
        if not module.NEEDS_DATABASE
    }
    assert serverless == SERVERLESS_SUBCOMMANDS
