"""Exit codes. Scripts rely on them."""

from enum import IntEnum


class Exit(IntEnum):
    """How the program ended."""

    WELL = 0
    SOME_FAILED = 1
    USAGE = 2
    SIGN_IN = 3
    OWED = 4
    INTERRUPTED = 130
    TERMINATED = 143
