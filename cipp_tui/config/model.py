"""What a profile may say. Unknown keys are refused: a misspelt one must not be ignored."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cipp_tui.config.files import UnfitFile, read_file
from cipp_tui.config.places import at_home
from cipp_tui.domain.failures import SUSPENDED_AT
from cipp_tui.domain.roles import RoleId, why_not_given
from cipp_tui.domain.text import clean

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WORD = re.compile(r"[!-~]+")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
MOST_BUNDLE_BYTES = 16 << 20
"""The certificates of every authority a system trusts take less than one."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_HOST = 253


def _guid(value: str) -> str:
    lower = value.strip().lower()
    if not _GUID.fullmatch(lower):
        raise ValueError("must be a GUID such as 9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3")
    return lower


def _address(value: str) -> str:
    value = value.rstrip("/")
    parts = urlsplit(value)
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or not _WORD.fullmatch(value):
        raise ValueError("must be an address such as https://graph.microsoft.com")
    loopback = _is_loopback(host)
    if parts.scheme == "http" and not loopback:
        raise ValueError("plain http is accepted for loopback only; use https")
    # Reading the port checks it.
    if parts.port == 0 or "@" in parts.netloc or value.partition("://")[2] != parts.netloc:
        raise ValueError("must be scheme, host and port only")
    return value


def _is_loopback(host: str) -> bool:
    """Whether a host is this machine. Raises: ValueError for what is no name and no address."""
    last = host.rpartition(".")[2]
    if ":" in host or last.isdigit():  # else 127.999.0.1 would be a name
        if "%" in host:
            raise ValueError("must name no network interface")
        try:
            return ip_address(host).is_loopback
        except ValueError:
            raise ValueError(f"must hold a valid address, {host} is none") from None
    if len(host) > _LONGEST_HOST or not all(map(_LABEL.fullmatch, host.split("."))):
        raise ValueError(f"must hold a valid host name, {host[:80]} is none")
    return host == "localhost"


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value):
        raise ValueError("must be the NAME of an environment variable, never the secret itself")
    return value


def _existing(value: Path) -> Path:
    path = at_home(value)
    try:
        read_file(path, most=MOST_BUNDLE_BYTES)
    except FileNotFoundError:
        raise ValueError("must name a file that exists") from None
    except UnfitFile as unfit:
        raise ValueError(f"{path} {unfit.why}") from None
    return path


def _givable(role: str) -> str:
    if reason := why_not_given(RoleId(role)):
        raise ValueError(reason)
    return role


Guid = Annotated[str, AfterValidator(_guid)]
DirectoryRole = Annotated[Guid, AfterValidator(_givable)]
Address = Annotated[str, AfterValidator(_address)]
Shown = Annotated[str, Field(max_length=24), AfterValidator(clean)]
Variable = Annotated[str, Field(min_length=1), AfterValidator(_variable)]
ExistingFile = Annotated[Path, AfterValidator(_existing)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SecretReference(_Strict):
    """Where a secret is; never the secret."""

    env: Variable | None = None
    file: Path | None = None
    keyring: str | None = Field(default=None, min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _never_a_value(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(
                'secrets never stand in this file; write { env = "NAME" }, { file = "PATH" }'
                ' or { keyring = "NAME" }'
            )
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> "SecretReference":
        if sum(part is not None for part in (self.env, self.file, self.keyring)) != 1:
            raise ValueError("must hold exactly one of env, file and keyring")
        return self


class CertificateReference(_Strict):
    """Where the application's certificate is, with its private key: PEM or PFX."""

    file: Path
    passphrase: SecretReference | None = None

    @model_validator(mode="before")
    @classmethod
    def _never_a_text(cls, value: object) -> object:
        if isinstance(value, str):
            raise ValueError(
                'must be a table: write { file = "PATH" }, and passphrase = { env = "NAME" } in it'
                " where the key is encrypted"
            )
        return value


class EndpointsSetting(_Strict):
    """Other addresses than the cloud's own."""

    login: Address | None = None
    graph: Address | None = None
    partner_center: Address | None = None


class ExtraPermission(_Strict):
    """Permissions wanted beyond the app registration, by name."""

    resource: Guid
    application: list[str] = Field(default_factory=list)
    delegated: list[str] = Field(default_factory=list)


def _none_for_auto(value: object) -> object:
    if isinstance(value, str) and value != "auto":
        raise ValueError('should be a whole number from 1 to 128, or "auto"')
    return None if value == "auto" else value


InFlight = Annotated[
    Annotated[int, Field(ge=1, le=128, strict=True)] | None, BeforeValidator(_none_for_auto)
]
"""Requests in flight at once; None, in the file `"auto"`: as many as the services bear."""


class _Profile(_Strict):
    name: str
    concurrency: InFlight = None
    suspend_after: int = Field(default=SUSPENDED_AT, ge=1, le=10_000, strict=True)
    mode: Literal["write", "read"] = "write"
    tag: Shown = ""
    colour: Shown = ""
    confirm: Literal["normal", "always"] = "normal"
    reason: Literal["optional", "required"] = "optional"
    title: bool = Field(default=True, strict=True)
    bell: Literal["off", "job"] = "off"


CREDENTIALS = ("client_secret", "client_certificate", "federated_token_file")
"""What the application proves itself with; a profile has one of them, or none."""


class DirectProfile(_Profile):
    """Entra ID, Graph and Partner Center themselves."""

    backend: Literal["direct"]
    partner_tenant: Guid
    client_id: Guid
    client_secret: SecretReference | None = None
    client_certificate: CertificateReference | None = None
    federated_token_file: Path | None = None
    refresh_token: SecretReference | None = None
    cloud: Literal["global", "usgov", "china"] = "global"
    endpoints: EndpointsSetting = EndpointsSetting()
    ca_bundle: ExistingFile | None = None
    prune: bool = Field(default=False, strict=True)
    extra_permissions: list[ExtraPermission] = Field(default_factory=list)
    directory_roles: list[DirectoryRole] = Field(default_factory=list)
    direct_tenants: list[Guid] = Field(default_factory=list)

    @model_validator(mode="after")
    def _one_credential(self) -> "DirectProfile":
        given = [name for name in CREDENTIALS if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"has {' and '.join(given)}: an application has one, keep one of them")
        return self


class CippProfile(_Profile):
    """An existing CIPP deployment."""

    backend: Literal["cipp"]
    url: Address
    tenant: Guid
    client_id: Guid
    client_secret: SecretReference | None = None


class DemoProfile(_Profile):
    """The built-in simulator."""

    backend: Literal["demo"] = "demo"
    tenants: int = Field(default=60, ge=1, le=50_000, strict=True)
    seed: int = Field(default=1, strict=True)
    latency_ms: float = Field(default=80.0, ge=0, le=10_000, strict=True)
    faults: Literal["none", "mild", "storm"] = "mild"


ConnectionProfile = DirectProfile | CippProfile | DemoProfile
