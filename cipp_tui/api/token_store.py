"""Where the newest refresh token is kept: a keyring that works, else a private file."""

import contextlib
import hashlib
import json
import os
import tempfile
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Protocol

from cipp_tui.domain.problems import StorageProblem


class TokenStore(Protocol):
    """Keeps one refresh token. `source` names the configured token it descends from."""

    def load(self) -> tuple[str, str] | None:
        """The kept token and its source; None when there is none. Raises: StorageProblem."""
        ...

    def save(self, token: str, source: str) -> None:
        """Replace the kept token, whole or not at all. Raises: StorageProblem."""
        ...

    @property
    def where(self) -> str:
        """Where it is kept, in words."""
        ...


def source_of(configured: str | None) -> str:
    """A fingerprint that changes when the profile's own refresh token is replaced."""
    return hashlib.sha256(configured.encode()).hexdigest()[:12] if configured else "sign-in"


class MemoryTokenStore:
    """For runs that must leave nothing behind."""

    where = "nowhere"

    def __init__(self) -> None:
        self._kept: tuple[str, str] | None = None

    def load(self) -> tuple[str, str] | None:
        return self._kept

    def save(self, token: str, source: str) -> None:
        self._kept = (token, source)


class FileTokenStore:
    """A file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def where(self) -> str:
        return str(self._path)

    def load(self) -> tuple[str, str] | None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            return str(kept["refresh_token"]), str(kept["source"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StorageProblem(
                f"{self._path}: the kept sign-in cannot be read ({type(error).__name__});"
                " delete the file and sign in again",
                code="token-file",
            ) from None

    def save(self, token: str, source: str) -> None:
        text = json.dumps({"refresh_token": token, "source": source})
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=".sign-in.")  # 0600
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                Path(name).replace(self._path)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise StorageProblem(
                f"{self._path}: the sign-in cannot be kept ({error.strerror})", code="token-file"
            ) from None


class KeyringTokenStore:
    """The platform's keyring."""

    def __init__(self, keyring: ModuleType, profile: str) -> None:
        self._keyring = keyring
        self._name = f"cipp-tui {profile}"

    @property
    def where(self) -> str:
        return f"the keyring, as {self._name!r}"

    def load(self) -> tuple[str, str] | None:
        kept = self._keyring.get_password(self._name, "refresh-token")
        if kept is None:
            return None
        source, _, token = str(kept).partition(":")
        return token, source

    def save(self, token: str, source: str) -> None:
        self._keyring.set_password(self._name, "refresh-token", f"{source}:{token}")


def open_token_store(folder: Path, profile: str) -> TokenStore:
    """The best store of this machine: a keyring that answers unattended, else a 0600 file."""
    keyring = _working_keyring()
    if keyring is not None:
        return KeyringTokenStore(keyring, profile)
    return FileTokenStore(folder / "sign-in.json")


def _working_keyring() -> ModuleType | None:
    try:
        keyring = import_module("keyring")
        errors = import_module("keyring.errors")
    except ImportError:
        return None
    if getattr(keyring.get_keyring(), "priority", 0) < 1:
        return None
    try:
        keyring.get_password("cipp-tui", "probe")
    except errors.KeyringError:
        return None
    return keyring
