"""From words to a command, and from its end to an exit code."""

import os
import sys
from collections.abc import Sequence
from importlib import import_module

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.parser import build_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code."""
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:
        import_module("cipp_tui.cli.completing").complete(parser)
    arguments = parser.parse_args(argv)
    module, _, function = arguments.run.partition(":")
    try:
        return int(getattr(import_module(f"cipp_tui.cli.{module}"), function)(arguments))
    except BrokenPipeError:
        # The reader has seen enough. Python would complain while flushing at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.WELL
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
