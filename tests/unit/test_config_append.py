"""A profile is added at the end of the user's file, which is otherwise left alone."""

import os
import stat
from pathlib import Path

import pytest

from cipp_tui.config import (
    CippProfile,
    DirectProfile,
    NewProfile,
    SecretReference,
    append_profile,
    load_profiles,
)
from cipp_tui.domain.problems import ConfigProblem

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
OLD = f"""# my own words
default = "cipp"   # and my own spacing

[profiles.cipp]
backend="cipp"
url = 'https://cipp.example'
tenant = "{GUID}"
client_id = "{GUID}"
"""

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and links are a Unix thing")


def new(name: str = "lab", *, secret_env: str = "", refresh_token_env: str = "") -> NewProfile:
    return NewProfile(
        name=name,
        partner_tenant=GUID,
        client_id=GUID,
        secret_env=secret_env,
        refresh_token_env=refresh_token_env,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_the_first_profile_makes_the_file_and_becomes_the_default(tmp_path: Path) -> None:
    path = tmp_path / "not" / "there" / "config.toml"

    append_profile(path, new(secret_env="LAB_SECRET", refresh_token_env="LAB_REFRESH"))

    known = load_profiles(path)
    profile = known.profiles["lab"]
    assert known.default == "lab"
    assert isinstance(profile, DirectProfile)
    assert profile.client_secret == SecretReference(env="LAB_SECRET")
    assert profile.refresh_token == SecretReference(env="LAB_REFRESH")
    assert [found.name for found in path.parent.iterdir()] == ["config.toml"]


@posix_only
def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    append_profile(path, new())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_public_client_needs_no_secret(path: Path) -> None:
    append_profile(path, new())

    profile = load_profiles(path).profiles["lab"]
    assert isinstance(profile, DirectProfile)
    assert profile.client_secret is None
    assert profile.refresh_token is None


@pytest.mark.parametrize(
    "old", [OLD, OLD.rstrip("\n"), OLD.replace("\n", "\r\n"), "\ufeff" + OLD, ""]
)
def test_what_was_there_stays_as_it_was_byte_for_byte(path: Path, old: str) -> None:
    path.write_bytes(old.encode())

    append_profile(path, new())

    assert path.read_bytes().startswith(old.encode())
    assert b"\n" in path.read_bytes()[len(old.encode()) :]
    assert set(load_profiles(path).profiles) >= {"lab"}


def test_the_file_keeps_its_default(path: Path) -> None:
    path.write_text(OLD, encoding="utf-8")

    append_profile(path, new())

    known = load_profiles(path)
    assert known.default == "cipp"
    assert isinstance(known.profiles["cipp"], CippProfile)


@posix_only
def test_a_file_kept_elsewhere_behind_a_link_stays_behind_it(path: Path, tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "cipp.toml"
    real.write_text(OLD, encoding="utf-8")
    path.symlink_to(real)

    append_profile(path, new())

    assert path.is_symlink()
    assert "[profiles.lab]" in real.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["a.b", "v1.2.3", "0", "A-b_c", "x" * 64])
def test_every_good_name_is_found_again(path: Path, name: str) -> None:
    append_profile(path, new(name))

    assert list(load_profiles(path).profiles) == [name]
    assert load_profiles(path).default == name


@pytest.mark.parametrize("name", ["", " ", "../x", "a/b", "a\\b", ".x", "a..b", 'a"b', "a\nb", "ä"])
def test_a_bad_name_is_refused_and_nothing_is_written(path: Path, name: str) -> None:
    with pytest.raises(ConfigProblem, match="may hold letters") as caught:
        append_profile(path, new(name))

    assert "\n" not in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize("name", ["cipp", "demo"])
def test_a_name_that_is_taken_is_refused_and_the_file_stays(path: Path, name: str) -> None:
    path.write_text(OLD, encoding="utf-8")

    with pytest.raises(ConfigProblem, match="already"):
        append_profile(path, new(name))

    assert path.read_text(encoding="utf-8") == OLD


def test_a_bad_id_is_refused_by_its_key_in_the_users_file_and_nothing_is_left(path: Path) -> None:
    path.write_text(OLD, encoding="utf-8")
    wrong = NewProfile(name="lab", partner_tenant="contoso.com", client_id=GUID)

    with pytest.raises(ConfigProblem) as caught:
        append_profile(path, wrong)

    assert (caught.value.file, caught.value.key) == (str(path), "profiles.lab.partner_tenant")
    assert path.read_text(encoding="utf-8") == OLD
    assert [found.name for found in path.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("words", ['X"\n[profiles.evil]', "\x00", "💥", "\ud800", "a\x7fb"])
def test_strange_words_cannot_break_out_of_their_place(path: Path, words: str) -> None:
    try:
        append_profile(path, new(secret_env=words))
    except ConfigProblem:
        assert not path.exists()
    else:
        profile = load_profiles(path).profiles["lab"]
        assert isinstance(profile, DirectProfile)
        assert profile.client_secret == SecretReference(env=words)
        assert list(load_profiles(path).profiles) == ["lab"]


def test_a_broken_file_is_told_and_stays(path: Path) -> None:
    path.write_text("profiles = [", encoding="utf-8")

    with pytest.raises(ConfigProblem, match="not valid TOML"):
        append_profile(path, new())

    assert path.read_text(encoding="utf-8") == "profiles = ["


def test_profiles_in_one_line_cannot_be_added_to_and_stay(path: Path) -> None:
    path.write_text('profiles = { d = { backend = "demo" } }\n', encoding="utf-8")

    with pytest.raises(ConfigProblem) as caught:
        append_profile(path, new())

    assert caught.value.file == str(path)
    assert path.read_text(encoding="utf-8") == 'profiles = { d = { backend = "demo" } }\n'


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ConfigProblem) as caught:
        append_profile(tmp_path / "file" / "config.toml", new())

    assert "\n" not in str(caught.value)
