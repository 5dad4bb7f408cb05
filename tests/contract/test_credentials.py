"""What the application proves itself with beside a secret: in our own tenant and in customers'."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cipp_tui.api.certificates import load_certificate
from cipp_tui.api.credentials import ClientCertificate, FederatedToken
from cipp_tui.simulator import Simulator, build_world
from tests import credentials as made
from tests.contract.lab import Lab, lab_of
from tests.simulator.desk import a_desk
from tests.unit.test_certificates import written


class FixedClock:
    """Stands at one moment."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits {seconds} s here")


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    simulator = Simulator(build_world(2, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made_lab:
        yield made_lab


def prove_by(lab: Lab, *settings: str, secret: bool = False) -> None:
    """Let the profile say these lines, in place of its secret."""
    lines = lab.config.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if secret or not line.startswith("client_secret")]
    lab.config.write_text("\n".join([*kept, *settings, ""]), encoding="utf-8")


def redeemed(lab: Lab) -> set[str]:
    """Tenants at whose token endpoint somebody was answered well."""
    tokens = [entry for entry in lab.simulator.log if entry.route == "token"]
    return {entry.tenant or "" for entry in tokens if entry.status == 200}


@pytest.mark.parametrize("form", ["pem", "encrypted pem", "pfx"])
def test_a_certificate_opens_our_own_tenant_and_every_customers(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    content = {
        "pem": made.pem(),
        "encrypted pem": made.pem(passphrase=made.PASSPHRASE),
        "pfx": made.pfx(passphrase=made.PASSPHRASE),
    }[form]
    path = written(tmp_path, content)
    monkeypatch.setenv("LAB_PASSPHRASE", made.PASSPHRASE)
    passphrase = "" if form == "pem" else ', passphrase = { env = "LAB_PASSPHRASE" }'
    prove_by(lab, f'client_certificate = {{ file = "{path}"{passphrase} }}')
    lab.simulator.world.application.certificates.append(made.registered())
    lab.simulator.world.application.secret = "nobody knows it"

    assert lab.run("sync").code == 0
    ended = lab.run("plan", "--all")

    assert ended.code == 0, ended.err
    assert redeemed(lab) == set(lab.simulator.world.tenants)


def test_a_federated_token_is_read_anew_each_time(tmp_path: Path) -> None:
    path = written(tmp_path, b"a.b.c")
    credential = FederatedToken(path)
    first = credential.fields("https://login.microsoftonline.com/x/oauth2/v2.0/token")
    path.write_text("\nd.e.f\n")

    second = credential.fields("https://login.microsoftonline.com/x/oauth2/v2.0/token")

    assert first["client_assertion"] == "a.b.c"
    assert second["client_assertion"] == "d.e.f"


def test_a_federated_token_opens_our_own_tenant_and_every_customers(
    lab: Lab, tmp_path: Path
) -> None:
    path = written(tmp_path, made.foreign_token(datetime.now(UTC)).encode())
    prove_by(lab, f'federated_token_file = "{path}"')
    lab.simulator.world.application.federations.append(made.provider())
    lab.simulator.world.application.secret = "nobody knows it"
    assert lab.run("sync").code == 0

    ended = lab.run("plan", "--all")

    assert ended.code == 0, ended.err
    assert redeemed(lab) == set(lab.simulator.world.tenants)


@pytest.mark.parametrize(
    ("token", "words"),
    [
        (None, "is not there"),
        (b"", "does not have three parts"),
        (b"abc", "does not have three parts"),
        (b"\xff\xfe", "not ASCII"),
        (b"a.b.c" + b"x" * 70_000, "larger than"),
        (b"issuer", "issuer, subject and audience"),
        (b"subject", "issuer, subject and audience"),
        (b"expired", "clock right"),
        (b"signature", "certificate"),
    ],
)
def test_a_federated_token_that_does_not_fit_is_told_once(
    lab: Lab, tmp_path: Path, token: bytes | None, words: str
) -> None:
    now = datetime.now(UTC)
    ready = {
        b"issuer": lambda: made.foreign_token(now, iss="https://other.example"),
        b"subject": lambda: made.foreign_token(now, sub="somebody else"),
        b"expired": lambda: made.foreign_token(now - timedelta(hours=2)),
        b"signature": lambda: made.foreign_token(now, number=0),
    }
    content = ready[token]().encode() if token in ready else token
    path = tmp_path / "token"
    if content is not None:
        written(tmp_path, content).rename(path)
    prove_by(lab, f'federated_token_file = "{path}"')
    lab.simulator.world.application.federations.append(made.provider())

    ended = lab.run("sync")

    assert ended.code in (1, 3)
    assert words in ended.err
    assert (content or b"none of it").decode(errors="replace")[:60] not in ended.err or not content


def test_a_certificate_nobody_uploaded_is_told_as_such(lab: Lab, tmp_path: Path) -> None:
    prove_by(lab, f'client_certificate = {{ file = "{written(tmp_path, made.pem())}" }}')
    lab.simulator.world.application.certificates.append(made.registered(1))

    ended = lab.run("sync")

    assert ended.code == 3
    assert "certificate is not known to Entra ID" in ended.err


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (('client_certificate = "app.pem"',), "must be a table"),
        (("client_certificate = { }",), "client_certificate.file: is missing"),
        (('client_certificate = { file = "a", passphrase = "b" }',), "secrets never stand"),
    ],
)
def test_a_credential_that_is_written_wrongly_is_named(
    lab: Lab, settings: tuple[str, ...], words: str
) -> None:
    prove_by(lab, *settings)

    ended = lab.run("sync")

    assert ended.code == 2
    assert words in ended.err


def test_a_profile_has_one_credential(lab: Lab, tmp_path: Path) -> None:
    path = written(tmp_path, made.pem())
    prove_by(
        lab,
        f'client_certificate = {{ file = "{path}" }}',
        f'federated_token_file = "{path}"',
        secret=True,
    )

    ended = lab.run("sync")

    assert ended.code == 2
    assert "client_secret and client_certificate and federated_token_file" in ended.err
    assert "keep one" in ended.err


# -- the assertion itself, as Entra ID looks at it -------------------------------------------------
def proof(path: Path, client_id: str, at: datetime, tenant: str) -> dict[str, str | None]:
    certificate = load_certificate(path, None, key="client_certificate")
    credential = ClientCertificate(
        certificate=certificate, client_id=client_id, clock=FixedClock(at)
    )
    endpoint = f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"
    return {"client_secret": None, **credential.fields(endpoint)}


def test_an_assertion_is_good_for_the_tenant_it_was_made_for_alone(tmp_path: Path) -> None:
    desk = a_desk()
    desk.simulator.world.application.certificates.append(made.registered())
    path = written(tmp_path, made.pem())
    now = datetime.fromtimestamp(desk.clock.now, UTC)
    here, there = desk.customers[0].id, desk.customers[1].id

    for_here = proof(path, desk.app_id, now, here)

    assert desk.ask_token(here, **for_here).status == 200
    assert desk.ask_token(there, **for_here).body["error_codes"] == [700023]
    assert desk.ask_token(here, **proof(path, desk.app_id, now, here)).status == 200
    assert for_here != proof(path, desk.app_id, now, here)  # each has an id of its own
    other = proof(path, "00000000-0000-4000-8000-000000000000", now, here)
    assert desk.ask_token(here, **other).body["error_codes"] == [700021]


@pytest.mark.parametrize(("off_s", "code"), [(0, None), (-3600, 700024), (3600, 700024)])
def test_a_clock_that_is_an_hour_off_is_what_is_told(
    tmp_path: Path, off_s: int, code: int | None
) -> None:
    desk = a_desk()
    desk.simulator.world.application.certificates.append(made.registered())
    at = datetime.fromtimestamp(desk.clock.now + off_s, UTC)
    here = desk.customer.id

    answer = desk.ask_token(here, **proof(written(tmp_path, made.pem()), desk.app_id, at, here))

    assert answer.body.get("error_codes", [None]) == [code]
