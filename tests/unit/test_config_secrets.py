"""Secrets come from where the profile says, and never show themselves."""

import copy
import os
import sys
import types
from collections.abc import Mapping
from pathlib import Path

import pytest

from cipp_tui.cli import main
from cipp_tui.config import DirectProfile, Secret, SecretReference, load_profiles, resolve
from cipp_tui.domain.problems import ConfigProblem

KEY = "profiles.lab.client_secret"
VALUE = "hunter2~very~secret"
GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes of files are a Unix thing")


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret.txt"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def problem_of(reference: SecretReference, env: Mapping[str, str]) -> str:
    with pytest.raises(ConfigProblem) as caught:
        resolve(reference, env, key=KEY)
    words = str(caught.value)
    assert words.startswith(f"{KEY}: ")
    assert "\n" not in words
    assert VALUE not in words
    return words


def test_a_variable_is_read() -> None:
    assert resolve(SecretReference(env="LAB"), {"LAB": VALUE}, key=KEY).reveal() == VALUE


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_file_is_read_without_its_line_ending(tmp_path: Path, ending: bytes) -> None:
    path = secret_file(tmp_path, VALUE.encode() + ending)

    assert resolve(SecretReference(file=path), {}, key=KEY).reveal() == VALUE


@pytest.mark.parametrize("env", [{}, {"LAB": ""}])
def test_a_variable_that_is_not_set_is_named(env: dict[str, str]) -> None:
    words = problem_of(SecretReference(env="LAB"), env)

    assert "LAB is not set" in words
    assert words.endswith("Set this environment variable.")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    words = problem_of(SecretReference(file=tmp_path / "none"), {})

    assert f"{tmp_path / 'none'}: there is no such file or folder" in words


def test_a_file_of_a_user_who_is_not_there_is_named() -> None:
    words = problem_of(SecretReference(file=Path("~no-such-user/secret")), {})

    assert "~no-such-user/secret: there is no such file or folder" in words


def test_a_path_that_no_file_can_have_is_told() -> None:
    problem_of(SecretReference(file=Path("a\0b")), {})


@posix_only
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused_with_the_command_that_helps(
    tmp_path: Path, mode: int
) -> None:
    path = secret_file(tmp_path, VALUE.encode(), mode)

    words = problem_of(SecretReference(file=path), {})

    assert words.endswith(f"Run: chmod 600 {path}")


@posix_only
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_we_cannot_read_is_named(tmp_path: Path) -> None:
    assert "Permission denied" in problem_of(
        SecretReference(file=secret_file(tmp_path, b"x", 0o000)), {}
    )


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)

    assert str(tmp_path) in problem_of(SecretReference(file=tmp_path), {})


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n"])
def test_an_empty_file_is_told(tmp_path: Path, content: bytes) -> None:
    assert "is empty" in problem_of(SecretReference(file=secret_file(tmp_path, content)), {})


def test_a_file_that_is_not_utf_8_is_told(tmp_path: Path) -> None:
    path = secret_file(tmp_path, VALUE.encode("utf-16"))

    assert "not UTF-8 text" in problem_of(SecretReference(file=path), {})


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A keyring library with one entry."""
    library = types.ModuleType("keyring")
    errors = types.ModuleType("keyring.errors")
    errors.KeyringError = type("KeyringError", (Exception,), {})  # type: ignore[attr-defined] # a stand-in
    library.get_password = lambda service, name: {("cipp-tui", "lab"): VALUE}.get((service, name))  # type: ignore[attr-defined] # a stand-in
    monkeypatch.setitem(sys.modules, "keyring", library)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return library


def test_the_keyring_is_asked_for_our_own_service(keyring: types.ModuleType) -> None:
    assert resolve(SecretReference(keyring="lab"), {}, key=KEY).reveal() == VALUE


def test_a_missing_entry_of_the_keyring_tells_how_to_make_it(keyring: types.ModuleType) -> None:
    words = problem_of(SecretReference(keyring="prod"), {})

    assert words.endswith("Run: keyring set cipp-tui prod")


def test_a_locked_keyring_is_told_without_its_own_words(
    keyring: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure: type[Exception] = sys.modules["keyring.errors"].KeyringError

    def refuse(service: str, name: str) -> str:
        raise failure(VALUE)

    monkeypatch.setattr(keyring, "get_password", refuse)

    assert "(KeyringError)" in problem_of(SecretReference(keyring="lab"), {})


def test_a_missing_keyring_library_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)

    assert "cipp-tui[keyring]" in problem_of(SecretReference(keyring="lab"), {})


def test_a_secret_does_not_show_itself_in_any_form_of_text() -> None:
    secret = Secret(VALUE)

    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r:>40}", format(secret), [secret]]

    assert VALUE not in str(shown)
    assert "hidden" in f"{secret}"


def test_a_copy_of_a_secret_is_as_silent() -> None:
    assert VALUE not in repr(copy.deepcopy(Secret(VALUE)))


def profile_with(folder: Path, line: str) -> DirectProfile:
    path = folder / "config.toml"
    path.write_text(
        '[profiles.lab]\nbackend = "direct"\n'
        f'partner_tenant = "{GUID}"\nclient_id = "{GUID}"\n{line}\n',
        encoding="utf-8",
    )
    profile = load_profiles(path).profiles["lab"]
    assert isinstance(profile, DirectProfile)
    return profile


def test_a_profile_holds_where_its_secret_is_and_never_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB", VALUE)

    profile = profile_with(tmp_path, 'client_secret = { env = "LAB" }')

    for shown in (repr(profile), str(profile), profile.model_dump_json(), str(vars(profile))):
        assert VALUE not in shown
        assert "LAB" in shown


@pytest.mark.parametrize(
    "line",
    [
        f'client_secret = "{VALUE}"',
        f'refresh_token = "{VALUE}"',
        f'client_secret = ["{VALUE}"]',
        f'client_secret = {{ secret = "{VALUE}" }}',
        f'client_secret = {{ env = ["{VALUE}"] }}',
        f'client_secret = {{ env = "A", keyring = "{VALUE}" }}',
        f'client_secret = "{VALUE}',
        f'client_secret = {{ env = "{VALUE}" ',
        f'password = "{VALUE}"',
        f'endpoints = {{ login = "https://u:{VALUE}@login.example" }}',
        f'endpoints = {{ login = "https://login.example/?s={VALUE}" }}',
        f'partner_tenant = "{VALUE}"',
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigProblem) as caught:
        profile_with(tmp_path, line)

    assert VALUE not in str(caught.value)
    assert VALUE not in repr(caught.value)
    assert caught.value.__suppress_context__


@posix_only
@pytest.mark.parametrize(
    ("line", "fix"),
    [
        ('client_secret = { env = "LAB_MISSING" }', "Set this environment variable."),
        ('refresh_token = { env = "LAB_MISSING" }', "Set this environment variable."),
        ('client_secret = { file = "FOLDER/open.txt" }', "chmod 600"),
        ('client_secret = { file = "FOLDER/none.txt" }', "Put the secret into that file."),
    ],
)
def test_a_secret_that_cannot_be_had_is_one_line_with_file_key_and_fix(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    fix: str,
) -> None:
    (tmp_path / "open.txt").write_text(VALUE, encoding="utf-8")
    (tmp_path / "open.txt").chmod(0o644)
    profile_with(tmp_path, line.replace("FOLDER", str(tmp_path)))
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("CIPP_TUI_DATA", str(tmp_path / "state"))
    monkeypatch.delenv("LAB_MISSING", raising=False)
    monkeypatch.delenv("CIPP_TUI_PROFILE", raising=False)

    code = main(["refresh", "--all"])

    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1, err
    assert err.startswith(f"cipp-tui: {tmp_path / 'config.toml'}: profiles.lab.{line.split()[0]}: ")
    assert fix in err
    assert VALUE not in err
