"""Files that people name: whatever lies there, an answer comes at once, and it is true."""

import errno
import os
import socket
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cipp_tui.cli.main import main
from cipp_tui.config import NewProfile, SecretReference, append_profile, load_profiles, resolve
from cipp_tui.config.file_lock import file_lock
from cipp_tui.config.files import (
    Guard,
    UnfitFile,
    demand_guarded,
    make_private_folder,
    os_fix,
    os_words,
    read_file,
)
from cipp_tui.domain.problems import ConfigProblem, StorageProblem
from cipp_tui.storage.database import open_database
from cipp_tui.storage.lock import runner_lock
from cipp_tui.storage.private import secure_folder

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes, devices and modes are Unix")

GUID = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CONFIG = f'[profiles.lab]\nbackend = "direct"\npartner_tenant = "{GUID}"\nclient_id = "{GUID}"\n'


def pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def folder(path: Path) -> None:
    path.mkdir()


def unix_socket(path: Path) -> None:
    here = Path.cwd()
    os.chdir(path.parent)  # an address may have a hundred signs only
    try:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(path.name)
    finally:
        os.chdir(here)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def endless(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)
    path.chmod(0o600)


def circle(path: Path) -> None:
    path.symlink_to(path)


WRONG: tuple[Callable[[Path], None], ...] = (pipe, folder, unix_socket, device, endless, circle)


@pytest.fixture(autouse=True)
def no_umask() -> Iterator[None]:
    old = os.umask(0o022)
    yield
    os.umask(old)


@pytest.mark.parametrize("make", WRONG)
def test_a_wrong_file_is_refused_at_once(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "x"
    make(path)

    with pytest.raises(UnfitFile) as told:
        read_file(path)

    assert told.value.why
    assert told.value.fix


# -- every place where a path is taken -----------------------------------------------------------
def as_config(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(path))
    return ["tenants"]


def as_secret(path: Path, monkeypatch: pytest.MonkeyPatch, key: str = "client_secret") -> list[str]:
    config = path.with_name("config.toml")
    config.write_text(f'{CONFIG}{key} = {{ file = "{path}" }}\n', encoding="utf-8")
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(config))
    return ["tenants"]


def as_refresh_token(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return as_secret(path, monkeypatch, "refresh_token")


def as_ca_bundle(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    config = path.with_name("config.toml")
    config.write_text(f'{CONFIG}ca_bundle = "{path}"\n', encoding="utf-8")
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(config))
    return ["tenants"]


def as_log(path: Path, _monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return ["--log", str(path), "tenants"]


def as_export(path: Path, _monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return ["plan", "--all", "--export", str(path), "--format", "csv"]


def as_profile_out(path: Path, _monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return ["simulate", "--tenants", "1", "--profile-out", str(path)]


def as_data(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("CIPP_TUI_DATA", str(path))
    return ["tenants"]


def move(path: Path, target: Path) -> None:
    """Move it; a link that leads to itself still does there."""
    if path.is_symlink() and path.readlink() == path:
        path.unlink()
        circle(target)
    else:
        path.rename(target)


def as_state_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    home = path.parent / "state" / "profiles" / "lab"
    make_private_folder(home)
    move(path, home / "state.db")
    monkeypatch.setenv("CIPP_TUI_DATA", str(path.parent / "state"))
    return ["tenants"]


def as_lock_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    home = path.parent / "state" / "profiles" / "lab"
    make_private_folder(home)
    move(path, home / "runner.lock")
    monkeypatch.setenv("CIPP_TUI_DATA", str(path.parent / "state"))
    return ["exclude", "x"]


PLACES = (
    as_config,
    as_secret,
    as_refresh_token,
    as_ca_bundle,
    as_log,
    as_export,
    as_profile_out,
    as_data,
    as_state_file,
    as_lock_file,
)
FITTING = {  # what is no fault there: a state may be large, a log may be long, a link may be named
    (endless, as_log),
    (endless, as_profile_out),
    (folder, as_data),
}


@pytest.mark.parametrize("make", WRONG)
@pytest.mark.parametrize("place", PLACES)
def test_in_every_place_it_ends_at_once_and_names_the_path(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    place: Callable[[Path, pytest.MonkeyPatch], list[str]],
    make: Callable[[Path], None],
) -> None:
    if (make, place) in FITTING:
        pytest.skip("nothing is wrong with that")
    path = tmp_path / "x"
    make(path)
    config = tmp_path / "lab.toml"
    config.write_text(CONFIG, encoding="utf-8")
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(config))
    monkeypatch.setenv("CIPP_TUI_DATA", str(tmp_path / "data"))
    words = place(path, monkeypatch)

    try:
        code = main(words)
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else -1

    out, err = capsys.readouterr()
    assert code == 2, (out, err)
    assert len(err.splitlines()) == 1, err
    assert str(tmp_path) in err
    assert "Traceback" not in err


# -- whoever else could have a hand in it --------------------------------------------------------
def written(path: Path, content: str, mode: int) -> Path:
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o602, 0o666, 0o646])
def test_a_config_that_others_can_write_is_refused_with_what_mends_it(
    tmp_path: Path, mode: int
) -> None:
    path = written(tmp_path / "config.toml", CONFIG, mode)

    with pytest.raises(ConfigProblem, match="can be written by others") as told:
        load_profiles(path)

    assert str(told.value).endswith(f"Run: chmod go-w {path}")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o400])
def test_a_config_that_others_can_only_read_is_taken(tmp_path: Path, mode: int) -> None:
    assert load_profiles(written(tmp_path / "config.toml", CONFIG, mode)).profiles


def test_a_config_in_a_folder_where_others_could_swap_it_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    path = written(folder / "config.toml", CONFIG, 0o600)
    folder.chmod(0o777)

    with pytest.raises(ConfigProblem, match="can be written by others") as told:
        load_profiles(path)
    assert f"chmod go-w {folder}" in str(told.value)

    folder.chmod(0o1777)  # as /tmp: only the owner renames a file
    assert load_profiles(path).profiles


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o640, 0o604])
def test_a_secret_file_that_is_not_ours_alone_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "secret", "hunter2", mode)

    with pytest.raises(ConfigProblem, match="by others") as told:
        resolve(SecretReference(file=path), {}, key="profiles.lab.client_secret")

    assert f"chmod 600 {path}" in str(told.value)


def facts(mode: int, uid: int, gid: int = 4242) -> os.stat_result:
    return os.stat_result((stat.S_IFREG | mode, 1, 1, 1, uid, gid, 1, 0, 0, 0))


def test_a_file_of_another_owner_is_refused_and_one_of_root_is_not() -> None:
    with pytest.raises(UnfitFile, match="belongs to 4242") as told:
        demand_guarded(Path("/x/config.toml"), facts(0o600, 4242), Guard.WRITE)
    assert told.value.fix.startswith("Run: chown ")
    demand_guarded(Path("/x/config.toml"), facts(0o600, 0), Guard.WRITE)


def test_a_group_of_our_own_may_write_and_another_may_not() -> None:
    demand_guarded(Path("/x"), facts(0o664, os.geteuid(), os.getgid()), Guard.WRITE)
    with pytest.raises(UnfitFile, match="can be written by others"):
        demand_guarded(Path("/x"), facts(0o664, os.geteuid(), 4242), Guard.WRITE)


# -- what the program makes ----------------------------------------------------------------------
@pytest.mark.parametrize("umask", [0o000, 0o077, 0o022])
async def test_whatever_is_made_is_ours_alone_whatever_the_umask(
    tmp_path: Path, umask: int
) -> None:
    home = tmp_path / "data" / "profiles" / "lab"
    os.umask(umask)
    secure_folder(home)
    with runner_lock(home, "kim@bastion", datetime(2026, 3, 2, tzinfo=UTC)):
        async with open_database(home / "state.db") as database:
            database.write("INSERT INTO remembered VALUES (?,?)", ("key", "value"))
            await database.flush()
            made = {path.name: stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()}

    assert {"runner.lock", "runner.json", "state.db", "state.db-wal", "state.db-shm"} <= set(made)
    assert set(made.values()) == {0o600}
    for folder in (home, home.parent, home.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_a_config_that_is_made_is_ours_alone(tmp_path: Path, umask: int) -> None:
    os.umask(umask)
    path = tmp_path / "new" / "cipp-tui" / "config.toml"

    append_profile(path, NewProfile(name="lab", partner_tenant=GUID, client_id=GUID))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [one.name for one in path.parent.iterdir()] == ["config.toml"]


def test_what_an_older_version_left_readable_is_closed_and_a_sign_in_is_told(
    tmp_path: Path,
) -> None:
    home = tmp_path / "data" / "profiles" / "lab"
    home.mkdir(parents=True)
    home.chmod(0o755)
    for name in ("state.db", "runner.json", "sign-in.json"):
        written(home / name, "{}", 0o644)

    told = secure_folder(home)

    assert len(told) == 1
    assert "sign-in.json could be read by others (mode 644); it is 600 now" in told[0]
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert secure_folder(home) == []


@pytest.mark.parametrize("name", ["", "state.db", "sign-in.json", "../../profiles", "../.."])
def test_state_that_others_could_have_written_is_refused(tmp_path: Path, name: str) -> None:
    home = tmp_path / "data" / "profiles" / "lab"
    make_private_folder(home)
    for file in ("state.db", "sign-in.json"):
        written(home / file, "{}", 0o600)
    (home / name).chmod(0o777)

    with pytest.raises(StorageProblem, match="can be written by others") as told:
        secure_folder(home)

    assert "chmod go-w" in str(told.value)
    assert "CIPP_TUI_DATA" in str(told.value)


def test_state_of_another_owner_is_refused(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    home = tmp_path / "data" / "profiles" / "lab"
    make_private_folder(home)
    os.chown(home, 4242, 4242)

    with pytest.raises(StorageProblem, match="belongs to 4242"):
        secure_folder(home)


def test_a_log_that_others_can_read_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = written(tmp_path / "log", "before\n", 0o644)
    config = written(tmp_path / "config.toml", CONFIG, 0o600)
    monkeypatch.setenv("CIPP_TUI_CONFIG", str(config))
    monkeypatch.setenv("CIPP_TUI_DATA", str(tmp_path / "data"))

    assert main(["--log", str(log), "tenants"]) == 0

    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert log.read_text(encoding="utf-8").startswith("before\n")


# -- many at once --------------------------------------------------------------------------------
def test_eight_profiles_added_at_once_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    names = [f"lab{number}" for number in range(8)]

    def add(name: str) -> None:
        append_profile(path, NewProfile(name=name, partner_tenant=GUID, client_id=GUID))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, names))

    assert sorted(load_profiles(path).profiles) == names
    assert [one.name for one in tmp_path.iterdir()] == ["config.toml"]


def test_no_link_is_followed_beside_the_config_but_the_config_may_be_one(tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    path = tmp_path / "config.toml"
    path.symlink_to(written(dotfiles / "cipp.toml", CONFIG, 0o600))
    victim = written(tmp_path / "victim", "untouched", 0o600)
    (dotfiles / ".cipp.toml.new").symlink_to(victim)

    append_profile(path, NewProfile(name="second", partner_tenant=GUID, client_id=GUID))

    assert path.is_symlink()
    assert sorted(load_profiles(dotfiles / "cipp.toml").profiles) == ["lab", "second"]
    (dotfiles / ".cipp.toml.lock").symlink_to(victim)
    with pytest.raises(ConfigProblem, match="cannot be written"):
        append_profile(path, NewProfile(name="third", partner_tenant=GUID, client_id=GUID))
    assert victim.read_text(encoding="utf-8") == "untouched"


def test_a_lock_that_is_held_is_waited_for_and_then_told(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with (
        file_lock(path),
        pytest.raises(TimeoutError, match="another program is changing it"),
        file_lock(path, patience_s=0.0),
    ):
        pass
    assert not path.exists()


@pytest.mark.parametrize(
    "number",
    [
        *(errno.EACCES, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENAMETOOLONG),
        *(errno.ELOOP, errno.ENOLCK, errno.ENOTDIR, errno.EMFILE, errno.ESTALE, errno.EFBIG),
    ],
)
def test_each_refusal_of_the_system_has_its_own_words(number: int) -> None:
    error = OSError(number, "raw")

    assert os_words(error) != "raw"
    assert os_fix(error).endswith(".")
