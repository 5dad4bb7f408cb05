"""Faults: every action, and every way to say where it strikes."""

import email.utils
from typing import Any

import pytest

from cipp_tui.simulator import Faults
from cipp_tui.simulator.faults import HUGE_BYTES
from tests.simulator.desk import Desk, a_desk


def struck(**rule: Any) -> Desk:
    return a_desk(faults=Faults.script([{"route": "me.get", "nth": 1, **rule}]))


@pytest.mark.parametrize(("retry_after", "header"), [(2, "2"), (2.128, "2.128"), (None, None)])
def test_throttling_may_or_may_not_say_how_long(
    retry_after: float | None, header: str | None
) -> None:
    answer = struck(action="throttle", retry_after=retry_after).graph("GET", "me")

    assert answer.error == (429, "TooManyRequests")
    assert answer.headers.get("Retry-After") == header


def test_throttling_may_give_a_date() -> None:
    desk = struck(action="throttle", retry_after="http-date")

    header = desk.graph("GET", "me").headers["Retry-After"]

    assert email.utils.parsedate_to_datetime(header).timestamp() == desk.clock.now + 2


def test_each_service_throttles_in_its_own_words() -> None:
    rules = [
        {"route": "token", "action": "throttle", "nth": 3},
        {"route": "consent.create", "action": "throttle", "nth": 1, "retry_after": 57},
    ]
    desk = a_desk(faults=Faults.script(rules))

    consent = desk.consent()
    desk.ask_token()
    token = desk.ask_token()

    assert consent.body == {
        "statusCode": 429,
        "message": "Rate limit is exceeded. Try again in 57 seconds.",
    }
    assert (token.status, token.body["error"]) == (429, "temporarily_unavailable")


def test_a_lost_reply_was_applied_and_a_drop_was_not() -> None:
    rules = [
        {"route": "consent.create", "action": "drop", "nth": 1},
        {"route": "consent.create", "action": "lose-reply", "nth": 2},
    ]
    desk = a_desk(up_to_date=0.0, faults=Faults.script(rules))

    first = desk.consent().response
    before = desk.app_id in desk.directory().principals
    second = desk.consent().response

    assert first.dropped
    assert second.dropped
    assert not before
    assert desk.app_id in desk.directory().principals
    assert [entry.status for entry in desk.simulator.log if entry.route == "consent.create"] == [
        0,
        0,
    ]


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_outage_has_a_status_and_perhaps_a_wait(status: int) -> None:
    answer = struck(action="status", status=status, retry_after=1).graph("GET", "me")

    assert answer.status == status
    assert answer.headers["Retry-After"] == "1"


def test_a_write_may_be_applied_and_denied() -> None:
    rule = {"route": "grants.create", "action": "not-found-but-applied", "nth": 1}
    desk = a_desk(up_to_date=0.0, faults=Faults.script([rule]))
    desk.consent()
    exchange = next(p for p in desk.directory().principals.values() if "Exchange" in p.display_name)
    body = {
        "clientId": desk.own().id,
        "consentType": "AllPrincipals",
        "resourceId": exchange.id,
        "scope": "Exchange.Manage",
    }

    first = desk.graph("POST", "oauth2PermissionGrants", body)
    second = desk.graph("POST", "oauth2PermissionGrants", body)

    assert first.error == (404, "Directory_ObjectNotFound")
    assert second.error == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_bodies_may_be_nonsense() -> None:
    html = struck(action="html").graph("GET", "me")
    shape = struck(action="wrong-shape").graph("GET", "me")
    half = struck(action="truncated-json").graph("GET", "me")

    assert (html.status, html.response.body[:9]) == (200, b"<!DOCTYPE")
    assert isinstance(shape.body["value"], dict)
    with pytest.raises(ValueError):
        _ = half.body


def test_a_body_may_be_huge_or_slow() -> None:
    huge = struck(action="huge").graph("GET", "me").response
    slow = struck(action="slow", seconds=7).graph("GET", "me").response

    assert huge.padding == HUGE_BYTES
    assert (slow.status, slow.delay_s) == (200, 7)


def test_a_next_page_may_lie_on_another_host() -> None:
    rule = {"route": "principals.list", "action": "foreign-next-link", "nth": 1}
    desk = a_desk(faults=Faults.script([rule]))

    link = desk.graph("GET", "servicePrincipals").body["@odata.nextLink"]

    assert link.startswith("https://graph.example.org/")


def test_a_rule_strikes_from_the_nth_request_on_for_a_count() -> None:
    desk = struck(action="status", nth=2, count=2)

    assert [desk.graph("GET", "me").status for _ in range(5)] == [200, 503, 503, 200, 200]


def test_a_rule_may_name_a_tenant_and_a_pattern() -> None:
    clean = a_desk()
    rule = {"route": "*.list", "tenant": clean.customer.id, "action": "status"}
    desk = a_desk(faults=Faults.script([rule]))

    hit = desk.graph("GET", "domains").status
    other_route = desk.graph("GET", "me").status
    other_tenant = desk.graph("GET", "domains", tenant=desk.customers[1]).status

    assert (hit, other_route, other_tenant) == (503, 200, 200)


def test_chance_follows_the_seed() -> None:
    def statuses(seed: int) -> list[int]:
        rule = {"route": "me.get", "action": "status", "probability": 0.3}
        desk = a_desk(faults=Faults.script([rule], seed))
        return [desk.graph("GET", "me").status for _ in range(40)]

    assert statuses(1) == statuses(1)
    assert statuses(1) != statuses(2)
    assert 4 < statuses(1).count(503) < 20


def test_a_preset_never_fails_one_request_three_times_in_a_row() -> None:
    faults = Faults.preset("storm", seed=3)
    for rule in faults.rules:
        rule.probability = 1.0
    desk = a_desk(faults=faults)
    refresh_token = desk.simulator.refresh_token()

    tokens = [desk.ask_token(refresh_token=refresh_token) for _ in range(3)]
    token = tokens[-1].body["access_token"]
    statuses = [desk.graph("GET", "me", token=token).status for _ in range(6)]

    assert [answer.status for answer in tokens] == [429, 429, 200]
    assert statuses == [429, 429, 200, 429, 429, 200]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="calm"):
        Faults.preset("calm")
    with pytest.raises(ValueError, match="explode"):
        Faults.script([{"action": "explode"}])


def test_faults_can_be_replaced_and_none_are_none() -> None:
    desk = struck(action="status", nth=None)
    before = desk.graph("GET", "me").status

    desk.simulator.faults = Faults.none()

    assert (before, desk.graph("GET", "me").status) == (503, 200)
