"""When the application's credential ends: by the registration, by the file, and in the head."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cipp_tui.api.certificates import load_certificate
from cipp_tui.api.credential_status import status_of_certificate, status_of_secret
from cipp_tui.domain.credentials import CredentialKind, CredentialStatus
from cipp_tui.screens.tenants_lines import title_left
from cipp_tui.services.views import ProfileFacts, SignInState
from cipp_tui.simulator import Simulator, build_world
from cipp_tui.simulator.world import RegisteredSecret
from tests import credentials as made
from tests.contract.lab import Lab, lab_of
from tests.contract.test_credentials import prove_by
from tests.unit.test_certificates import written

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECRET = "abcdefghij"


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    simulator = Simulator(build_world(2, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made_lab:
        yield made_lab


def row(days: float, hint: object = "abc", **more: object) -> dict[str, object]:
    end = (NOW + timedelta(days=days)).isoformat().replace("+00:00", "Z")
    return {"hint": hint, "endDateTime": end, **more}


@pytest.mark.parametrize(
    ("rows", "days", "certain", "listed"),
    [
        ([row(10)], 10, True, True),
        ([row(10), row(5, "xyz")], 10, True, True),
        ([row(400), row(10)], 10, False, True),  # two begin alike
        ([row(400), row(-10)], 400, False, True),  # the ended one is not in use
        ([row(-10)], -10, True, True),
        ([row(10, None), row(400, None)], 10, False, True),  # old secrets have no hint
        ([row(10, "xyz")], 10, False, True),
        ([], None, True, False),
        (["odd", None, {"hint": "abc"}, {"hint": "abc", "endDateTime": "soon"}], None, True, False),
        (["odd", row(10)], 10, True, True),
        (None, None, True, None),
    ],
)
def test_a_secret_is_known_by_how_it_begins_and_never_guessed(
    rows: list[Any] | None, days: int | None, certain: bool, listed: bool | None
) -> None:
    found = status_of_secret(SECRET, rows, NOW)

    assert (found.days_left(NOW), found.is_certain, found.is_listed) == (days, certain, listed)
    if days is not None and not certain:
        assert "which of them is in use is not known" in found.words(NOW)
    assert "abc" not in found.words(NOW)


def test_a_certificate_is_known_by_its_key_or_thumbprint(tmp_path: Path) -> None:
    certificate = load_certificate(written(tmp_path, made.pem()), None, key="k")
    registered = made.registered()
    listed = Simulator(build_world(1, 7, up_to_date=1.0))
    listed.world.application.certificates.append(registered)
    thumbprint = made.sha1_hex(registered.der)
    others = [
        {"key": "!!"},
        {"key": None, "customKeyIdentifier": "00"},
        "odd",
        {"customKeyIdentifier": 5},
    ]
    earlier = {"customKeyIdentifier": thumbprint, **row(3)}

    assert status_of_certificate(certificate, None).is_listed is None
    assert status_of_certificate(certificate, others).is_listed is False
    assert status_of_certificate(certificate, others).ends_at == made.ENDS
    for one in (
        earlier,
        {**earlier, "customKeyIdentifier": thumbprint.lower()},
        {**earlier, "customKeyIdentifier": made.base64_of(bytes.fromhex(thumbprint))},
        {**earlier, "customKeyIdentifier": made.base64_of(thumbprint.encode())},
        {**row(3), "key": made.base64_of(registered.der)},
    ):
        found = status_of_certificate(certificate, [*others, one])
        assert found.is_listed is True
        assert found.days_left(NOW) == 3


@pytest.mark.parametrize(
    ("days", "warning"),
    [
        (400, ""),
        (30.5, ""),
        (30, "CLIENT SECRET ENDS IN 30 D"),
        (0.2, "CLIENT SECRET ENDS IN 0 D"),
        (-1, "CLIENT SECRET HAS ENDED"),
        (None, ""),
    ],
)
def test_the_head_of_the_screen_warns_for_thirty_days(days: float | None, warning: str) -> None:
    ends = None if days is None else NOW + timedelta(days=days)
    status = CredentialStatus(kind=CredentialKind.SECRET, ends_at=ends, is_listed=True)

    head = title_left(
        ProfileFacts(name="acme", backend="direct"),
        sign_in=SignInState.SIGNED_IN,
        offline=False,
        looking_only=False,
        warning=status.warning(NOW),
    )

    assert status.warning(NOW) == warning
    assert ("".join(cell.words for cell in head)).endswith(warning)


def test_profiles_check_says_which_credential_and_until_when(lab: Lab) -> None:
    ended = lab.run("profiles", "check", "lab")

    assert ended.code == 0, ended.out
    assert "+ the application uses its client secret, which ends on " in ended.out
    assert "(in 364 days)" in ended.out or "(in 365 days)" in ended.out


def test_profiles_check_warns_of_a_secret_that_ends_soon(lab: Lab) -> None:
    application = lab.simulator.world.application
    ends = (datetime.now(UTC) + timedelta(days=12, hours=1)).timestamp()
    application.secrets[:] = [RegisteredSecret(application.secret[:3], "1", ends)]

    ended = lab.run("profiles", "check", "lab")

    assert ended.code == 0
    assert "! the application uses its client secret, which ends on " in ended.out
    assert "(in 12 days)" in ended.out


def test_profiles_check_names_the_certificates_file_and_its_end(lab: Lab, tmp_path: Path) -> None:
    path = written(tmp_path, made.pem())
    prove_by(lab, f'client_certificate = {{ file = "{path}" }}')
    lab.simulator.world.application.certificates.append(made.registered())

    ended = lab.run("profiles", "check", "lab")

    assert f"certificate of {path}, which ends on 2027-03-02" in ended.out


def test_a_federated_token_has_no_end_and_a_public_client_no_credential(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, made.foreign_token(datetime.now(UTC)).encode())
    prove_by(lab, f'federated_token_file = "{path}"')
    lab.simulator.world.application.federations.append(made.provider())

    federated = lab.run("profiles", "check", "lab")
    prove_by(lab)
    text = lab.config.read_text(encoding="utf-8").splitlines()
    kept = [line for line in text if not line.startswith("federated_token_file")]
    lab.config.write_text("\n".join([*kept, ""]), encoding="utf-8")
    monkeypatch.setenv("LAB_REFRESH", lab.simulator.refresh_token(public=True))
    public = lab.run("profiles", "check", "lab")

    assert "a federated credential does not end" in federated.out
    assert "no credential: it is a public client" in public.out
