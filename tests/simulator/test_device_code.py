"""The device code flow: pending, approved, declined, too late."""

from tests.simulator.desk import GRAPH_DEFAULT, Answer, Desk, a_desk

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def started(desk: Desk) -> str:
    body = desk.send(
        "POST",
        "login",
        "/organizations/oauth2/v2.0/devicecode",
        raw=f"client_id={desk.app_id}&scope={GRAPH_DEFAULT}%20offline_access".encode(),
    ).body
    assert {"user_code", "verification_uri", "expires_in", "interval", "message"} <= set(body)
    code: str = body["device_code"]
    return code


def poll(desk: Desk, code: str) -> Answer:
    return desk.ask_token("organizations", grant_type=GRANT, device_code=code, client_secret=None)


def test_a_code_is_pending_until_somebody_approves_it() -> None:
    desk = a_desk()
    code = started(desk)

    before = poll(desk, code)
    desk.simulator.approve_device_codes()
    after = poll(desk, code)

    assert (before.status, before.body["error"]) == (400, "authorization_pending")
    assert before.body["error_codes"] == [70016]
    assert after.status == 200
    assert after.body["refresh_token"].startswith("1.")


def test_a_code_works_once() -> None:
    desk = a_desk()
    code = started(desk)
    desk.simulator.approve_device_codes()
    poll(desk, code)

    assert poll(desk, code).body["error"] == "bad_verification_code"


def test_a_declined_code_says_so() -> None:
    desk = a_desk()
    code = started(desk)

    desk.simulator.decline_device_codes()

    assert poll(desk, code).body["error"] == "authorization_declined"


def test_a_code_ends_after_a_quarter_of_an_hour() -> None:
    desk = a_desk()
    code = started(desk)

    desk.clock.advance(900)

    assert poll(desk, code).body["error"] == "expired_token"
