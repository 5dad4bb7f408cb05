"""The table of actions, the keys made from it, and the user's own."""

import pytest
from textual.keys import _character_to_key

from cipp_tui.widgets.action_lookup import BY_ID, specs_of
from cipp_tui.widgets.action_spec import Danger, Place
from cipp_tui.widgets.actions import SPECS
from cipp_tui.widgets.bindings import bindings
from cipp_tui.widgets.keymap import DEFAULT, NEVER, keymap, textual_key, textual_keys


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(SPECS)


@pytest.mark.parametrize(
    "places",
    [
        (Place.ANY, Place.TABLE, Place.TENANTS),
        (Place.ANY, Place.PANEL),
        (Place.ANY, Place.TABLE, Place.JOBS),
        (Place.ANY, Place.TABLE, Place.JOB),
        (Place.ANY, Place.TABLE, Place.TRACE),
    ],
)
def test_no_key_means_two_things_at_the_same_time(places: tuple[Place, ...]) -> None:
    keys = [key for spec in specs_of(*places) for key in spec.keys.split(",")]

    assert sorted(keys) == sorted(set(keys))


def test_nothing_that_writes_is_on_a_ctrl_key_or_easy_to_hit() -> None:
    for spec in SPECS:
        for key in spec.keys.split(","):
            if spec.writes or spec.danger is not Danger.NONE:
                assert not key.startswith("ctrl+"), spec.id
                assert key not in ("enter", "space", "esc"), spec.id


def test_no_key_belongs_to_the_terminal() -> None:
    keys = {textual_key(key) for spec in SPECS for key in spec.keys.split(",")}

    assert not keys & NEVER


def test_every_ctrl_key_has_a_plain_one_beside_it_or_is_in_the_palette() -> None:
    moving = {"app.interrupt", "move.half-down", "move.half-up"}  # pages, and q, do the same
    for spec in SPECS:
        keys = spec.keys.split(",")
        if all(key.startswith("ctrl+") for key in keys) and spec.id not in moving:
            assert spec.palette, spec.id


@pytest.mark.parametrize("sign", list("/:?[]<>!\"#$%&'()*+-.;=@\\^_`{|}~xX1"))
def test_our_names_of_keys_are_textuals(sign: str) -> None:
    assert textual_key(sign) == _character_to_key(sign)


def test_keys_are_written_as_admins_write_them() -> None:
    assert textual_keys("Ctrl+R, esc,F9,pgdn") == "ctrl+r,escape,f9,pagedown"


def test_bindings_carry_the_ids_that_key_maps_name() -> None:
    (binding,) = bindings([BY_ID["tenant.exclude"]])

    assert (binding.id, binding.key, binding.show) == ("tenant.exclude", "x", False)


# -- the user's keys ----------------------------------------------------------------------------
def test_a_wish_replaces_the_default() -> None:
    found = keymap({"tenant.exclude": "z, f9"})

    assert found.problems == ()
    assert found.for_textual() == {"tenant.exclude": "z,f9"}
    assert found.key(BY_ID["tenant.exclude"]) == "z"


def test_without_wishes_textual_is_told_nothing() -> None:
    assert keymap({}).for_textual() == {}
    assert DEFAULT.problems == ()


@pytest.mark.parametrize(
    ("action", "wish", "says"),
    [
        ("nope", "z", "no such action"),
        ("tenant.exclude", "r", "also the key of tenant.refresh"),
        ("tenant.exclude", "ctrl+b", "belongs to the terminal"),
        ("tenant.reset", "enter", "too easy"),
        ("tenant.reset", "space", "too easy"),
        ("tenant.refresh", "ctrl+y", "nothing that changes tenants"),
        ("app.back", "z", "cannot be changed"),
        ("tenant.exclude", " ", "no key is named"),
        ("panel.pager", "q", "also the key of app.quit"),
    ],
)
def test_a_wish_that_cannot_be_is_told_in_one_line_and_the_default_stays(
    action: str, wish: str, says: str
) -> None:
    found = keymap({action: wish})

    (problem,) = found.problems
    assert says in problem
    assert problem.startswith(action)
    assert found.for_textual() == {}


def test_two_actions_may_swap_their_keys() -> None:
    found = keymap({"tenant.exclude": "i", "tenant.include": "x"})

    assert found.problems == ()
    assert found.keys["tenant.include"] == "x"


def test_the_same_key_may_mean_something_else_elsewhere() -> None:
    assert keymap({"job.only-failed": "x"}).problems == ()
