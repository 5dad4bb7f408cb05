"""What the program must keep to itself is not readable in any problem, nor in the log."""

import base64
import json
import logging
import os
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.api.endpoints import Service
from cipp_tui.api.errors import problem_from
from cipp_tui.cli.quiet import forbid_core_dumps, log_into, quieten_libraries
from cipp_tui.domain.problems import Refused
from cipp_tui.domain.redaction import hide_from_now_on, redacted

SECRET = "pl8~Q.canary/secret+value"
JWT = ".".join(
    base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode()
    for part in ('{"typ":"JWT"}', '{"aud":"graph","upn":"kim@example.com"}' * 20, "x" * 256)
)
REFRESH = "0.AXoA" + "b4Nary_-" * 60


@pytest.fixture(autouse=True)
def _known() -> None:
    hide_from_now_on([SECRET, None, ""])


@pytest.mark.parametrize("secret", [SECRET, quote_plus(SECRET), JWT, REFRESH])
@pytest.mark.parametrize("service", list(Service))
def test_a_refusal_that_repeats_a_secret_is_told_without_it(secret: str, service: Service) -> None:
    words = f"The value {secret} is not right"
    for body in (
        json.dumps({"error": words, "error_description": words, "suberror": words}).encode(),
        json.dumps({"error": {"code": secret, "message": words}}).encode(),
        json.dumps({"code": secret, "description": words}).encode(),
        words.encode(),
        b"x" * 1990 + words.encode(),
    ):
        problem = problem_from(
            service, host="login", status=400, body=body, request_id=secret, at=""
        )
        shown = f"{problem} {problem.code} {problem.error} {problem.suberror} {problem.request_id}"
        for part in (secret, secret[:24], secret[-24:]):
            assert part not in shown


@given(st.integers(64, 900))
def test_a_token_that_is_cut_short_is_hidden_too(length: int) -> None:
    assert redacted(f"Bearer {JWT[:length]}") == "Bearer (hidden)"


@pytest.mark.parametrize(
    "words",
    [
        "AADSTS7000215: Invalid client secret provided for 9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3.",
        "https://graph.microsoft.com/v1.0/servicePrincipals(appId='x')/appRoleAssignments",
        "RoleManagement.ReadWrite.Directory,Directory.AccessAsUser.All,Application.ReadWrite.All",
        "",
    ],
)
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    assert redacted(words) == words


def test_libraries_log_nothing_to_the_terminal_or_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    quieten_libraries()
    path = tmp_path / "log"
    path.touch()
    ours = logging.getLogger("cipp_tui")
    before = list(ours.handlers)
    try:
        log_into(str(path))
        for name in ("msal.application", "asyncio", "aiohttp.client", "httpx", "py.warnings"):
            logging.getLogger(name).error("Token response is not in json format: %s", JWT)
        try:
            raise ValueError(f"the value {SECRET} is odd")
        except ValueError:
            ours.exception("it ended with %s", REFRESH)
    finally:
        for handler in set(ours.handlers) - set(before):
            ours.removeHandler(handler)
            handler.close()

    assert capfd.readouterr().err == ""
    lines = path.read_text()
    assert "ValueError" in lines
    assert "(hidden)" in lines
    for secret in (JWT, SECRET, REFRESH):
        assert secret not in lines
    assert "json format" not in lines


@pytest.mark.skipif(os.name != "posix", reason="limits of a process are a Unix thing")
def test_no_core_dump_is_written() -> None:
    import resource

    forbid_core_dumps()

    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def test_a_problem_keeps_its_kind_and_code() -> None:
    assert isinstance(
        problem_from(
            Service.GRAPH,
            host="graph",
            status=403,
            body=b'{"error":{"code":"Authorization_RequestDenied","message":"Insufficient"}}',
            request_id="r",
            at="",
        ),
        Refused,
    )
