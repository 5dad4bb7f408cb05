"""Shell completion."""

import argparse

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.streams import line


def script(arguments: argparse.Namespace) -> int:
    """Print the script a shell loads."""
    from argcomplete.shell_integration import shellcode

    line(shellcode(["cipp-tui"], shell=arguments.shell))
    return Exit.WELL


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks what could come next, and end."""
    import argcomplete

    argcomplete.autocomplete(parser)
