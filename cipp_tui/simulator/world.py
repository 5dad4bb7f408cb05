"""The model: a partner tenant, its people and groups, its customers and their relationships.

Knows nothing of HTTP. The rules that follow from the model live in `rules.py`.
"""

import base64
import hashlib
import random
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from cipp_tui.simulator.directory import Blueprint, Directory, build_directory
from cipp_tui.simulator.ids import seeded_guid

# Directories nobody has changed are rebuilt on demand; only so many stay in memory.
KEPT_DIRECTORIES = 1024

Status = Literal[
    "created",
    "approvalPending",
    "approved",
    "activating",
    "active",
    "expiring",
    "expired",
    "terminationRequested",
    "terminating",
    "terminated",
]


Credential = Literal["valid", "expired", "wrong", "app-deleted"]


@dataclass(slots=True)
class User:
    """A person of the partner tenant."""

    id: str
    name: str
    upn: str
    enabled: bool = True
    home_roles: frozenset[str] = frozenset()  # directory roles in the partner tenant
    guest: bool = False


@dataclass(slots=True)
class Group:
    """A security group of the partner tenant; members are users or groups."""

    id: str
    name: str
    members: dict[str, None] = field(default_factory=dict)
    role_assignable: bool = True
    readable: bool = True  # else only its id is told, and it cannot be asked


@dataclass(frozen=True, slots=True)
class GroupAccess:
    """Roles of a relationship given to one partner group (an access assignment)."""

    group_id: str
    roles: tuple[str, ...]
    status: str = "active"


@dataclass(slots=True)
class Relationship:
    """A GDAP relationship as the partner sees it."""

    id: str
    name: str
    customer_id: str | None  # None until the customer approves
    customer_name: str | None
    roles: tuple[str, ...]
    status: Status
    created: float
    activated: float | None
    ends: float | None
    duration: str = "P730D"
    auto_extend: str = "PT0S"
    access: tuple[GroupAccess, ...] = ()
    access_readable: bool = True  # who has its roles can be read
    reseller: bool = False

    def status_at(self, now: float) -> Status:
        """Return the status, which time alone turns from active into expired.

        `expiring` is not on the way there: its end date has passed, and the clean-up is under way.
        """
        if self.status == "active" and self.ends is not None and self.ends <= now:
            return "expired"
        return self.status


@dataclass(frozen=True, slots=True)
class SignInRefusal:
    """Why the tenant refuses the partner's users; `variant` chooses between texts of one code."""

    code: int
    variant: str = ""


@dataclass(slots=True)
class Tenant:
    """A Microsoft 365 tenant: the partner's own, or a customer's."""

    id: str
    name: str
    default_domain: str
    initial_domain: str
    blueprint: Blueprint
    created: float
    has_contract: bool = True  # reseller contract: appears among Partner Center's customers
    relationships: list[Relationship] = field(default_factory=list)
    hint: str = "up-to-date"  # what a correct client is expected to find
    gone: Literal[None, 90002, 5000224] = None
    refusal: SignInRefusal | None = None
    challenge: str | None = None  # claims that Graph wants a token to have been asked for with
    challenge_lasts: bool = False  # and is not content with
    mfa_since: float | None = None  # only a sign-in with MFA after this moment counts
    domains: Literal["readable", "forbidden", "empty"] = "readable"
    unlicensed: frozenset[str] = frozenset()  # resource apps that cannot be set up here
    quota_exceeded: bool = False
    writes_forbidden: bool = False
    principal_survives_delete: bool | None = None  # None: as the knob says
    token_refused_until: float = 0.0
    directory: Directory | None = None
    touched: bool = False


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate of the registration: what may sign assertions for it."""

    der: bytes
    key_id: str
    ends: float

    @property
    def thumbprint(self) -> str:
        """SHA-256, as the header `x5t#S256` writes it."""
        return base64.urlsafe_b64encode(hashlib.sha256(self.der).digest()).rstrip(b"=").decode()


@dataclass(frozen=True, slots=True)
class RegisteredSecret:
    """A client secret as the registration lists it: never the secret, but how it begins."""

    hint: str
    key_id: str
    ends: float


@dataclass(frozen=True, slots=True)
class FederatedIdentity:
    """A foreign identity whose tokens stand for the application."""

    issuer: str
    subject: str
    public_key: str  # PEM; a real provider publishes it
    audience: str = "api://AzureADTokenExchange"


@dataclass(slots=True)
class Application:
    """The partner's Secure Application Model registration (`CIPP-SAM`)."""

    app_id: str
    object_id: str
    name: str
    secret: str
    credential: Credential = "valid"
    allows_public_client: bool = True
    redirect_uris: tuple[str, ...] = ("http://localhost",)
    redirect_platform: Literal["web", "publicClient"] = "web"  # as CIPP registers it
    secrets: list[RegisteredSecret] = field(default_factory=list)
    certificates: list[RegisteredCertificate] = field(default_factory=list)
    federations: list[FederatedIdentity] = field(default_factory=list)
    # resource app id -> ((permission id, "Role" | "Scope"), ...)
    required: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(slots=True)
class RefreshTokenState:
    """Refresh tokens of sign-ins up to `valid_from` are refused with `code`."""

    valid_from: float = 0.0
    code: int = 700082


@dataclass(slots=True)
class World:
    """Everything the three services know."""

    seed: int
    partner: Tenant
    application: Application
    service_user: User
    users: dict[str, User]
    groups: dict[str, Group]
    admin_agents: Group
    tenants: dict[str, Tenant]  # customers and the partner, by tenant id
    domains: dict[str, str]  # verified domain -> tenant id
    relationships: dict[str, Relationship]
    now: float
    refresh_tokens: RefreshTokenState = field(default_factory=RefreshTokenState)
    partner_center: Literal["up", "down", "no-mfa"] = "up"
    version: int = 0  # grows with every change of relationships and groups
    memberships: dict[str, dict[str, None]] = field(default_factory=dict)  # kept by `groups_of`
    # Kept by `user_roles`: by identity of roles and access, with both, so that they stay alive.
    roles_given: dict[tuple[int, int, str], tuple[object, object, frozenset[str]]] = field(
        default_factory=dict
    )
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    _untouched: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def tenant(self, key: str) -> Tenant | None:
        """Find a tenant by id or verified domain; `common` and the like mean the partner."""
        key = key.lower()
        if key in ("common", "organizations"):
            return self.partner
        return self.tenants.get(key) or self.tenants.get(self.domains.get(key, ""))

    def new_guid(self) -> str:
        """Return a fresh object id."""
        return seeded_guid(self.chance)

    def add_relationship(self, relationship: Relationship) -> None:
        """Register a relationship with the partner and with its customer."""
        self.relationships[relationship.id] = relationship
        customer = self.tenants.get(relationship.customer_id or "")
        if customer is not None:
            customer.relationships.append(relationship)
        self.changed()

    def changed(self) -> None:
        """Note that relationships or groups are no longer what they were."""
        self.version += 1
        self.memberships.clear()
        self.roles_given.clear()

    def directory_of(self, tenant: Tenant) -> Directory:
        """Return a tenant's directory for reading."""
        if tenant.directory is None:
            tenant.directory = self._build(tenant)
            if not tenant.touched:
                self._untouched[tenant.id] = None
                self._forget_oldest()
        return tenant.directory

    def directory_to_change(self, tenant: Tenant) -> Directory:
        """Return a tenant's directory for writing: from now on it is kept."""
        directory = self.directory_of(tenant)
        tenant.touched = True
        self._untouched.pop(tenant.id, None)
        return directory

    def _build(self, tenant: Tenant) -> Directory:
        app = self.application
        owner = (app.app_id, app.name, self.partner.id)
        return build_directory(tenant.id, tenant.blueprint, owner, tenant.created)

    def _forget_oldest(self) -> None:
        while len(self._untouched) > KEPT_DIRECTORIES:
            oldest, _ = self._untouched.popitem(last=False)
            self.tenants[oldest].directory = None
