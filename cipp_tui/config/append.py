"""Adding a profile: a block at the end of the user's file, which is otherwise left alone."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cipp_tui.config.places import check_name
from cipp_tui.config.reading import load_profiles
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
    before = load_profiles(path)
    if name in before.profiles or name == "demo":
        raise ConfigProblem(
            f"there is a profile {name!r} already", file=str(path), fix="Choose another name."
        )
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
    old = path.read_bytes() if path.exists() else f"default = {json.dumps(name)}\n".encode()
    end = b"\r\n" if b"\r\n" in old else b"\n"
    if old and not old.endswith(b"\n"):
        old += end
    _replace(path, old + b"".join(line.encode() + end for line in block))


def _replace(path: Path, content: bytes) -> None:
    """Write the file whole or not at all; a text that would not load is refused."""
    target = path.resolve()  # who keeps the file elsewhere, behind a link, keeps the link
    draft = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        try:
            load_profiles(draft)
        except ConfigProblem as problem:
            draft.unlink()
            raise ConfigProblem(
                problem.message, file=str(path), key=problem.key, fix=problem.fix
            ) from None
        draft.replace(target)
    except OSError as error:
        raise ConfigProblem(
            f"cannot be written: {error.strerror}", file=str(path), fix="Check its permissions."
        ) from None
