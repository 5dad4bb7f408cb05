"""A keyring that refuses, fails or never answers: the sign-in is kept all the same, or named."""

import asyncio
import os
import sys
import threading
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cipp_tui.api import token_store
from cipp_tui.api.token_store import KeptSignIn, SignInBinding, in_keyring_time, open_token_store
from cipp_tui.domain.problems import StorageProblem
from tests.contract.lab import lab_of
from tests.support import HurriedClock, simulator_for

BINDING = SignInBinding(login="https://login.example", partner="p", client_id="c")
SECRET = "words-of-the-keyring-that-nobody-reads"


class PasswordSetError(Exception):
    """As on macOS over SSH."""


class Keyring(types.ModuleType):
    """A keyring library of whatever temper."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.entries: dict[tuple[str, str], str] = {}
        self.fails: dict[str, Exception] = {}
        self.priority = 5

    def get_keyring(self) -> "Keyring":
        self._maybe("open")
        return self

    def get_password(self, service: str, name: str) -> str | None:
        self._maybe("get")
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, value: str) -> None:
        self._maybe("set")
        self.entries[service, name] = value

    def delete_password(self, service: str, name: str) -> None:
        self._maybe("delete")
        del self.entries[service, name]

    def _maybe(self, what: str) -> None:
        if (error := self.fails.get(what)) is not None:
            raise error


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    library, errors = Keyring(), types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", library)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return library


def kept(token: str) -> KeptSignIn:
    return KeptSignIn(refresh_token=token, source="sign-in", binding=BINDING)


@pytest.mark.parametrize(
    "refusal", [PasswordSetError(SECRET), OSError(1783, SECRET), RuntimeError(SECRET)]
)
def test_what_the_keyring_refuses_is_kept_in_a_file(
    tmp_path: Path, keyring: Keyring, refusal: Exception
) -> None:
    store = open_token_store(tmp_path, "lab", BINDING)
    store.save(kept("older"))
    assert store.trouble == ""
    keyring.fails["set"] = refusal

    store.save(kept("newer"))

    assert type(refusal).__name__ in store.trouble
    assert store.where in store.trouble
    assert SECRET not in store.trouble
    path = tmp_path / "sign-in.json"
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    again = open_token_store(tmp_path, "lab", BINDING)
    found = again.load()
    assert found is not None
    assert found.refresh_token == "newer"
    keyring.fails.clear()
    again.save(kept("newest"))
    assert not path.exists()
    assert again.trouble == ""
    assert again.load() == kept("newest")


def test_a_kept_token_is_in_no_problem_from_then_on() -> None:
    token = "M.C5!short*token$of-another-kind"
    kept(token)

    assert token not in str(StorageProblem(f"the answer was: {token}"))


def test_what_nobody_keeps_is_named(tmp_path: Path, keyring: Keyring) -> None:
    keyring.fails["set"] = PasswordSetError(SECRET)
    (tmp_path / "file").touch()
    store = open_token_store(tmp_path / "file", "lab", BINDING)

    with pytest.raises(StorageProblem, match="cannot be kept") as told:
        store.save(kept("token"))

    assert "sign-in.json" in str(told.value)


@pytest.mark.parametrize("what", ["open", "get"])
def test_a_keyring_that_fails_is_not_used(tmp_path: Path, keyring: Keyring, what: str) -> None:
    keyring.fails[what] = RuntimeError(SECRET)

    assert open_token_store(tmp_path, "lab", BINDING).where == str(tmp_path / "sign-in.json")


def test_a_read_that_fails_later_is_told(tmp_path: Path, keyring: Keyring) -> None:
    store = open_token_store(tmp_path, "lab", BINDING)
    keyring.fails["get"] = RuntimeError(SECRET)

    with pytest.raises(StorageProblem, match="keyring") as told:
        store.load()

    assert SECRET not in str(told.value)


async def test_a_keyring_that_waits_for_somebody_is_not_waited_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(token_store, "KEYRING_S", 0.05)
    unlocked = threading.Event()
    try:
        with pytest.raises(StorageProblem, match="unlock it"):
            async with asyncio.timeout(30):
                await in_keyring_time(unlocked.wait)
    finally:
        unlocked.set()


@pytest.mark.parametrize("command", [["login"], ["sync"]])
def test_every_command_goes_on_and_says_where_the_sign_in_is_kept(
    tmp_path: Path,
    keyring: Keyring,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
) -> None:
    keyring.fails["set"] = PasswordSetError(SECRET)
    simulator = simulator_for(HurriedClock(datetime.now(UTC)), tenants=3)
    user = {
        "access_token": "a" * 80,
        "refresh_token": simulator.refresh_token(),
        "expires_in": 3600,
        "id_token_claims": {"preferred_username": "kim@partner.example"},
    }
    monkeypatch.setattr(
        "msal.PublicClientApplication.acquire_token_by_device_flow", lambda *_, **__: user
    )
    with lab_of(simulator, tmp_path, monkeypatch, capsys) as lab:
        ended = lab.run(*command)

    assert ended.code == 0, ended.err
    told = [line for line in ended.err.splitlines() if "PasswordSetError" in line]
    assert len(told) == 1
    assert "sign-in.json" in told[0]
    assert SECRET not in ended.err
    assert (tmp_path / "profiles" / "lab" / "sign-in.json").exists()
