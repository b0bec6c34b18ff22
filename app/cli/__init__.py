"""`leadline …`: thin commands that call what the rest calls.

Commands import what they need when they run, so that `--help` answers at once.
"""

import os
import sys

import typer

from app.cli import (
    check,
    clinics,
    clock,
    doctor,
    erase,
    export,
    keys,
    lint,
    processes,
    rehearse,
    replay,
    replies,
    report,
    sending,
    simulate,
    suppress,
    versions,
)
from app.cli.screen import say

__all__ = ["app", "main"]

app = typer.Typer(
    name="leadline",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `leadline demo`: everything on this machine, with a phone to text with.",
)
"""Turns a medical lead's form submission into a booked appointment by text."""


@app.callback(invoke_without_command=True)
def leadline(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """Turns a medical lead's form submission into a booked appointment by text."""
    if version:
        from app import __version__
        from app.cli.screen import give

        give(__version__)
    elif context.invoked_subcommand is None:
        say(context.get_help())
        raise typer.Exit(2)


for panel, commands in {
    "Run it": (
        processes.demo,
        processes.up,
        processes.api,
        processes.worker,
        processes.migrate,
        processes.carrier,
    ),
    "Set it up": (clinics.apply, check.check, simulate.simulate, rehearse.rehearse),
    "Look after it": (
        clock.clock,
        sending.sending,
        doctor.doctor,
        report.report,
        export.export,
        erase.erase,
        replies.read,
        replay.replay,
        lint.lint,
    ),
}.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
app.add_typer(keys.keys, name="keys", rich_help_panel="Set it up")
app.add_typer(versions.versions, name="versions", rich_help_panel="Look after it")
app.add_typer(suppress.suppress, name="suppress", rich_help_panel="Look after it")


def main() -> None:
    """Run a command and end the process with its exit code: 0 fine, 1 findings or failure, 2 wrong usage."""
    try:
        code = typer.main.get_command(app).main(prog_name="leadline", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has had enough; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except Exception as error:
        from app.cli.endings import ending

        end = ending(error)
        if end is None:
            raise
        code, line = end
        if line:
            say(f"leadline: {line}")
    sys.exit(code if isinstance(code, int) else 0)
