"""The screen in front, whichever it is: which keys it has, what is off there, and telling it."""

from collections.abc import Mapping
from typing import Any

from textual.screen import Screen

from cipp_tui.widgets.action_lookup import TENANTS_PLACES, specs_of
from cipp_tui.widgets.action_spec import ActionSpec, Place


def specs_in(screen: Screen[Any]) -> tuple[ActionSpec, ...]:
    """The specs of the keys that work there."""
    places: tuple[Place, ...] = getattr(screen, "PLACES", TENANTS_PLACES)
    return specs_of(*places)


def reasons_in(screen: Screen[Any]) -> Mapping[str, str]:
    """What is off there, and why."""
    why_off = getattr(screen, "why_off", None)
    if why_off is None:
        return {}
    reasons = {spec.id: why_off(spec) for spec in specs_in(screen)}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def labels_in(screen: Screen[Any]) -> Mapping[str, str]:
    """Labels that say more there than the table of actions does."""
    labels = getattr(screen, "labels", None)
    return labels() if labels is not None else {}


def act_in(screen: Screen[Any], spec_id: str) -> None:
    """Do there what a spec says; a key that means nothing there is refused."""
    if spec_id not in {spec.id for spec in specs_in(screen)} or spec_id.startswith("move."):
        refuse_in(screen, "This key moves inside a list: press it there")
        return
    act = getattr(screen, "act", None) or getattr(screen, "action_act", None)
    if act is not None:
        act(spec_id)


def refuse_in(screen: Screen[Any], words: str) -> None:
    """Say there why a key did nothing."""
    refuse = getattr(screen, "refuse", None)
    if refuse is not None:
        refuse(words)


def mention_in(screen: Screen[Any], words: str) -> None:
    """Say there what a key did."""
    say = getattr(screen, "mention", None) or getattr(screen, "tell", None)
    if say is not None:
        say(words)
