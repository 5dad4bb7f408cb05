"""Which looks for which terminal: decided before the app exists, from the environment only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Animations = Literal["none", "basic", "full"]

THEMES: Final = ("cipp-dark", "cipp-light", "cipp-blue-orange", "terminal", "plain")
DEFAULT_THEME: Final = "cipp-dark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How the program shows itself on this terminal."""

    theme: str = DEFAULT_THEME
    animations: Animations = "none"
    mouse: bool = False
    ascii_only: bool = False
    per_second: int = 10  # looks at what is new
    reader: bool = False  # for screen readers: the terminal's own cursor is on the row


def refusal(env: Mapping[str, str], tty_in: bool, tty_out: bool) -> str | None:
    """Why no screen can be opened here, or None."""
    if not (tty_in and tty_out):
        return "No terminal here. Use the commands, for example: cipp-tui tenants --json"
    if env.get("TERM", "") in ("", "dumb", "unknown"):
        return (
            f"TERM={env.get('TERM', '')!r} cannot draw a screen."
            " Set TERM (for example xterm-256color), or use the commands."
        )
    return None


def looks(
    env: Mapping[str, str],
    *,
    theme: str = DEFAULT_THEME,
    motion: Animations | None = None,
    mouse: bool | None = None,
    utf8: bool = True,
    reader: bool = False,
) -> Looks:
    """The looks for this terminal; what is given wins over what is guessed.

    Over SSH nothing moves, the mouse stays with the admin's own terminal, and the screen is
    looked at less often.
    """
    remote = bool(env.get("SSH_CONNECTION") or env.get("SSH_TTY"))
    plain = "NO_COLOR" in env  # set at all counts, also when empty
    return Looks(
        theme="plain" if plain else theme if theme in THEMES else DEFAULT_THEME,
        animations=motion or _asked(env) or ("none" if remote or reader else "basic"),
        mouse=(not remote and not reader) if mouse is None else mouse,
        ascii_only=not utf8 or env.get("TERM", "") == "linux",
        per_second=4 if remote else 10,
        reader=reader,
    )


def _asked(env: Mapping[str, str]) -> Animations | None:
    match env.get("TEXTUAL_ANIMATIONS", "").lower():
        case "none":
            return "none"
        case "basic":
            return "basic"
        case "full":
            return "full"
        case _:
            return None
