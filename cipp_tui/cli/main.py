"""From words to a command, and from its end to an exit code."""

import os
from collections.abc import Sequence
from importlib import import_module

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.parser import build_parser
from cipp_tui.cli.quiet import forbid_core_dumps, quieten_libraries
from cipp_tui.cli.streams import ResultsLostError, nobody_reads, show_every_sign, tell


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program; the exit code."""
    show_every_sign()
    quieten_libraries()
    forbid_core_dumps()
    parser = build_parser()
    if "_ARGCOMPLETE" in os.environ:
        import_module("cipp_tui.cli.completing").complete(parser)
    arguments = parser.parse_args(argv)
    module, _, function = arguments.run.partition(":")
    try:
        return int(getattr(import_module(f"cipp_tui.cli.{module}"), function)(arguments))
    except BrokenPipeError:
        nobody_reads()
        return Exit.WELL
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except ResultsLostError as error:
        from cipp_tui.config.files import os_words  # loads much that --help does without

        nobody_reads()
        tell(f"cipp-tui: standard output: {os_words(error)}")
        return Exit.SOME_FAILED
    except Exception as error:  # noqa: BLE001 - the top of the process: a bug, told in one sentence
        from cipp_tui.cli.opening import told
        from cipp_tui.services.told import unforeseen

        return told(unforeseen(error, "carrying the command out"))
