"""Serving the simulated fleet."""

import argparse
import sys

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.streams import tell


def simulate(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from cipp_tui.simulator.serve import simulate as serve

    if arguments.tenants < 1:
        tell("cipp-tui simulate: --tenants must be 1 or more")
        return Exit.USAGE
    try:
        return serve(
            arguments.host,
            arguments.port,
            arguments.tenants,
            arguments.seed,
            arguments.latency,
            arguments.faults,
            arguments.profile_out,
            sys.stdout,
        )
    except ValueError as error:
        tell(f"cipp-tui simulate: {error}")
        return Exit.USAGE
    except OSError as error:
        tell(f"cipp-tui simulate: cannot listen on {arguments.host}: {error.strerror or error}")
        return Exit.USAGE
