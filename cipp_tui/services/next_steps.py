"""Advice: what a problem means, and the next step in the words of the place where it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Surface(StrEnum):
    """Where advice is read."""

    SCREEN = "screen"  # names keys
    COMMAND_LINE = "command-line"  # names commands
    JSON = "json"  # names neither: whoever reads it has its own way to act


@dataclass(frozen=True, slots=True)
class Means:
    """How something is done from here: the action's id and key on the screen, and its command."""

    action: str  # empty: no action of its own, a key of the dialog it is read in
    key: str
    command: str


MEANS: Final[Mapping[str, Means]] = MappingProxyType(
    {
        "refresh": Means("tenant.refresh", "r", "cipp-tui refresh TENANT"),
        "reset": Means("tenant.reset", "R", "cipp-tui reset TENANT"),
        "remove": Means("tenant.remove", "D", "cipp-tui remove TENANT"),
        "include": Means("tenant.include", "i", "cipp-tui include TENANT"),
        "clear": Means("tenant.clear", "C", "cipp-tui refresh TENANT"),
        "plan": Means("tenant.plan", "p", "cipp-tui plan TENANT"),
        "why": Means("tenant.why", "w", "cipp-tui why TENANT"),
        "sync": Means("tenant.force-refresh", "F", "cipp-tui sync"),
        "sign_in": Means("app.profiles", "6, then s", "cipp-tui login"),
        "new_code": Means("", "enter", "cipp-tui login"),
        "browser": Means("", "b", "cipp-tui login --method browser"),
    }
)
"""What a next step may name, in braces: `Refresh it{refresh}.`"""

_WORDS: Final[Mapping[Surface, Mapping[str, str]]] = {
    Surface.SCREEN: {name: f" ({means.key})" for name, means in MEANS.items()},
    Surface.COMMAND_LINE: {name: f" ({means.command})" for name, means in MEANS.items()},
    Surface.JSON: dict.fromkeys(MEANS, ""),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """What a problem means and what to do about it."""

    kind: str  # stable, for machines: "conditional-access"
    short: str  # for a table cell, up to 8 signs: "CA"
    headline: str
    step: str  # the next step, with means in braces
    fleet_wide: bool = False  # it would stop every tenant
    signs_in: bool = False  # a new sign-in is what mends it

    def next_step(self, surface: Surface) -> str:
        """The next step as it is said there."""
        return step_on(surface, self.step)

    def saying(self, headline: str) -> "Advice":
        """The same with another headline."""
        return replace(self, headline=headline)

    def for_all(self) -> "Advice":
        """The same as a cause that is our own: it concerns every tenant."""
        return replace(self, fleet_wide=True)


def step_on(surface: Surface, step: str) -> str:
    """A next step as it is said there: its means are keys, commands, or left to the reader."""
    return step.format_map(_WORDS[surface])
