"""The command line: parses, calls the services a screen would call, prints."""

from cipp_tui.cli.main import main

__all__ = ["main"]
