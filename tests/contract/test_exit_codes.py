"""What a script is told: whose fault it was, by the exit code, and what to do, without keys."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from cipp_tui.simulator import Simulator, build_world
from cipp_tui.simulator.plant import plant
from tests.contract.lab import Lab, lab_of


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    """Three customers in order, their list read."""
    simulator = Simulator(build_world(3, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        assert made.run("sync").code == 0
        yield made


def customer(lab: Lab) -> str:
    world = lab.simulator.world
    return next(ident for ident in sorted(world.tenants) if ident != world.partner.id)


OURS: Final = [
    ("refresh-token-revoked", 3, "cipp-tui login"),
    ("device-deleted", 3, "cipp-tui login"),
    ("partner-mfa-required", 3, "cipp-tui login"),
    ("partner-service-disabled", 1, "Renew its subscription"),
    ("registration-unreadable", 1, "refuses to let us read the app registration"),
]
"""A cause on our own side, the exit code, and what is said."""


@pytest.mark.parametrize(("cause", "code", "words"), OURS)
def test_a_cause_of_our_own_is_told_once_with_its_exit_code(
    lab: Lab, cause: str, code: int, words: str
) -> None:
    plant(lab.simulator.world, None, cause)

    refreshed, asked = lab.run("refresh", "--all"), lab.run("why", customer(lab))

    assert (refreshed.code, asked.code) == (code, code), refreshed.err
    assert refreshed.err.count(words) == 1
    assert words in asked.out
    for text in (refreshed.out, refreshed.err, asked.out):
        assert "(6, then s)" not in text
        assert "(r)" not in text


def test_a_registration_that_cannot_be_read_comes_before_a_customers_missing_consent(
    lab: Lab,
) -> None:
    plant(lab.simulator.world, customer(lab), "no-consent")
    plant(lab.simulator.world, None, "registration-unreadable")

    asked = lab.run("why", customer(lab))

    assert asked.code == 1
    assert "refuses to let us read the app registration" in asked.out


def test_machines_are_told_neither_keys_nor_commands(lab: Lab) -> None:
    plant(lab.simulator.world, customer(lab), "sign-in-frequency")

    printed = (
        lab.run("refresh", "--all", "--json").out + lab.run("why", customer(lab), "--json").out
    )

    steps = [
        problem["advice"]
        for line in printed.splitlines()
        if (problem := json.loads(line).get("problem")) is not None
    ]
    assert steps
    assert not any("cipp-tui" in step or "(" in step for step in steps)


def test_partner_center_without_mfa_needs_a_sign_in(lab: Lab) -> None:
    world = lab.simulator.world
    for ident in world.tenants:
        if ident != world.partner.id:
            plant(world, ident, "no-consent")
    plant(world, None, "partner-center-no-mfa")

    refreshed, asked = lab.run("refresh", "--all"), lab.run("why", customer(lab))

    assert (refreshed.code, asked.code) == (3, 3)
    assert "carries no multi-factor proof" in refreshed.err


@pytest.mark.parametrize("command", ["refresh --all", "sync", "profiles check"])
def test_an_implicit_role_is_refused_before_anything_is_sent(lab: Lab, command: str) -> None:
    role = "10dae51f-b6af-4016-8d66-8c2a99b929b3"
    text = lab.config.read_text(encoding="utf-8")
    lab.config.write_text(f'{text}directory_roles = ["{role}"]\n', encoding="utf-8")
    lab.simulator.reset_log()

    ended = lab.run(*command.split())

    assert ended.code == 2
    assert "directory_roles" in ended.err
    assert role in ended.err
    assert "Guest User" in ended.err
    assert not lab.simulator.log


def test_a_role_that_no_template_has_is_named_with_its_key(lab: Lab) -> None:
    role = "00000000-0000-4000-8000-000000000001"
    text = lab.config.read_text(encoding="utf-8")
    lab.config.write_text(f'{text}directory_roles = ["{role}"]\n', encoding="utf-8")

    ended = lab.run("refresh", "--all")

    assert ended.code == 2
    assert "directory_roles" in ended.err
    assert role in ended.err


def test_a_device_code_that_the_registration_forbids_is_not_mended_by_a_secret(lab: Lab) -> None:
    plant(lab.simulator.world, None, "public-client-forbidden")

    ended = lab.run("login")

    assert ended.code == 3
    assert "Allow public client flows" in ended.err
    assert "client_secret in the profile" not in ended.err


def test_a_name_that_could_not_be_read_is_no_change(lab: Lab) -> None:
    plant(lab.simulator.world, None, "registration-unreadable")

    ended = lab.run("sync")

    assert "nothing changed" in ended.out
