"""Shell completion: commands and options, and the names of stored tenants and of profiles."""

import argparse
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.streams import line

if TYPE_CHECKING:
    from argcomplete.finders import CompletionFinder


_EXPANDED_FIRST = ("~", "#", "=", "^")
"""A home, a comment; in zsh the path of a command, and what a pattern leaves out."""


def script(arguments: argparse.Namespace) -> int:
    """Print the script a shell loads."""
    from argcomplete.shell_integration import shellcode

    line(shellcode(["cipp-tui"], shell=arguments.shell))
    return Exit.WELL


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks what could come next, and end."""
    for action in _actions(parser):
        if action.metavar == "TENANT":
            action.completer = _tenants  # type: ignore[attr-defined]  # argcomplete looks for it
        elif action.dest in ("profile", "name") and action.metavar in ("NAME", "PROFILE"):
            action.completer = _profiles  # type: ignore[attr-defined]
    _finder()(parser)


def _finder() -> "CompletionFinder":
    """Argcomplete's own, which leaves alone what a shell expands at the start of a word only."""
    from argcomplete.finders import CompletionFinder

    class Finder(CompletionFinder):
        def quote_completions(
            self, completions: list[str], cword_prequote: str, last_wordbreak_pos: int | None
        ) -> list[str]:
            quoted = super().quote_completions(completions, cword_prequote, last_wordbreak_pos)
            inside = cword_prequote != "" or last_wordbreak_pos is not None
            if inside or os.environ.get("_ARGCOMPLETE_SHELL") in ("tcsh", "fish"):
                return quoted  # in quotes nothing is expanded there; these two quote themselves
            return [f"\\{one}" if one[:1] in _EXPANDED_FIRST else one for one in quoted]

    return Finder()


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # argparse has no public way to walk over what it was told
        yield action
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                yield from _actions(inner)


def _profiles(**_: object) -> list[str]:
    from cipp_tui.config import config_path, load_profiles
    from cipp_tui.domain.problems import ConfigProblem

    try:
        return [*load_profiles(config_path(os.environ)).profiles, "demo"]
    except ConfigProblem:
        return []  # a shell that completes is no place to complain; the command itself will


def _tenants(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """Domains and names that begin with what was typed; ids once one was begun."""
    from cipp_tui.cli.opening import chosen_profile
    from cipp_tui.config import profile_dir
    from cipp_tui.domain.problems import Problem
    from cipp_tui.storage.state import names_stored

    try:
        path = profile_dir(os.environ, chosen_profile(parsed_args).name) / "state.db"
        tenants = names_stored(path)  # a shell waits: a file that is locked has no names now
    except Problem:
        return []
    words = {word for _, name, domain in tenants for word in (domain, name) if word}
    if prefix:
        words |= {ident for ident, _, _ in tenants}
    return sorted(word for word in words if word.lower().startswith(prefix.lower()))
