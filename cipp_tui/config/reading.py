"""Reading the config file: every mistake is one line that names file, key and fix."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from cipp_tui.config.files import (
    Guard,
    UnfitFile,
    demand_own_folder,
    os_fix,
    os_words,
    read_file,
)
from cipp_tui.config.model import CippProfile, ConnectionProfile, DemoProfile, DirectProfile
from cipp_tui.config.places import check_name
from cipp_tui.domain.problems import ConfigProblem
from cipp_tui.domain.text import clean

_BACKENDS: dict[str, type[BaseModel]] = {
    "direct": DirectProfile,
    "cipp": CippProfile,
    "demo": DemoProfile,
}
_PROFILE: TypeAdapter[ConnectionProfile] = TypeAdapter(
    Annotated[ConnectionProfile, Field(discriminator="backend")]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The config file, checked."""

    file: Path
    default: str | None = None
    profiles: dict[str, ConnectionProfile] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)  # the user's own, by action id


def load_profiles(path: Path) -> Profiles:
    """Read and check the config file; one that does not exist has no profiles.

    Raises: ConfigProblem.
    """
    try:
        content = read_file(path, guard=Guard.WRITE)
        demand_own_folder(path.resolve().parent)
    except FileNotFoundError:
        return Profiles(file=path)
    except UnfitFile as unfit:
        raise ConfigProblem(unfit.why, file=str(path), fix=unfit.fix) from None
    except OSError as error:
        raise ConfigProblem(
            f"cannot be read: {os_words(error)}", file=str(path), fix=os_fix(error)
        ) from None
    return check_text(content, path)


def check_text(text: bytes, path: Path) -> Profiles:
    """The profiles that a config file of this content holds. Raises: ConfigProblem."""
    file = str(path)
    content = _parsed(text, file)
    unknown = sorted(set(content) - {"default", "profiles", "keys"})
    if unknown:
        raise ConfigProblem(
            "is not a key of this file", file=file, key=clean(unknown[0]),
            fix="Known are default, profiles and keys.",
        )  # fmt: skip
    table = content.get("profiles", {})
    if not isinstance(table, dict):
        raise ConfigProblem(
            "must be a table", file=file, key="profiles", fix="Write [profiles.NAME]."
        )
    profiles = {check_name(name, file=file): _profile(file, name, v) for name, v in table.items()}
    _check_apart(file, profiles)
    default = content.get("default")
    if default is not None and default not in [*profiles, "demo"]:
        known = ", ".join(profiles) or "none"
        raise ConfigProblem(
            "names a profile that is not there", file=file, key="default",
            fix=f"Profiles here: {known}.",
        )  # fmt: skip
    keys = content.get("keys", {})
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise ConfigProblem(
            "must be a table of texts",
            file=file,
            key="keys",
            fix='Write "tenant.exclude" = "x,f9" under [keys].',
        )
    return Profiles(file=path, default=default, profiles=profiles, keys=keys)


def _check_apart(file: str, names: Iterable[str]) -> None:
    """Refuse two names that some systems would keep in one folder, and so in one state."""
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            raise ConfigProblem(
                "differs from another profile by capital letters only", file=file,
                key=f"profiles.{name}", fix="Rename it.",
            )  # fmt: skip
        seen.add(name.lower())


def choose(profiles: Profiles, name: str | None, env: Mapping[str, str]) -> ConnectionProfile:
    """The profile asked for: by name, by CIPP_TUI_PROFILE, by default, or the only one.

    `demo` is always there. Raises: ConfigProblem.
    """
    wanted = name or env.get("CIPP_TUI_PROFILE") or profiles.default
    if wanted is None and len(profiles.profiles) == 1:
        wanted = next(iter(profiles.profiles))
    if wanted is None:
        known = ", ".join(profiles.profiles)
        raise ConfigProblem(
            "no profile is chosen" if known else "there is no profile yet",
            file=str(profiles.file),
            fix=f"Use --profile with one of: {known}." if known
            else "Add one with: cipp-tui profiles add, or try: cipp-tui demo.",
        )  # fmt: skip
    if wanted in profiles.profiles:
        return profiles.profiles[wanted]
    if wanted == "demo":
        return DemoProfile(name="demo")
    known = ", ".join(profiles.profiles) or "none"
    raise ConfigProblem(
        f"there is no profile {clean(wanted)!r}", file=str(profiles.file),
        fix=f"Profiles here: {known}.",
    )  # fmt: skip


def _parsed(text: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise ConfigProblem("is not UTF-8 text", file=file, fix="Save it as UTF-8.") from None
    except ValueError as error:  # of which TOMLDecodeError is one; a giant number is another
        raise ConfigProblem(
            f"is not valid TOML: {clean(error)}", file=file, fix="Correct that line."
        ) from None
    except RecursionError:
        raise ConfigProblem("is nested too deeply", file=file, fix="Write it flatter.") from None


def _profile(file: str, name: str, value: object) -> ConnectionProfile:
    key = f"profiles.{name}"
    if not isinstance(value, dict):
        raise ConfigProblem("must be a table", file=file, key=key, fix=f"Write [{key}].")
    backend = value.get("backend")
    if not isinstance(backend, str) or backend not in _BACKENDS:
        raise ConfigProblem(
            "must be direct, cipp or demo", file=file, key=f"{key}.backend",
            fix='Write backend = "direct".',
        )  # fmt: skip
    if "name" in value:
        raise ConfigProblem(
            "is not a key of a profile", file=file, key=f"{key}.name",
            fix="The name stands in the table's head.",
        )  # fmt: skip
    try:
        return _PROFILE.validate_python({**value, "name": name})
    except ValidationError as error:
        raise _problem(file, key, backend, error) from None


def _problem(file: str, key: str, backend: str, error: ValidationError) -> ConfigProblem:
    errors = error.errors(include_url=False, include_input=False)
    first = errors[0]
    inside = [clean(part) for part in first["loc"][1:]]  # the first names the backend
    where = ".".join([key, *inside])
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    match first["type"]:
        case "extra_forbidden":
            known = ", ".join(sorted(set(_BACKENDS[backend].model_fields) - {"name"}))
            return ConfigProblem(
                f"is not a key of a {backend} profile{more}", file=file, key=where,
                fix=f"Known are {known}." if len(inside) == 1 else "Remove it.",
            )  # fmt: skip
        case "missing":
            return ConfigProblem(f"is missing{more}", file=file, key=where, fix="Add it.")
        case _:
            words = str(first["msg"]).removeprefix("Value error, ")
            words = words[:1].lower() + words[1:]
            return ConfigProblem(f"{clean(words)}{more}", file=file, key=where, fix="Correct it.")
