"""Users and groups of the partner, and the general rules every Graph call obeys."""

import pytest

from tests.simulator.desk import PARTNER_DEFAULT, a_desk


def test_a_user_is_found_by_name_and_by_id() -> None:
    desk = a_desk()
    user = desk.simulator.world.service_user

    assert desk.at_home("GET", f"users/{user.upn.upper()}").body["id"] == user.id
    assert desk.at_home("GET", f"users/{user.id}").body["userPrincipalName"] == user.upn
    assert desk.at_home("GET", "me").body["id"] == user.id
    assert desk.at_home("GET", "users/nobody@blueyonder.example").status == 404


def test_nested_groups_count_transitively_only() -> None:
    desk = a_desk()
    user = desk.simulator.world.service_user

    direct = desk.at_home("GET", f"users/{user.id}/memberOf").value
    all_of_them = desk.at_home("GET", f"users/{user.id}/transitiveMemberOf?$select=id").value

    assert len(all_of_them) == len(direct) + 1
    assert {row["id"] for row in direct} < {row["id"] for row in all_of_them}


def test_group_members_are_typed() -> None:
    desk = a_desk()
    groups = desk.at_home("GET", "groups?$filter=startswith(displayName,'M365 GDAP')").value
    last = groups[-1]["id"]

    members = desk.at_home("GET", f"groups/{last}/members").value

    assert len(groups) == 15
    assert [row["@odata.type"] for row in members] == ["#microsoft.graph.group"]
    assert desk.at_home("GET", f"groups/{members[0]['id']}/memberOf").value[0]["id"] == last


def test_member_groups_are_checked_twenty_at_a_time() -> None:
    desk = a_desk()
    user = desk.simulator.world.service_user
    agents = desk.simulator.world.admin_agents.id
    url = f"users/{user.id}/checkMemberGroups"

    found = desk.at_home("POST", url, {"groupIds": [agents, "1" * 8]}).value
    too_many = desk.at_home("POST", url, {"groupIds": [agents] * 21})

    assert found == [agents]
    assert too_many.status == 400


def test_objects_are_read_by_id_and_type() -> None:
    desk = a_desk()
    user = desk.simulator.world.service_user.id
    ids = [user, desk.simulator.world.admin_agents.id, "unknown"]

    both = desk.at_home("POST", "directoryObjects/getByIds", {"ids": ids}).value
    users = desk.at_home("POST", "directoryObjects/getByIds", {"ids": ids, "types": ["user"]}).value

    assert len(both) == 2
    assert [row["id"] for row in users] == [user]


def test_unknown_paths_methods_and_versions_are_told_apart() -> None:
    desk = a_desk()

    unknown = desk.graph("GET", "planner/tasks")
    method = desk.graph("DELETE", "directoryRoles")
    version = desk.graph("GET", "me", version="v2.0")

    assert unknown.error == (404, "BadRequest")
    assert "Resource not found for the segment 'planner'" in unknown.body["error"]["message"]
    assert method.error == (405, "Request_BadRequest")
    assert version.status == 400


def test_headers_trace_a_request() -> None:
    desk = a_desk()
    own_id = "11111111-2222-4333-8444-555555555555"

    answer = desk.graph("GET", "me", client_request_id=own_id)
    failed = desk.graph("GET", "planner", client_request_id=own_id)

    assert answer.headers["client-request-id"] == own_id
    assert answer.headers["request-id"] != own_id
    assert answer.headers["x-ms-resource-unit"] == "1"
    assert failed.body["error"]["innerError"]["client-request-id"] == own_id
    assert failed.body["error"]["innerError"]["date"] == "2026-03-02T09:41:00"


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("", "empty"),
        ("Bearer ", "empty"),
        ("Bearer a.b.c", "well formed"),
    ],
)
def test_a_request_without_a_token_is_unauthorized(header: str, message: str) -> None:
    answer = a_desk().send("GET", "graph", "/v1.0/me", headers={"authorization": header})

    assert answer.error == (401, "InvalidAuthenticationToken")
    assert message in answer.body["error"]["message"]
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_token_is_good_for_its_audience_and_its_hour() -> None:
    desk = a_desk()
    other = desk.token(desk.partner, PARTNER_DEFAULT)
    token = desk.token()

    wrong = desk.graph("GET", "me", token=other)
    desk.clock.advance(3600)
    late = desk.graph("GET", "me", token=token)

    assert "audience" in wrong.body["error"]["message"]
    assert "expired" in late.body["error"]["message"]


def test_roles_at_home_are_listed_among_the_groups_but_not_under_the_cast() -> None:
    desk = a_desk()
    user = desk.simulator.world.service_user

    everything = desk.at_home("GET", f"users/{user.id}/memberOf").value
    groups = desk.at_home("GET", f"users/{user.id}/memberOf/microsoft.graph.group").value

    assert [row["displayName"] for row in everything if row not in groups] == [
        "Global Administrator"
    ]
    assert {row["@odata.type"] for row in groups} == {"#microsoft.graph.group"}


def test_of_an_unreadable_group_only_the_id_is_told() -> None:
    desk = a_desk()
    world = desk.simulator.world
    group = world.admin_agents
    group.readable = False

    listed = desk.at_home("GET", f"users/{world.service_user.id}/memberOf").value

    (told,) = (row for row in listed if row["id"] == group.id)
    assert told["displayName"] is None
    assert desk.at_home("GET", f"groups/{group.id}").status == 403
    assert desk.at_home("GET", f"groups/{group.id}/memberOf").status == 403


def test_a_guest_is_found_by_its_encoded_name_and_says_so() -> None:
    desk = a_desk()
    user = desk.simulator.world.service_user
    user.upn, user.guest = "kim_acme.example#EXT#@blueyondermsp.onmicrosoft.com", True

    found = desk.at_home(
        "GET", "users/kim_acme.example%23EXT%23@blueyondermsp.onmicrosoft.com"
    ).body

    assert (found["id"], found["userType"]) == (user.id, "Guest")
