"""Serving the simulated fleet."""

import argparse
import sys

from cipp_tui.cli.exits import Exit
from cipp_tui.cli.streams import tell


def simulate(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM."""
    from cipp_tui.simulator.serve import simulate as serve

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
            requests_per_second=arguments.limit,
            up_to_date=arguments.up_to_date,
            like=arguments.like,
        )
    except ValueError as error:
        tell(f"cipp-tui simulate: {error}")
        return Exit.USAGE
    except OSError as error:
        what = error.filename or f"cannot listen on {arguments.host}"
        tell(f"cipp-tui simulate: {what}: {error.strerror or error}")
        return Exit.USAGE
