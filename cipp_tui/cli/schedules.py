"""Units for systemd and a line for cron that start the nightly run."""

import argparse
import os
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import time
from pathlib import Path
from typing import Final

from cipp_tui.cli.opening import chosen_profile, told
from cipp_tui.cli.streams import line
from cipp_tui.config import ConnectionProfile, DirectProfile
from cipp_tui.domain.problems import ConfigProblem, Problem

UNIT: Final = "cipp-tui-nightly"
_PASSED_ON: Final = ("CIPP_TUI_CONFIG", "CIPP_TUI_DATA")


def print_schedule(arguments: argparse.Namespace) -> int:
    """Print what was asked for; the exit code."""
    try:
        profile = chosen_profile(arguments)
        env = passed_on(os.environ)
        words = [*program(), "nightly", "--profile", profile.name]
        words += ["--due"] if arguments.due else []
        if arguments.print_systemd:
            line(systemd(words, profile, env, arguments.at))
        else:
            line(cron(words, profile, env, arguments.at))
    except Problem as problem:
        return told(problem)
    return 0


def program() -> list[str]:
    """The words that start the running program from anywhere."""
    started_as = shutil.which(sys.argv[0])
    if started_as is not None and Path(started_as).name.startswith("cipp-tui"):
        return [str(Path(started_as).absolute())]
    return [sys.executable, "-m", "cipp_tui"]


def passed_on(env: Mapping[str, str]) -> dict[str, str]:
    """The places of config and state, where the environment names them; whole paths."""
    return {
        name: str(Path(env[name]).expanduser().absolute()) for name in _PASSED_ON if env.get(name)
    }


def secret_variables(profile: ConnectionProfile) -> list[str]:
    """Names of the variables that the profile expects its secrets in."""
    if not isinstance(profile, DirectProfile):
        return []
    references = (profile.client_secret, profile.refresh_token)
    return [one.env for one in references if one is not None and one.env is not None]


# -- systemd ------------------------------------------------------------------------------------
def unit_name(profile: str) -> str:
    """The name of the units, without their ending; a profile's name is fit for it."""
    return f"{UNIT}-{profile}"


def systemd(
    words: Sequence[str], profile: ConnectionProfile, env: Mapping[str, str], at: time
) -> str:
    """A service and a timer for the user's own systemd, told apart by their heads.

    Source: systemd.service(5), section "Command lines"; systemd.syntax(7), "Quoting";
    systemd.time(7), "Calendar events".
    """
    name = unit_name(profile.name)
    folder = "~/.config/systemd/user"
    return "\n".join(
        [
            f"# Save the two parts as {folder}/{name}.service and {name}.timer, then:",
            f"#   systemctl --user daemon-reload && systemctl --user enable --now {name}.timer",
            "# While you are logged out it runs too after: loginctl enable-linger",
            *_about_secrets(profile, f"{folder}/{name}.env (chmod 600)"),
            "",
            f"# ---- {name}.service",
            *service_lines(words, profile, env),
            "",
            f"# ---- {name}.timer",
            *timer_lines(profile.name, at),
        ]
    )


def service_lines(
    words: Sequence[str], profile: ConnectionProfile, env: Mapping[str, str]
) -> list[str]:
    """The lines of the service."""
    name = unit_name(profile.name)
    secrets = secret_variables(profile)
    if any(sign in words[0] for sign in _NOT_IN_A_PROGRAM):
        words = ["/bin/sh", "-c", 'exec "$0" "$@"', *words]
    return [
        "[Unit]",
        f"Description=Nightly permission refresh of cipp-tui, profile {profile.name}",
        "",
        "[Service]",
        "Type=oneshot",
        *(f"Environment={_quoted(f'{key}={value}')}" for key, value in env.items()),
        *([f"EnvironmentFile=%h/.config/systemd/user/{name}.env"] if secrets else []),
        f"ExecStart={_quoted(words[0])} " + " ".join(_argument(word) for word in words[1:]),
        "TimeoutStopSec=15min",
    ]


def timer_lines(profile: str, at: time) -> list[str]:
    """The lines of the timer."""
    return [
        "[Unit]",
        f"Description=Every night: cipp-tui, profile {profile}",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {at:%H:%M}:00 UTC",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]


_NOT_IN_A_PROGRAM: Final = "\"'\\$"
"""Signs that systemd takes in an argument only, however they are quoted."""


def _quoted(word: str) -> str:
    """A word for systemd: percent signs are doubled, what needs it is quoted and escaped."""
    word = _printable(word).replace("%", "%%")
    if all(sign.isalnum() or sign in "/._-+:@,=%" for sign in word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _argument(word: str) -> str:
    """A word behind ExecStart's first; there a dollar sign would name a variable."""
    return _quoted(word.replace("$", "$$"))


# -- cron ---------------------------------------------------------------------------------------
def cron(words: Sequence[str], profile: ConnectionProfile, env: Mapping[str, str], at: time) -> str:
    """A line for crontab, with what has to stand above it.

    Source: crontab(5): a percent sign ends the command unless a backslash stands before it.
    """
    secrets = f"~/.config/cipp-tui/nightly-{profile.name}.env"
    sourced = f"set -a; . {secrets}; " if secret_variables(profile) else ""
    settings = [f"{key}={shlex.quote(_printable(value))}" for key, value in env.items()]
    command = " ".join([*settings, *(shlex.quote(_printable(word)) for word in words)])
    return "\n".join(
        [
            "# For crontab -e, at the end: CRON_TZ holds for all lines below it. cronie knows it;",
            f"# for another cron write the hour at which it is {at:%H:%M} UTC where you are.",
            *_about_secrets(profile, f"{secrets} (chmod 600)"),
            "CRON_TZ=UTC",
            f"{at.minute} {at.hour} * * * " + (sourced + command).replace("%", "\\%"),
        ]
    )


def _about_secrets(profile: ConnectionProfile, place: str) -> list[str]:
    names = secret_variables(profile)
    return [f"# Set {' and '.join(names)} in {place}."] if names else []


def _printable(word: str) -> str:
    """The word, which must fit on a line. Raises: ConfigProblem."""
    if not word.isprintable():
        raise ConfigProblem(
            "a path holds a sign that no unit or crontab can hold", fix="Rename that folder."
        )
    return word
