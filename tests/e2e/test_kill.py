"""The program is killed in the worst moment; no customer is left without its service principal."""

import os
import select
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.fleet import PROGRAM, Fleet, simulated_fleet

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL and a pseudo-terminal")


def wait_until(fleet: Fleet, condition: Callable[[], bool], what: str, looks: int = 600) -> None:
    """Ask again, a twentieth of a second apart, until the condition holds."""
    for _ in range(looks):
        if condition():
            return
        select.select([], [], [], 0.05)
    raise AssertionError(f"waited in vain for {what}: {fleet.ask('counts')}")


def kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()


def asked(fleet: Fleet, route: str) -> bool:
    return fleet.count(route) >= 1


def in_order_tenant(fleet: Fleet) -> str:
    """A customer that holds everything and can be reset."""
    objects = fleet.run("sync", "--json").stdout.splitlines()[:-1]
    assert objects
    truth = fleet.ask("tenants")
    return next(str(t["id"]) for t in truth if t["expected_outcome"] == "up-to-date")


def test_killed_between_taking_and_giving_the_next_start_pays_without_asking(
    tmp_path: Path,
) -> None:
    from tests.e2e.terminal import Terminal

    with simulated_fleet(tmp_path, tenants=60) as fleet:
        one = in_order_tenant(fleet)
        fleet.ask("faults", [{"route": "consent.delete", "action": "slow", "seconds": 60}])
        fleet.ask("reset-log", {})
        running = fleet.start("reset", one, "--yes-remove-access")
        wait_until(fleet, lambda: fleet.count("consent.delete") == 1, "the consent to be removed")
        kill(running)
        fleet.ask("faults", [])
        assert fleet.ask(f"tenants/{one}")["principal"] is None
        assert fleet.count("consent.create") == 1  # the question of the pre-flight

        with Terminal([*PROGRAM], fleet.env, columns=100, rows=30) as terminal:
            terminal.wait_for("has its access back")
            assert fleet.ask(f"tenants/{one}")["wanted_complete"]
            terminal.wait_until(lambda: "!! no access" not in terminal.text, "no debt shown")
            terminal.press("q")
            assert terminal.wait_end() == 0

        assert fleet.count("consent.delete") == 1
        audit = fleet.run("audit", "--json").stdout
        assert '"outcome":"changed"' in audit or '"outcome":"restored"' in audit


def test_the_command_line_tells_what_is_owed_and_pays_it(tmp_path: Path) -> None:
    with simulated_fleet(tmp_path, tenants=60) as fleet:
        one = in_order_tenant(fleet)
        fleet.ask("faults", [{"route": "consent.delete", "action": "slow", "seconds": 60}])
        running = fleet.start("reset", one, "--yes-remove-access")
        wait_until(fleet, lambda: fleet.count("consent.delete") == 1, "the consent to be removed")
        kill(running)
        fleet.ask("faults", [])

        fleet.run("jobs", "resume")

        assert fleet.ask(f"tenants/{one}")["wanted_complete"]
        assert fleet.count("consent.delete") == 1


def test_killed_during_a_refresh_the_rest_can_be_resumed(tmp_path: Path) -> None:
    with simulated_fleet(tmp_path, tenants=60, latency_ms=150) as fleet:
        fleet.run("sync")
        running = fleet.start("refresh", "--all", "--json")
        assert running.stdout is not None
        running.stdout.readline()
        kill(running)

        resumed = fleet.run("jobs", "resume", "--json", expect=None)
        again = fleet.run("refresh", "--all", "--json", expect=1)

        assert resumed.returncode in (0, 1)
        assert '"changed":0' in again.stdout.splitlines()[-1]


def test_killed_at_any_call_of_a_reset_nothing_is_taken_twice_and_all_is_given_back(
    tmp_path: Path,
) -> None:
    with simulated_fleet(tmp_path, tenants=60) as fleet:
        fleet.run("sync")
        truth = fleet.ask("tenants")
        ids = [str(t["id"]) for t in truth if t["expected_outcome"] == "up-to-date"]
        for one, route in zip(
            ids, ("customers.list", "consent.delete", "consent.create", "token"), strict=False
        ):
            # The service does what it is asked for; its answer is still on its way at the end.
            slow = {"route": route, "action": "slow", "seconds": 60, "tenant": None}
            if route == "token":
                slow |= {"tenant": one, "nth": 2}  # the first token after the consent
            fleet.ask("faults", [slow])
            fleet.ask("reset-log", {})
            running = fleet.start("reset", one, "--yes-remove-access")
            wait_until(fleet, partial(asked, fleet, route), f"{route} to be asked")
            if route == "token":
                wait_until(fleet, lambda: fleet.count("consent.delete") == 1, "the consent")
            kill(running)
            fleet.ask("faults", [])

            fleet.run("jobs", "resume")

            assert fleet.ask(f"tenants/{one}")["wanted_complete"], route
            assert fleet.count("consent.delete") == 1, route
