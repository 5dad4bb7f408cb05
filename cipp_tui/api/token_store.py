"""Where the newest refresh token is kept: a keyring that works, else a private file."""

import asyncio
import contextlib
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final, ParamSpec, Protocol, TypeVar

from typing_extensions import TypedDict

from cipp_tui.api.endpoints import CLOUDS
from cipp_tui.config.files import (
    Guard,
    UnfitFile,
    make_private_folder,
    os_words,
    read_file,
    write_private,
)
from cipp_tui.domain.problems import StorageProblem
from cipp_tui.domain.redaction import hide_from_now_on
from cipp_tui.domain.text import clean

LOG = logging.getLogger("cipp_tui.token_store")

KEYRING_S: Final = 60.0
"""Time enough to unlock it."""

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInBinding:
    """What a sign-in is good for: one login host, one partner tenant, one application."""

    login: str
    partner: str
    client_id: str

    def why_not(self, kept: "SignInBinding | None") -> str:
        """Why a kept sign-in is not to be used for this; empty when it is.

        None: version 0.1.0 did not note what it was for. It is used once more where only a
        Microsoft cloud can see it, which refuses the token of another application or partner by
        itself; the first answer then binds it. It is not handed to a host of the profile's own.
        """
        if kept is None:
            known = self.login in {cloud.login for cloud in CLOUDS.values()}
            return "" if known else "an older version kept it, and did not note for which host"
        for mine, other, what in (
            (self.login, kept.login, "login host"),
            (self.partner, kept.partner, "partner tenant"),
            (self.client_id, kept.client_id, "application"),
        ):
            if mine != other:
                return f"it is for {what} {clean(other)}"
        return ""

    def digest(self, folder: Path) -> str:
        """Tells apart what two config files keep under one profile name."""
        parts = (self.login, self.partner, self.client_id, str(folder.absolute()))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSignIn:
    """A refresh token, whose it is and what it is for."""

    refresh_token: str = field(repr=False)
    source: str  # names the configured token it descends from
    binding: SignInBinding | None = None  # None: kept by version 0.1.0
    user: str = ""
    user_id: str = ""

    def __post_init__(self) -> None:
        hide_from_now_on([self.refresh_token])  # an answer may repeat what it was sent


class TokenStore(Protocol):
    """Keeps one sign-in."""

    def load(self) -> KeptSignIn | None:
        """What is kept; None when there is nothing. Raises: StorageProblem."""
        ...

    def save(self, kept: KeptSignIn) -> None:
        """Replace what is kept, whole or not at all. Raises: StorageProblem."""
        ...

    @property
    def where(self) -> str:
        """Where it is kept, in words."""
        ...

    @property
    def trouble(self) -> str:
        """Why it is not kept where it should be, as a sentence; empty when it is."""
        ...


def source_of(configured: str | None) -> str:
    """A fingerprint that changes when the profile's own refresh token is replaced."""
    return hashlib.sha256(configured.encode()).hexdigest()[:12] if configured else "sign-in"


class MemoryTokenStore:
    """For runs that must leave nothing behind."""

    where = "nowhere"
    trouble = ""

    def __init__(self) -> None:
        self._kept: KeptSignIn | None = None

    def load(self) -> KeptSignIn | None:
        return self._kept

    def save(self, kept: KeptSignIn) -> None:
        self._kept = kept


class FileTokenStore:
    """A file that only its owner may read."""

    trouble = ""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def where(self) -> str:
        return str(self._path)

    def load(self) -> KeptSignIn | None:
        try:
            kept = json.loads(read_file(self._path, guard=Guard.WRITE))
            return KeptSignIn(
                refresh_token=str(kept["refresh_token"]),
                source=str(kept["source"]),
                **_about(kept),
            )
        except FileNotFoundError:
            return None
        except UnfitFile as unfit:
            raise StorageProblem(
                f"{self._path}: the kept sign-in {unfit.why}. {unfit.fix}", code="token-file"
            ) from None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise StorageProblem(
                f"{self._path}: the kept sign-in cannot be read ({type(error).__name__});"
                " delete the file and sign in again",
                code="token-file",
            ) from None

    def save(self, kept: KeptSignIn) -> None:
        text = json.dumps(
            {"refresh_token": kept.refresh_token, "source": kept.source, **_facts(kept)}
        )
        try:
            make_private_folder(self._path.parent)
            write_private(self._path, text.encode())
        except OSError as error:
            raise StorageProblem(
                f"{self._path}: the sign-in cannot be kept ({os_words(error)})", code="token-file"
            ) from None

    def delete(self) -> None:
        """Keep nothing. Raises: StorageProblem."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageProblem(
                f"{self._path}: an older sign-in cannot be deleted ({error.strerror})",
                code="token-file",
            ) from None


class KeyringTokenStore:
    """The platform's keyring: the token in one entry, what it is for in another beside it.

    Some keyrings hold little in one entry, and a token may nearly fill it.
    """

    trouble = ""

    def __init__(self, keyring: ModuleType, profile: str, digest: str) -> None:
        self._keyring = keyring
        self._name = f"cipp-tui {profile} {digest}"
        self._before = f"cipp-tui {profile}"  # where version 0.1.0 kept it

    @property
    def where(self) -> str:
        return f"the keyring, as {self._name!r}"

    def load(self) -> KeptSignIn | None:
        with self._translated("read"):
            kept = self._keyring.get_password(self._name, _TOKEN)
            if kept is None:
                return self._unbound()
            about = json.loads(self._keyring.get_password(self._name, _ABOUT) or "{}")
            source, _, token = str(kept).partition(":")
            return KeptSignIn(refresh_token=token, source=source, **_about(about))

    def save(self, kept: KeptSignIn) -> None:
        with self._translated("kept"):
            self._keyring.set_password(self._name, _ABOUT, json.dumps(_facts(kept)))
            self._keyring.set_password(self._name, _TOKEN, f"{kept.source}:{kept.refresh_token}")
            if self._keyring.get_password(self._before, _TOKEN) is not None:
                self._keyring.delete_password(self._before, _TOKEN)

    def _unbound(self) -> KeptSignIn | None:
        kept = self._keyring.get_password(self._before, _TOKEN)
        if kept is None:
            return None
        source, _, token = str(kept).partition(":")
        return KeptSignIn(refresh_token=token, source=source)

    @contextlib.contextmanager
    def _translated(self, done: str) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001 - each system's keyring raises its own
            raise StorageProblem(
                f"The sign-in cannot be {done} in the keyring, as {self._name!r}"
                f" ({type(error).__name__}); unlock it, or delete the entry and sign in again",
                code="keyring",
            ) from None


class FallbackTokenStore:
    """The keyring, and a private file while the keyring refuses to keep anything.

    Some cannot be written without a desktop, some hold less than a token is long. What is in the
    file is newer than what the keyring has: the file goes as soon as the keyring takes it again.
    """

    def __init__(self, keyring: TokenStore, file: FileTokenStore) -> None:
        self._keyring = keyring
        self._file = file
        self._in_file = False
        self.trouble = ""

    @property
    def where(self) -> str:
        return self._file.where if self._in_file else self._keyring.where

    def load(self) -> KeptSignIn | None:
        kept = self._file.load()
        self._in_file = kept is not None
        return kept if kept is not None else self._keyring.load()

    def save(self, kept: KeptSignIn) -> None:
        try:
            self._keyring.save(kept)
        except StorageProblem as refused:
            self._file.save(kept)
            self._in_file = True
            self.trouble = f"{refused}. It is kept in {self._file.where} instead, for you alone."
        else:
            self._file.delete()
            self._in_file, self.trouble = False, ""


_TOKEN: Final = "refresh-token"  # noqa: S105 - the name of an entry
_ABOUT: Final = "about"


def _facts(kept: KeptSignIn) -> dict[str, str]:
    """What is written beside the token."""
    facts = {"user": kept.user, "user_id": kept.user_id}
    if (binding := kept.binding) is not None:
        facts |= {
            "login": binding.login,
            "partner_tenant": binding.partner,
            "client_id": binding.client_id,
        }
    return facts


def _about(facts: Mapping[str, object]) -> "_About":
    """The other way round. A binding with a part missing fits nothing."""
    names = ("login", "partner_tenant", "client_id")
    binding = None
    if any(name in facts for name in names):
        login, partner, client_id = (str(facts.get(name, "nothing")) for name in names)
        binding = SignInBinding(login=login, partner=partner, client_id=client_id)
    user, user_id = str(facts.get("user", "")), str(facts.get("user_id", ""))
    return {"binding": binding, "user": user, "user_id": user_id}


class _About(TypedDict):
    binding: SignInBinding | None
    user: str
    user_id: str


def open_token_store(folder: Path, profile: str, binding: SignInBinding) -> TokenStore:
    """The best store of this machine: a keyring that answers unattended, else a 0600 file."""
    file = FileTokenStore(folder / "sign-in.json")
    keyring = _working_keyring()
    if keyring is None:
        return file
    return FallbackTokenStore(KeyringTokenStore(keyring, profile, binding.digest(folder)), file)


async def in_keyring_time(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do in a thread what may ask a keyring: one that waits for somebody is not waited for long.

    Raises: StorageProblem; what `act` raises.
    """
    try:
        async with asyncio.timeout(KEYRING_S):
            return await asyncio.to_thread(act, *args, **kwargs)
    except TimeoutError:
        raise StorageProblem(
            f"The keyring did not answer within {KEYRING_S:.0f} s; unlock it, then try again",
            code="keyring",
        ) from None


def _working_keyring() -> ModuleType | None:
    try:
        keyring = import_module("keyring")
    except ImportError:
        return None
    try:
        if getattr(keyring.get_keyring(), "priority", 0) < 1:
            return None
        keyring.get_password("cipp-tui", "probe")
    except Exception as error:  # noqa: BLE001 - each system's keyring raises its own
        LOG.info("the keyring is of no use: %s", type(error).__name__)
        return None
    return keyring
