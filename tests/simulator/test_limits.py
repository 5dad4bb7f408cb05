"""The documented limits, counted in simulated time."""

from cipp_tui.simulator import Knobs
from cipp_tui.simulator.limits import Limits, Throttled
from tests.simulator.desk import a_desk


def test_an_application_has_3500_units_per_tenant_in_ten_seconds() -> None:
    desk = a_desk()
    url = f"servicePrincipals(appId='{desk.app_id}')/oauth2PermissionGrants"

    statuses = {desk.graph("GET", url).status for _ in range(1750)}
    throttled = desk.graph("GET", url)
    elsewhere = desk.graph("GET", "me", tenant=desk.customers[1])
    desk.clock.advance(10)

    assert statuses == {200}
    assert throttled.error == (429, "TooManyRequests")
    assert throttled.headers["x-ms-throttle-information"] == "ResourceUnitLimitExceeded"
    scope = f"Tenant_Application/ReadWrite/{desk.app_id}/{desk.customer.id}"
    assert throttled.headers["x-ms-throttle-scope"] == scope
    assert int(throttled.headers["Retry-After"]) == 10
    assert elsewhere.status == 200
    assert desk.graph("GET", url).status == 200


def test_writes_have_a_limit_of_their_own() -> None:
    desk = a_desk()
    grant = next(desk.directory().grants_of(desk.own().id))
    url = f"oauth2PermissionGrants/{grant.id}"

    for number in range(3000):
        assert desk.graph("PATCH", url, {"scope": "User.Read"}).status == 204
        if number % 1000 == 999:
            desk.clock.advance(10)
    throttled = desk.graph("PATCH", url, {"scope": "User.Read"})

    assert throttled.status == 429
    assert throttled.headers["x-ms-throttle-information"] == "WriteLimitExceeded"


def test_inner_requests_of_a_batch_count_too() -> None:
    desk = a_desk()
    twenty = [{"id": str(n), "method": "GET", "url": "me"} for n in range(20)]

    for _ in range(175):
        desk.batch(*twenty)
    inner = desk.batch(*twenty)

    assert {one["status"] for one in inner.values()} == {429}


def test_limits_can_be_switched_off() -> None:
    desk = a_desk(knobs=Knobs(enforce_limits=False))

    assert {desk.consent().status for _ in range(60)} == {409}


def test_one_limit_can_hold_over_all_three_services() -> None:
    desk = a_desk(knobs=Knobs(requests_per_second=3))
    token = desk.token()

    statuses = [desk.graph("GET", "me", token=token).status for _ in range(3)]
    login = desk.ask_token()
    desk.clock.advance(1)

    assert statuses == [200, 200, 429]
    assert (login.status, login.headers["Retry-After"]) == (429, "1")
    assert desk.graph("GET", "me", token=token).status == 200


def test_selecting_and_short_pages_cost_less() -> None:
    desk = a_desk()
    url = "oauth2PermissionGrants"

    costs = [
        desk.graph("GET", f"{url}{query}").headers["x-ms-resource-unit"]
        for query in ("", "?$top=5", "?$top=5&$select=id")
    ]

    assert costs == ["2", "1", "1"]


def test_an_application_has_150000_units_over_all_tenants_in_twenty_seconds() -> None:
    limits = Limits(enforced=True, partner_center_per_s=50, requests_per_second=None)

    refused = [limits.graph("app", f"tenant {n}", 5, 0, 0.0) for n in range(30_000)]
    one_more = limits.graph("app", "another tenant", 1, 0, 19.0)
    other_app = limits.graph("another app", "another tenant", 1, 0, 19.0)

    assert not any(refused)
    assert one_more == Throttled(1.0, "Application/ReadWrite", "ResourceUnitLimitExceeded")
    assert other_app is None
    assert limits.graph("app", "another tenant", 1, 0, 20.0) is None


def test_an_application_has_35000_writes_over_all_tenants_in_five_minutes() -> None:
    limits = Limits(enforced=True, partner_center_per_s=50, requests_per_second=None)

    refused = [limits.graph("app", f"tenant {n}", 1, 1, 100.0) for n in range(35_000)]
    one_more = limits.graph("app", "another tenant", 1, 1, 200.0)
    a_read = limits.graph("app", "another tenant", 1, 0, 200.0)

    assert not any(refused)
    assert one_more == Throttled(200.0, "Application/Write", "WriteLimitExceeded")
    assert a_read is None
    assert limits.graph("app", "another tenant", 1, 1, 400.0) is None


def test_a_tenant_has_18000_writes_from_all_applications_in_five_minutes() -> None:
    limits = Limits(enforced=True, partner_center_per_s=50, requests_per_second=None)

    for number in range(18_000):
        assert limits.graph(f"app {number % 9}", "tenant", 1, 1, number / 100) is None
    one_more = limits.graph("app", "tenant", 1, 1, 180.0)

    assert one_more == Throttled(120.0, "Tenant/Write", "WriteLimitExceeded")
    assert limits.graph("app", "another tenant", 1, 1, 180.0) is None


def test_the_nearest_of_several_limits_is_told() -> None:
    limits = Limits(enforced=True, partner_center_per_s=50, requests_per_second=None)

    refusals = [limits.graph("app", "tenant", 0, 1, 0.0) for _ in range(35_001)]

    assert refusals[-1] == Throttled(150.0, "Tenant_Application/Write", "WriteLimitExceeded")


def test_requests_that_are_refused_keep_counting_until_the_window_ends() -> None:
    limits = Limits(enforced=True, partner_center_per_s=50, requests_per_second=2)

    passed = [limits.everything(moment) for moment in (0.0, 0.1, 0.2, 0.9, 1.0, 1.1, 1.2)]

    assert passed == [True, True, False, False, True, True, False]
