"""The command ``lianjian``: one small file a verb, imported only when that verb is called."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

VERBS = {
    "run": "Simulate a scenario and write its result folder.",
    "sweep": "Run an experiment over many settings, or go on with it.",
    "status": "How far a sweep is, what failed, how wide its intervals are.",
    "explain": "One run of a sweep: settings, seed, traceback; --replay simulates it again.",
    "compare": "Compare arms of a run or sweep: paired effects with simultaneous intervals.",
    "sensitivity": "Which unknown drives the answer: Morris screening, Sobol indices.",
    "decompose": "Which part of a package did it: Shapley values and interactions of its members.",
    "optimise": "Search for the best packages under a budget: the front over several goals.",
    "discover": "Find the conditions under which a policy loses or wins, from a sweep.",
    "cost": "Gain against public cost: acceptability, incremental ratios, the frontier.",
    "query": "Ask the tables of a result in SQL.",
    "export": "Write the tables of a result for Stata, xarray, SALib, EMA or a spreadsheet.",
    "plot": "Draw figures of a result for a paper or a slide.",
    "check": "Check scenario and experiment files; messages name file, line and column.",
    "describe": "All about a mechanism, policy or name, or where a rule stands; English and 中文.",
    "schema": "Print the JSON Schema of scenario or experiment files, for editors.",
    "audit": "Do the books of a result close, do its hashes match?",
}
"""Verb -> one line of help. The verb ``x`` is the function ``x`` in ``sim/cli/x.py``."""

USER_ERROR = 2
FAULT = 1
BROKEN_PIPE = 141
"""What a shell reports for a process that a closed pipe ended."""


class Verbs(TyperGroup):
    """A group of commands that imports a verb's module when it is called, and none for ``--help``."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in VERBS:
            return None
        verb = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        verb.command(cmd_name)(getattr(import_module(f"sim.cli.{cmd_name}"), cmd_name))
        return typer.main.get_command(verb)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in VERBS and not args[0].startswith("-"):
            from sim.scenario.problems import suggestion

            ctx.fail(f"there is no verb '{args[0]}'{suggestion(args[0], VERBS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


def _app() -> typer.Typer:
    app = typer.Typer(
        cls=Verbs,
        name="lianjian",
        add_completion=False,
        rich_markup_mode=None,  # plain text: boxes wrap paths
        pretty_exceptions_enable=False,
    )

    @app.callback()
    def lianjian(
        version: Annotated[
            bool,
            typer.Option("--version", is_eager=True, callback=_version, help="Say which version this is."),
        ] = False,
        debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks (or set LIANJIAN_DEBUG=1).")] = False,
    ) -> None:
        """Simulate villages that pool public money in councils 片区联合党委 and compare policies."""

    return app


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"lianjian {version('lianjian')}")
        except PackageNotFoundError:  # run from a source tree that was not installed
            typer.echo("lianjian (not installed)")
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0, 1 for a failed audit or a fault, 2 for a user's error."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given or os.environ.get("LIANJIAN_DEBUG", "0") not in ("", "0")
    _escape_what_the_terminal_lacks()
    try:
        command = typer.main.get_command(_app())
        words = [word for word in given if word != "--debug"] or ["--help"]
        status = command.main(words, prog_name="lianjian", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the flush at exit must find something open
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        if debug:
            raise
        return _explain(error)


def _escape_what_the_terminal_lacks() -> None:
    """A terminal that cannot show Chinese gets escapes, not a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _explain(error: Exception) -> int:
    """Say on standard error what went wrong, each message on a line of its own, and return the exit status."""
    if isinstance(error, typer.Abort):
        return 130
    lines = list(getattr(error, "messages", ()))
    if hasattr(error, "format_message"):  # a wrong option or verb
        lines = [
            f"lianjian: {error.format_message()}",
            "lianjian --help lists verbs, lianjian VERB --help options.",
        ]
    elif not lines and _is_said_to_users(error):
        lines = [f"lianjian: {error}"]
    status = USER_ERROR if lines else FAULT
    if not lines:
        said = " ".join(str(error).split())
        lines = [f"lianjian: {type(error).__name__}: {said}"]
        lines.append("This is a fault of lianjian. Please file an issue with what the command prints with --debug.")
    for line in lines:
        print(line, file=sys.stderr)
    return status


def _is_said_to_users(error: Exception) -> bool:
    """Our own exceptions and the system's (no space, no permission) are for users; books that fail to close are faults."""
    own = type(error).__module__.split(".")[0] == "sim" and not isinstance(error, ArithmeticError)
    return own or (isinstance(error, OSError) and error.filename is not None)
