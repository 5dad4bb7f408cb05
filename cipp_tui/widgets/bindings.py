"""Textual bindings made from the table of actions."""

from collections.abc import Iterable

from textual.binding import Binding

from cipp_tui.widgets.action_lookup import BY_ID
from cipp_tui.widgets.action_spec import ActionSpec
from cipp_tui.widgets.keymap import textual_keys


def binding(spec: ActionSpec | str, action: str, *, priority: bool = False) -> Binding:
    """The key of a spec (or of its id), tied to a Textual action; users' key maps know it by id."""
    if isinstance(spec, str):
        spec = BY_ID[spec]
    return Binding(
        textual_keys(spec.keys),
        action,
        spec.label,
        show=False,
        priority=priority,
        tooltip=spec.help,
        id=spec.id,
    )


def bindings(specs: Iterable[ActionSpec]) -> list[Binding]:
    """Bindings that all call `action_act` with the id of the spec."""
    return [binding(spec, f"act('{spec.id}')") for spec in specs]
