"""Where files live: the environment first, else the platform's own folders."""

import re
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from cipp_tui.domain.problems import ConfigProblem
from cipp_tui.domain.text import clean

APP = "cipp-tui"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def config_path(env: Mapping[str, str]) -> Path:
    """The config file."""
    named = env.get("CIPP_TUI_CONFIG")
    if named:
        return at_home(Path(named))
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def data_dir(env: Mapping[str, str]) -> Path:
    """The folder of everything the program writes by itself."""
    named = env.get("CIPP_TUI_DATA")
    if named:
        return at_home(Path(named))
    return Path(platformdirs.user_state_dir(APP, appauthor=False))


def at_home(path: Path) -> Path:
    """The path with `~` followed; that of a user who is not there is taken as it is written."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def profile_dir(env: Mapping[str, str], name: str) -> Path:
    """The folder of one profile's state."""
    return data_dir(env) / "profiles" / check_name(name)


def check_name(name: str, *, file: str = "") -> str:
    """A profile's name, which is also a folder's. Raises: ConfigProblem."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ConfigProblem(
            "a profile's name may hold letters, digits, '.', '_' and '-', 64 at most",
            file=file,
            key=f"profiles.{clean(name[:80])}",
            fix="Rename it.",
        )
    return name
