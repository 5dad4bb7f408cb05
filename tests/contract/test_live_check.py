"""The live check: reads only, told against what is expected, and a record that names nobody."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cipp_tui.api.endpoints import Service, endpoints_for
from cipp_tui.api.http import Call, HttpClient
from cipp_tui.api.live_check import LiveCheck
from cipp_tui.api.live_expectations import EXPECTED, otherwise
from cipp_tui.api.live_record import (
    Observation,
    error_of,
    properties_of,
    request_id_of,
    scopes_of,
    template_of,
)
from cipp_tui.domain.problems import Unsuited
from cipp_tui.simulator import Simulator, build_world
from cipp_tui.simulator.messages import Request, Response
from cipp_tui.simulator.plant import plant
from tests.contract.lab import Ended, Lab, lab_of

CANARY = "Canary-7f3a@é"


class Overheard(Simulator):
    """Lets a test look at, or change, what is answered."""

    overhear: Callable[[Request, Response], Response] | None = None

    def handle(self, request: Request) -> Response:
        response = super().handle(request)
        return response if self.overhear is None else self.overhear(request, response)


def overhear(lab: Lab, change: Callable[[Request, Response], Response]) -> None:
    assert isinstance(lab.simulator, Overheard)
    lab.simulator.overhear = change


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    simulator = Overheard(build_world(3, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        yield made


def checked(lab: Lab, *words: str) -> tuple[Ended, dict[str, Any], str]:
    """Run the check; how it ended, the record, and the record's text."""
    path = lab.folder / "record.json"
    ended = lab.run("profiles", "check", "lab", "--live", *words, "--record", str(path))
    text = path.read_text(encoding="utf-8") if path.exists() else "{}"
    return ended, json.loads(text), text


def customer(lab: Lab) -> str:
    world = lab.simulator.world
    return next(ident for ident in sorted(world.tenants) if ident != world.partner.id)


def test_the_simulator_is_what_the_table_expects_and_every_line_of_it_is_asked(lab: Lab) -> None:
    ended, record, _ = checked(lab)

    assert ended.code == 0, ended.out
    assert "~" not in ended.out
    keys = {one["key"].rstrip("0123456789") for one in record["observations"]}
    assert keys == set(EXPECTED)
    assert "0 otherwise. Nothing was changed." in ended.err


def test_nothing_but_tokens_and_gets_leaves(lab: Lab) -> None:
    checked(lab)

    assert lab.changes == []
    assert {entry.method for entry in lab.simulator.log if entry.service != "login"} == {
        "GET",
        "POST",
    }
    posts = {e.route for e in lab.simulator.log if e.method == "POST" and e.service != "login"}
    assert posts == {"batch"}


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("service", [Service.GRAPH, Service.PARTNER_CENTER])
async def test_a_writing_is_refused_before_it_leaves_whatever_the_profiles_mode(
    method: str, service: Service
) -> None:
    http = HttpClient(endpoints_for("global"))
    check = LiveCheck(
        http,
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        None,  # type: ignore[arg-type]
        partner=None,  # type: ignore[arg-type]
        app=None,  # type: ignore[arg-type]
        has_credential=False,
    )
    batch = {"requests": [{"id": "1", "method": "DELETE", "url": "/x"}]}
    calls = [Call(service=service, method=method, path="/v1.0/x")]
    if method == "POST":
        calls.append(Call(service=service, method=method, path="/v1.0/$batch", payload=batch))

    for call in calls:
        with pytest.raises(Unsuited):
            await check._observed("own", "a write", call)

    assert http.sent == 0
    await http.aclose()


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("no-consent", "400 AADSTS65001"),
        ("no-domain", "403 Authorization_RequestDenied"),
    ],
)
def test_what_a_customer_refuses_is_told_as_otherwise(lab: Lab, cause: str, words: str) -> None:
    tenant = customer(lab)
    plant(lab.simulator.world, tenant, cause)

    ended, record, _ = checked(lab, tenant)

    assert ended.code == 1
    assert words in ended.out
    assert f"answers {words}, the simulator 200" in ended.out
    assert any(one["otherwise"] for one in record["observations"])


def test_what_our_own_side_refuses_is_told_and_the_rest_is_asked_all_the_same(lab: Lab) -> None:
    plant(lab.simulator.world, None, "partner-center-no-mfa")
    plant(lab.simulator.world, None, "relationships-unreadable")

    ended, record, _ = checked(lab, customer(lab))

    assert ended.code == 1
    assert "GDAP relationships: 403" in ended.out
    assert {"own", "grants", "customers"} <= {one["key"] for one in record["observations"]}


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "status", "status": 503},
        {"action": "status", "status": 429},
        {"action": "drop"},
        {"action": "html"},
    ],
    ids=["503", "429", "dropped", "html"],
)
def test_trouble_is_an_observation_and_no_end(lab: Lab, fault: dict[str, Any]) -> None:
    kind = fault["action"]

    def troubled(request: Request, response: Response) -> Response:
        ours = b"applications(" in request.body or b"appRoles" in request.body
        if kind == "status" and request.path.endswith(("Relationships", "appRoleAssignments")):
            return Response(fault["status"], {"Content-Type": "application/json"}, b"{}")
        if request.path.endswith("$batch") and kind != "status" and not ours:
            return Response(200, dropped=True) if kind == "drop" else Response(200, {}, b"<p>")
        return response

    overhear(lab, troubled)
    ended, record, _ = checked(lab, customer(lab))

    assert ended.code == 1
    assert len(record["observations"]) >= 5


def test_the_record_is_private_and_says_what_it_promises(lab: Lab) -> None:
    _, record, _ = checked(lab)

    assert (lab.folder / "record.json").stat().st_mode & 0o077 == 0
    assert record["format"] == 1
    own = next(one for one in record["observations"] if one["key"] == "own")
    assert own["route"] == (
        "GET /v1.0/servicePrincipals(appId='{}')?$select=id,appId,displayName,accountEnabled"
    )
    assert own["properties"]["id"] == "string (guid)"
    assert own["request_id"]
    customers = next(one for one in record["observations"] if one["key"] == "customers")
    assert customers["mfa"] == "true"
    token = next(one for one in record["observations"] if one["scopes"])
    assert "Directory.ReadWrite.All" in token["scopes"]


# -- canaries -------------------------------------------------------------------------------------
def test_no_name_id_or_token_is_printed_or_written(lab: Lab) -> None:
    world = lab.simulator.world
    issued: list[str] = []

    def watched(request: Request, response: Response) -> Response:
        if request.service == "login" and response.body:
            body = json.loads(response.body)
            issued.extend(
                str(body[name])
                for name in ("access_token", "refresh_token", "id_token")
                if name in body
            )
        return response

    overhear(lab, watched)

    ended, _, text = checked(lab)

    secrets = {world.application.secret, world.application.app_id, world.application.name}
    for tenant in world.tenants.values():
        directory = world.directory_of(tenant)
        secrets |= {tenant.id, tenant.name, tenant.default_domain, tenant.initial_domain}
        secrets |= {principal.id for principal in directory.principals.values()}
    secrets |= {user.upn for user in world.users.values()} | set(world.users) | set(world.groups)
    secrets |= set(world.relationships) | {one.name for one in world.relationships.values()}
    secrets |= set(issued)
    assert len(secrets) > 60
    assert ended.code == 0
    printed = ended.out + ended.err.replace(str(lab.folder), "")
    assert [one for one in secrets if one in text or one in printed] == []


def planted(value: Any) -> Any:
    """Every text with a canary behind it, wherever it stands."""
    if isinstance(value, dict):
        return {name: planted(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [planted(inner) for inner in value]
    return f"{value}{CANARY}" if isinstance(value, str) else value


@pytest.mark.parametrize("cause", [None, "no-consent", "no-domain"])
def test_a_canary_in_every_text_that_is_answered_reaches_neither_record_nor_terminal(
    lab: Lab, cause: str | None
) -> None:
    tenant = customer(lab)
    if cause is not None:
        plant(lab.simulator.world, tenant, cause)
    sung = 0

    def singing(request: Request, response: Response) -> Response:
        nonlocal sung
        if request.service != "login" and response.body:
            response.body = json.dumps(planted(json.loads(response.body))).encode()
            for name in ("request-id", "MS-RequestId", "client-request-id", "isMfaCompliant"):
                if name in response.headers:
                    response.headers[name] += CANARY.encode().decode("latin-1")
            sung += 1
        return response

    overhear(lab, singing)

    ended, record, text = checked(lab, tenant)

    assert sung >= 5
    assert record["observations"]
    for part in (text, ended.out, ended.err):
        assert "7f3a" not in part
        assert "Canary" not in part


# -- what passes the patterns ---------------------------------------------------------------------
def test_a_route_keeps_its_words_and_loses_what_is_particular() -> None:
    guid = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"

    assert template_of("GET", f"/v1.0/servicePrincipals/{guid}?$select=id") == (
        "GET /v1.0/servicePrincipals/{}?$select=id"
    )
    assert template_of("GET", f"/x?$filter=appId in ('{guid}','{guid}','kim')&$top=9") == (
        "GET /x?$filter=appId in ('{}')&$top=9"
    )
    assert template_of("GET", f"/r/{guid}-{guid}/accessAssignments") == (
        "GET /r/{}-{}/accessAssignments"
    )


def test_properties_are_names_and_types() -> None:
    body = {
        "value": [{"id": "x", "n": 1, "when": "2026-01-01T00:00:00Z"}, {"id": None}],
        f"extension_{'0' * 32}_kim": "x",
        "kim@contoso.com": 1,
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3": {"inner": True},
    }

    assert properties_of(body) == {
        "?": "number or object or string",
        "?.inner": "boolean",
        "value": "array",
        "value[]": "object",
        "value[].id": "null or string",
        "value[].n": "number",
        "value[].when": "string (date-time)",
    }


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Authorization_RequestDenied", "Authorization_RequestDenied"),
        ("AADSTS65001", "AADSTS65001"),
        (900421, "900421"),
        ("Outer/Inner_Code", "Outer/Inner_Code"),
        ("kim@contoso.com", "?"),
        ("contoso.onmicrosoft.com", "?"),
        ("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3", "?"),
        ("x" * 500, "?"),
        (None, ""),
    ],
)
def test_error_codes_pass_and_nothing_else(told: object, kept: str) -> None:
    assert error_of(told) == kept


def test_scopes_and_request_ids_pass_and_nothing_else() -> None:
    assert scopes_of(["Directory.Read.All", "openid", "user_impersonation", "eyJhbGciOi.9"]) == (
        "?",
        "Directory.Read.All",
        "openid",
        "user_impersonation",
    )
    assert request_id_of("9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3")
    assert request_id_of("for kim") == request_id_of(None) == ""


SEEN = Observation(
    key="domains",
    what="domains",
    service=Service.GRAPH,
    route="GET /v1.0/domains",
    status=200,
    properties={
        "value": "array",
        "value[]": "object",
        "value[].id": "string",
        "value[].isDefault": "boolean or null",
        "value[].isVerified": "boolean",
    },
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, ()),
        ({"properties": {"value": "array"}}, ()),  # an empty list
        ({"properties": {}}, ("lacks value",)),
        ({"status": 403, "error": "X"}, ("answers 403 X, the simulator 200",)),
        ({"status": None}, ("answers nothing, the simulator 200",)),
        ({"properties": {"value": "string"}}, ("value is string, not array",)),
        ({"key": "unheard-of"}, ("nothing is expected of this read",)),
    ],
)
def test_what_is_otherwise_is_named(changed: dict[str, Any], words: tuple[str, ...]) -> None:
    assert otherwise(replace(SEEN, **changed)) == words


# -- bad input ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--record", "x.json"), "--record needs --live"),
        (("--live", "nobody", "--record", "{}/x.json"), "Give its GUID"),
        (("--live", "--record", "{}"), "not a regular file but a folder"),
        (("--live", "--record", "{}/none/x.json"), "the folder is not there"),
    ],
)
def test_bad_words_are_told_before_anything_is_written(
    lab: Lab, words: tuple[str, ...], told: str
) -> None:
    ended = lab.run("profiles", "check", "lab", *(w.format(lab.folder) for w in words))

    assert ended.code == 2
    assert told in ended.err
    assert not (lab.folder / "x.json").exists()
