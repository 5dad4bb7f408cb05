"""Adding a profile: a block at the end of the user's file, which is otherwise left alone."""

import json
from dataclasses import dataclass
from pathlib import Path

from cipp_tui.config.file_lock import file_lock
from cipp_tui.config.files import (
    MOST_BYTES,
    make_private_folder,
    os_fix,
    os_words,
    size_words,
    write_private,
)
from cipp_tui.config.places import check_name
from cipp_tui.config.reading import check_text, load_profiles
from cipp_tui.domain.problems import ConfigProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProfile:
    """What is asked of somebody who adds a direct profile."""

    name: str
    partner_tenant: str
    client_id: str
    secret_env: str = ""  # name of a variable; empty: public client
    refresh_token_env: str = ""  # name of a variable; empty: sign in by device code


def append_profile(path: Path, profile: NewProfile) -> None:
    """Add the profile; checked before and after. Raises: ConfigProblem."""
    name = check_name(profile.name, file=str(path))
    try:
        load_profiles(path)  # before anything is made: a file that is unfit is told
        target = path.resolve()  # who keeps the file elsewhere, behind a link, keeps the link
        make_private_folder(target.parent)
        with file_lock(target.with_name(f".{target.name}.lock")):
            _add(path, target, name, profile)
    except OSError as error:
        raise ConfigProblem(
            f"cannot be written: {os_words(error)}", file=str(path), fix=os_fix(error)
        ) from None


def _add(path: Path, target: Path, name: str, profile: NewProfile) -> None:
    """Add the profile, while nobody else changes the file. Raises: ConfigProblem, OSError."""
    before = load_profiles(path)
    if name in before.profiles or name == "demo":
        raise ConfigProblem(
            f"there is a profile {name!r} already", file=str(path), fix="Choose another name."
        )
    old = target.read_bytes() if target.exists() else f"default = {json.dumps(name)}\n".encode()
    end = b"\r\n" if b"\r\n" in old else b"\n"
    if old and not old.endswith(b"\n"):
        old += end
    content = old + b"".join(line.encode() + end for line in _block(name, profile))
    if len(content) > MOST_BYTES:
        raise ConfigProblem(
            f"would be larger than {size_words(MOST_BYTES)}", file=str(path), fix="Shorten it."
        )
    check_text(content, path)
    write_private(target, content)


def _block(name: str, profile: NewProfile) -> list[str]:
    block = [
        "",
        f"[profiles.{json.dumps(name) if '.' in name else name}]",
        'backend = "direct"',
        f"partner_tenant = {json.dumps(profile.partner_tenant)}",
        f"client_id = {json.dumps(profile.client_id)}",
    ]
    if profile.secret_env:
        block.append(f"client_secret = {{ env = {json.dumps(profile.secret_env)} }}")
    if profile.refresh_token_env:
        block.append(f"refresh_token = {{ env = {json.dumps(profile.refresh_token_env)} }}")
    return block
