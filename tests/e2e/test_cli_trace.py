"""`cipp-tui trace` at the command line."""

from collections.abc import Iterator

import pytest

from tests.e2e.fleet import Fleet, json_lines, simulated_fleet

ADELE = "adele.vance@blueyonder.example"
ON_CALL = "on.call@blueyonder.example"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A fleet nobody has read a list of: a GUID is enough for a trace."""
    with simulated_fleet(tmp_path_factory.mktemp("trace"), tenants=60) as started:
        yield started


@pytest.fixture(scope="module")
def tangled(fleet: Fleet) -> str:
    """The customer whose access is tangled."""
    for tenant in fleet.ask("tenants"):
        if tenant["expected_outcome"] == "several relationships":
            told, summary = json_lines(
                fleet.run("trace", tenant["id"], ADELE, "--json", expect=None).stdout
            )
            if summary["microsoft_led"]:
                assert len(told) == 19
                return str(tenant["id"])
    raise AssertionError("there is none")


def test_a_trace_in_words_has_every_role_with_its_path_or_its_fix(
    fleet: Fleet, tangled: str
) -> None:
    told = fleet.run("trace", tangled.upper(), ADELE, expect=1).stdout

    assert f"{ADELE}: 15 access, 1 not member, 1 not assigned, 1 not there, 1 unknown" in told
    assert "Service Desk > Tier 2 Engineers > M365 GDAP Helpdesk, nested, ends in 2" in told
    assert f"add {ADELE} to M365 GDAP User Administrator" in told
    assert "is pending: wait, then trace again" in told
    assert "make a new relationship: roles cannot be added to an existing one" in told
    assert told.splitlines()[-1] == (
        "Traced 3 relationships, 15 roles and 4 others. Nothing was changed."
    )


def test_two_users_are_compared(fleet: Fleet, tangled: str) -> None:
    done = fleet.run("trace", tangled, ADELE, ON_CALL, expect=1)

    head = next(line for line in done.stdout.splitlines() if line.startswith("Role "))
    assert head.split()[:3] == ["Role", "adele.vance", "on.call"]
    assert f"The account {ON_CALL} is disabled" in done.stdout


def test_a_trace_for_scripts_names_verdict_path_and_fix(fleet: Fleet, tangled: str) -> None:
    told, summary = json_lines(fleet.run("trace", tangled, ADELE, "--json", expect=1).stdout)

    by_role = {facts["role"]: facts["users"][0] for facts in told}
    helpdesk = by_role["Helpdesk Administrator"]
    assert helpdesk["verdict"] == "access"
    assert [group["name"] for group in helpdesk["paths"][0]["groups"]] == [
        "Service Desk",
        "Tier 2 Engineers",
        "M365 GDAP Helpdesk",
    ]
    assert by_role["User Administrator"]["fix"] == "add to group"
    assert by_role["Global Administrator"]["verdict"] == "unknown"
    assert summary["users"][0]["counts"]["access"] == 15
    assert summary["tenant_id"] == tangled


def test_a_whole_answer_ends_well_and_an_unknown_user_does_not(fleet: Fleet) -> None:
    one = next(t["id"] for t in fleet.ask("tenants") if t["expected_outcome"] == "up-to-date")

    assert "15 access" in fleet.run("trace", one, "cipp-service@blueyonder.example").stdout
    told = fleet.run("trace", one, "nobody@blueyonder.example", expect=1).stdout
    assert "There is no user nobody@blueyonder.example in your tenant." in told


@pytest.mark.parametrize("name", ["", "  "])
def test_a_user_without_a_name_is_refused(fleet: Fleet, name: str) -> None:
    assert "write the user's name" in fleet.run("trace", "x", name, expect=2).stderr


def test_a_tenant_nobody_knows_by_name_is_refused(fleet: Fleet) -> None:
    fleet.run("sync")

    done = fleet.run("trace", "no such customer", ADELE, expect=2)

    assert "no tenant is called 'no such customer'" in done.stderr
