"""Secrets: resolved late, hidden always."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from cipp_tui.config.files import Guard, UnfitFile, os_words, read_file
from cipp_tui.config.model import SecretReference
from cipp_tui.config.places import at_home
from cipp_tui.domain.problems import ConfigProblem
from cipp_tui.domain.redaction import hide_from_now_on

MOST_SECRET_BYTES: Final = 1 << 16


class Secret:
    """A value that never shows itself by accident."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        hide_from_now_on([value])  # an answer may repeat what it was sent

    def reveal(self) -> str:
        """The value itself; for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(hidden)"

    __str__ = __repr__


def resolve(reference: SecretReference, env: Mapping[str, str], *, key: str) -> Secret:
    """Fetch the secret a reference leads to. `key` names the place in the config file.

    Raises: ConfigProblem when it is not there, empty, or readable by others.
    """
    if reference.env is not None:
        value = env.get(reference.env, "")
        if not value:
            raise ConfigProblem(
                f"{reference.env} is not set", key=key, fix="Set this environment variable."
            )
    elif reference.file is not None:
        value = _from_file(at_home(reference.file), key)
    else:
        assert reference.keyring is not None
        value = _from_keyring(reference.keyring, key)
    return Secret(value)


def _from_file(path: Path, key: str) -> str:
    fix = "Put the secret into that file."
    try:
        content = read_file(path, most=MOST_SECRET_BYTES, guard=Guard.READ)
        value = content.decode().removesuffix("\n").removesuffix("\r")
    except FileNotFoundError as error:
        raise ConfigProblem(f"{path}: {os_words(error)}", key=key, fix=fix) from None
    except UnfitFile as unfit:
        raise ConfigProblem(f"{path} {unfit.why}", key=key, fix=unfit.fix) from None
    except UnicodeDecodeError:
        raise ConfigProblem(f"{path}: not UTF-8 text", key=key, fix=fix) from None
    if not value:
        raise ConfigProblem(f"{path} is empty", key=key, fix="Put the secret into that file.")
    return value


def _from_keyring(name: str, key: str) -> str:
    try:
        keyring = import_module("keyring")
    except ImportError:
        raise ConfigProblem(
            "the keyring library is not installed", key=key,
            fix="Install cipp-tui[keyring], or use env or file.",
        ) from None  # fmt: skip
    try:
        value = keyring.get_password("cipp-tui", name)
    except Exception as error:  # noqa: BLE001 - each system's keyring raises its own
        raise ConfigProblem(
            f"the keyring does not answer ({type(error).__name__})", key=key,
            fix="Unlock it, or use env or file.",
        ) from None  # fmt: skip
    if not value:
        raise ConfigProblem(
            f"the keyring has no entry {name!r} of service cipp-tui", key=key,
            fix=f"Run: keyring set cipp-tui {name}",
        )  # fmt: skip
    return str(value)
