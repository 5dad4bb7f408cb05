"""The file that TLS keys are written to, where the environment asks for one."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cipp_tui.config.files import UnfitFile, open_private, os_words
from cipp_tui.domain.problems import ConfigProblem

VARIABLE: Final = "SSLKEYLOGFILE"
"""Source: Python, `ssl.create_default_context`; a library makes a context while it is loaded."""


def demand_key_log(env: Mapping[str, str]) -> None:
    """See that the file can be written, for whoever opens it does not say which one it was.

    Raises: ConfigProblem, naming variable and path.
    """
    if not (path := env.get(VARIABLE)):
        return
    try:
        os.close(open_private(Path(path), os.O_WRONLY | os.O_APPEND))
    except UnfitFile as unfit:
        why = unfit.why
    except OSError as error:
        why = f"cannot be written: {os_words(error)}"
    else:
        return
    raise ConfigProblem(f"{VARIABLE} names {path}, which {why}", fix="Correct it, or unset it.")
