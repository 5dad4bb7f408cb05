"""The kept sign-in serves what it was made for: login host, partner tenant, application, user."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from cipp_tui.api.credentials import ClientSecret
from cipp_tui.api.endpoints import CLOUDS, endpoints_for
from cipp_tui.api.http import HttpClient
from cipp_tui.api.sign_in import MsalSignIn, SignedIn
from cipp_tui.api.token_store import (
    FileTokenStore,
    KeptSignIn,
    KeyringTokenStore,
    SignInBinding,
    TokenStore,
)
from cipp_tui.api.tokens import Tokens
from cipp_tui.domain.clock import SYSTEM
from cipp_tui.domain.problems import Problem, SignInProblem, StorageProblem
from cipp_tui.domain.tenants import TenantId
from cipp_tui.simulator import Simulator, build_world
from tests.contract.lab import Lab, lab_of

OURS = SignInBinding(
    login="https://login.microsoftonline.com", partner="partner-a", client_id="app-a"
)
OF_OLD = {"refresh_token": "old", "source": "sign-in"}


@pytest.fixture
def lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Lab]:
    """Somebody signed in before; the profile itself names no refresh token."""
    simulator = Simulator(build_world(2, 7, up_to_date=1.0))
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as made:
        text = made.config.read_text(encoding="utf-8")
        kept = [line for line in text.splitlines() if not line.startswith("refresh_token")]
        made.config.write_text("\n".join([*kept, ""]), encoding="utf-8")
        (made.state).mkdir(parents=True, mode=0o700)
        keep(made)
        yield made


def keep(lab: Lab, **changed: str) -> None:
    application = lab.simulator.world.application
    login = next(
        word
        for word in lab.config.read_text(encoding="utf-8").split('"')
        if word.startswith("http://")
    )
    content = {
        "refresh_token": lab.simulator.refresh_token(),
        "source": "sign-in",
        "login": login,
        "partner_tenant": lab.simulator.world.partner.id,
        "client_id": application.app_id,
        "user": lab.simulator.world.service_user.upn,
        "user_id": lab.simulator.world.service_user.id,
        **changed,
    }
    path = lab.state / "sign-in.json"
    path.write_text(json.dumps({k: v for k, v in content.items() if v != "-"}), encoding="utf-8")
    path.chmod(0o600)


def test_the_sign_in_of_this_profile_serves(lab: Lab) -> None:
    assert lab.run("sync").code == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"login": "https://login.elsewhere.example"}, "login host https://login.elsewhere"),
        ({"partner_tenant": "11111111-2222-4333-8444-555555555555"}, "partner tenant 1111"),
        ({"client_id": "11111111-2222-4333-8444-555555555555"}, "application 1111"),
        ({"client_id": "-"}, "application nothing"),
        ({"login": "-", "partner_tenant": "-", "client_id": "-"}, "an older version"),
    ],
)
def test_what_is_for_something_else_is_not_sent_and_asks_to_sign_in_again(
    lab: Lab, changed: dict[str, str], words: str
) -> None:
    keep(lab, **changed)

    ended = lab.run("sync")

    assert ended.code == 3
    assert words in ended.err
    assert "Sign in again (cipp-tui login)" in ended.err
    assert not lab.simulator.log


def test_a_sign_in_of_another_user_than_was_noted_is_refused(lab: Lab) -> None:
    keep(lab, user_id="11111111-2222-4333-8444-555555555555")

    ended = lab.run("sync")

    assert ended.code == 3
    assert "another user's, cipp-service@" in ended.err
    assert {entry.route for entry in lab.simulator.log} == {"token"}


def test_a_refresh_token_of_the_profile_itself_is_used_instead(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(lab, partner_tenant="11111111-2222-4333-8444-555555555555")
    with lab.config.open("a", encoding="utf-8") as config:
        config.write('refresh_token = { env = "LAB_REFRESH" }\n')

    assert lab.run("sync").code == 0
    kept = json.loads((lab.state / "sign-in.json").read_text(encoding="utf-8"))
    assert kept["partner_tenant"] == lab.simulator.world.partner.id
    assert kept["user_id"] == lab.simulator.world.service_user.id


# -- what version 0.1.0 left ----------------------------------------------------------------------
@dataclass
class Redeemer:
    """Stands where MSAL stands: what it is given, and whether it answers."""

    given: list[str] = field(default_factory=list)
    refuses: bool = False

    async def redeem(self, refresh_token: str, _scope: str) -> SignedIn:
        self.given.append(refresh_token)
        if self.refuses:
            raise SignInProblem("no", code="AADSTS70000")
        return SignedIn(
            access_token="access",
            refresh_token=refresh_token,
            expires_in=3600,
            user="kim@msp.example",
            user_id="kim",
        )


def tokens_over(
    store: TokenStore, redeemer: Redeemer, *, login: str | None = None, app: str = "app-a"
) -> Tokens:
    return Tokens(
        HttpClient(endpoints_for("global", login=login)),
        cast(MsalSignIn, redeemer),
        store,
        partner=TenantId("partner-a"),
        client_id=app,
        credential=ClientSecret(lambda: None),
        configured_refresh_token=lambda: None,
        clock=SYSTEM,
    )


async def test_an_old_file_is_used_once_more_at_microsoft_and_bound_by_the_answer(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sign-in.json"
    path.write_text(json.dumps(OF_OLD), encoding="utf-8")
    store = FileTokenStore(path)

    await tokens_over(store, Redeemer()).partner_graph()

    kept = store.load()
    assert kept is not None
    assert (kept.refresh_token, kept.binding, kept.user_id) == ("old", OURS, "kim")
    other = tokens_over(store, redeemer := Redeemer(), app="app-b")
    with pytest.raises(SignInProblem, match="application app-a"):
        await other.partner_graph()
    assert redeemer.given == []


async def test_an_old_file_that_microsoft_refuses_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sign-in.json"
    path.write_text(json.dumps(OF_OLD), encoding="utf-8")

    with pytest.raises(SignInProblem):
        await tokens_over(FileTokenStore(path), Redeemer(refuses=True)).partner_graph()

    assert json.loads(path.read_text(encoding="utf-8")) == OF_OLD


async def test_an_old_file_is_not_handed_to_a_host_of_the_profiles_own(tmp_path: Path) -> None:
    path = tmp_path / "sign-in.json"
    path.write_text(json.dumps(OF_OLD), encoding="utf-8")
    redeemer = Redeemer()

    with pytest.raises(SignInProblem, match="did not note for which host"):
        await tokens_over(
            FileTokenStore(path), redeemer, login="https://login.elsewhere.example"
        ).signed_in()

    assert redeemer.given == []


def test_every_cloud_takes_an_old_sign_in_and_nobody_else_does() -> None:
    for cloud in CLOUDS.values():
        assert replace(OURS, login=cloud.login).why_not(None) == ""
    for login in ("https://login.microsoftonline.com.example", "http://127.0.0.1:8080"):
        assert replace(OURS, login=login).why_not(None)


@pytest.mark.parametrize("content", ["[]", "null", '{"refresh_token": "x"}', "{", "\xff"])
def test_a_damaged_file_is_told_with_its_path(tmp_path: Path, content: str) -> None:
    path = tmp_path / "sign-in.json"
    path.write_bytes(content.encode("latin-1"))

    with pytest.raises(StorageProblem, match=r"sign-in\.json.*delete the file"):
        FileTokenStore(path).load()


# -- keyrings -------------------------------------------------------------------------------------
class Ring:
    """A keyring in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.fails: Exception | None = None

    def get_password(self, service: str, name: str) -> str | None:
        if self.fails is not None:
            raise self.fails
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.kept[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[service, name]


def ring_store(ring: Ring, binding: SignInBinding, folder: str = "/a") -> KeyringTokenStore:
    return KeyringTokenStore(cast(ModuleType, ring), "acme", binding.digest(Path(folder)))


MINE = KeptSignIn(
    refresh_token="a:b", source="sign-in", binding=OURS, user="kim@msp.example", user_id="kim"
)


def test_two_config_files_with_one_profile_name_share_no_entry() -> None:
    ring = Ring()
    ring_store(ring, OURS).save(MINE)

    assert ring_store(ring, OURS).load() == MINE
    assert ring_store(ring, replace(OURS, partner="partner-b")).load() is None
    assert ring_store(ring, replace(OURS, client_id="app-b")).load() is None
    assert ring_store(ring, replace(OURS, login="https://login.microsoftonline.us")).load() is None
    assert ring_store(ring, OURS, folder="/b").load() is None


async def test_an_old_entry_is_bound_by_the_first_answer_and_then_gone() -> None:
    ring = Ring()
    ring.kept["cipp-tui acme", "refresh-token"] = "sign-in:old"
    store = ring_store(ring, OURS)

    await tokens_over(store, Redeemer()).partner_graph()

    kept = store.load()
    assert kept is not None
    assert (kept.refresh_token, kept.binding) == ("old", OURS)
    assert ("cipp-tui acme", "refresh-token") not in ring.kept


@pytest.mark.parametrize("raised", [OSError("no bus"), RuntimeError("locked"), ValueError("odd")])
def test_a_keyring_that_fails_is_told_and_its_words_are_not(raised: Exception) -> None:
    ring = Ring()
    store = ring_store(ring, OURS)
    ring.fails = raised

    for work in (store.load, lambda: store.save(MINE)):
        with pytest.raises(Problem) as caught:
            work()
        assert "keyring" in str(caught.value)
        assert "a:b" not in str(caught.value)


def test_what_is_kept_shows_no_token() -> None:
    assert "a:b" not in repr(MINE)
