"""What can go wrong, told apart by what the reader can do. Advice is in services/advice."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

from cipp_tui.domain.entra import EntraKind, entra_kind
from cipp_tui.domain.redaction import redacted


class Side(StrEnum):
    """Whose side a problem is about, and so who has to do something."""

    OWN = "own"  # our application, our user, our sign-in, Partner Center: every tenant alike
    CUSTOMER = "customer"


class Problem(Exception):
    """The root. Its message is the service's own sentence, cleaned, never ours for an admin."""

    family: ClassVar[str] = "problem"
    usual_side: ClassVar[Side] = Side.CUSTOMER

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        host: str = "",
        status: int | None = None,
        request_id: str | None = None,
        at: str = "",
        error: str = "",
        suberror: str = "",
        side: Side | None = None,
        about: str = "",
    ) -> None:
        message = redacted(message)  # an answer may repeat what it was sent
        super().__init__(message)
        self.message = message
        self.code = redacted(code)
        self.host = host
        self.status = status
        self.request_id = request_id
        self.at = at  # ISO time of the answer
        self.error = redacted(error)  # Entra's `error` and `suberror`
        self.suberror = redacted(suberror)
        self.side = side or self.usual_side
        self.about = about  # what was asked for, in words: "the app registration"

    maybe_applied: ClassVar[bool] = False
    """Whether the call may have changed something although it failed."""

    @property
    def aadsts(self) -> int | None:
        """The number of an Entra sign-in error."""
        digits = self.code.removeprefix("AADSTS")
        return int(digits) if digits != self.code and digits.isdigit() else None

    @property
    def entra(self) -> EntraKind | None:
        """What a refusal by Entra ID is about; None for whatever else."""
        if self.aadsts is None and not self.error:
            return None
        return entra_kind(self.error, self.suberror, self.aadsts)

    @property
    def lacks_consent(self) -> bool:
        """Whether it says that our application is not consented in the tenant.

        Source: Entra, "Authentication and authorization error codes"; Graph answers 401
        Authorization_IdentityNotFound where the tenant has no principal for the token's
        application (microsoftgraph/microsoft-graph-docs#7990).
        """
        return self.entra is EntraKind.CONSENT or self.code == IDENTITY_NOT_FOUND


IDENTITY_NOT_FOUND: Final = "Authorization_IdentityNotFound"

DIRECT_TENANT: Final = "a direct tenant"
"""What a problem is about that arose in a tenant without GDAP, where no consent can be given."""

MFA_REQUIRED: Final = "900421"
"""Partner Center's code for a sign-in without multi-factor authentication, a number or a text.
Source: Partner Center, "Mandating multifactor authentication for your tenant"; field reports."""


class ConfigProblem(Problem):
    """The config file, an environment variable or a command-line word is not right."""

    family = "config"
    usual_side = Side.OWN

    def __init__(
        self, message: str, *, file: str = "", key: str = "", fix: str = "", **facts: Any
    ) -> None:
        super().__init__(message, **{"code": "config", **facts})
        self.file = file
        self.key = key
        self.fix = fix

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.key) if part)
        line = f"{where}: {self.message}" if where else self.message
        return f"{line.rstrip('.')}. {self.fix}" if self.fix else line


class SignInProblem(Problem):
    """Nobody is signed in, or the sign-in, the secret or the refresh token no longer works."""

    family = "sign-in"
    usual_side = Side.OWN


class DeviceSignInProblem(SignInProblem):
    """A new sign-in by device code did not work. It never sends the application's secret."""


class BrowserSignInProblem(SignInProblem):
    """A new sign-in with a browser did not work."""


class StorageProblem(Problem):
    """The state on disk cannot be read or written."""

    family = "storage"
    usual_side = Side.OWN


class LockedElsewhere(Problem):
    """Another cipp-tui works on this profile."""

    family = "locked"
    usual_side = Side.OWN


class Unsuited(Problem):
    """Our own rules say no before anything is sent: no usable relationship, for example."""

    family = "unsuited"


class Stopped(Problem):
    """The work was stopped before it was done."""

    family = "stopped"


class RemoteProblem(Problem):
    """A service did not do what was asked."""

    family = "remote"
    wait_s: float | None = None  # how long the service asked us to wait
    throttle_scope: str = ""  # whom a 429 is about; empty: everybody
    claims: str = ""  # what a newer token has to prove, as JSON: a claims challenge


class Unreachable(RemoteProblem):
    """The request never left: no connection, no name, no TLS."""

    family = "unreachable"


class LostReply(RemoteProblem):
    """The request was sent and no answer came."""

    family = "lost-reply"
    maybe_applied = True


class Throttled(RemoteProblem):
    """429, after all patience."""

    family = "throttled"


class Refused(RemoteProblem):
    """A certain no (4xx): nothing has changed."""

    family = "refused"


class Gone(Refused):
    """A certain and lasting no: the tenant is not there any more, or not our customer."""

    family = "gone"


class Broken(RemoteProblem):
    """5xx: nobody knows whether it has been done."""

    family = "broken"
    maybe_applied = True


class NotUnderstood(RemoteProblem):
    """An answer that is not of the documented shape."""

    family = "not-understood"
    maybe_applied = True


class Unverified(RemoteProblem):
    """Everything was accepted, yet reading back does not show it."""

    family = "unverified"


class Unforeseen(Problem):
    """Something ended by an exception that no part of the program accounts for: a bug, or a library
    in a state nobody thought of. Whether what was under way has happened is not known."""

    family = "unforeseen"
    usual_side = Side.OWN
    maybe_applied = True


def is_lasting(problem: Problem) -> bool:
    """Whether asking again is no help for as long as nobody changes anything out there."""
    return isinstance(problem, Gone) or (
        isinstance(problem, Unsuited) and problem.code.startswith("gdap-")
    )


@contextmanager
def asking_for(words: str) -> Iterator[None]:
    """What is asked for in here, in words: a problem that arises names it."""
    try:
        yield
    except Problem as problem:
        problem.about = problem.about or words
        raise


Kind = TypeVar("Kind", bound=Problem)

_FAMILIES: Final[dict[str, type[Problem]]] = {
    kind.family: kind
    for kind in (
        ConfigProblem,
        SignInProblem,
        StorageProblem,
        LockedElsewhere,
        Unsuited,
        Stopped,
        RemoteProblem,
        Unreachable,
        LostReply,
        Throttled,
        Refused,
        Gone,
        Broken,
        NotUnderstood,
        Unverified,
        Unforeseen,
    )
}
_TEXTS: Final = ("code", "host", "at", "error", "suberror", "about")
_OF_CONFIG: Final = ("file", "key", "fix")


def facts_of(problem: Problem) -> dict[str, str | int | None]:
    """The problem as plain facts, for the journal."""
    facts: dict[str, str | int | None] = {
        "family": problem.family,
        "message": problem.message,
        "code": problem.code,
        "host": problem.host,
        "status": problem.status,
        "request_id": problem.request_id,
        "at": problem.at,
        "error": problem.error,
        "suberror": problem.suberror,
        "side": problem.side,
        "about": problem.about,
    }
    if isinstance(problem, ConfigProblem):
        facts |= {"file": problem.file, "key": problem.key, "fix": problem.fix}
    return facts


def problem_from(facts: Mapping[str, str | int | None]) -> Problem:
    """The problem that `facts_of` described; an unknown family becomes a plain `Problem`.

    What an older version did not keep is empty.
    """
    kind = _FAMILIES.get(str(facts.get("family")), Problem)
    names = (*_TEXTS, *_OF_CONFIG) if kind is ConfigProblem else _TEXTS
    status, request_id, side = facts.get("status"), facts.get("request_id"), facts.get("side")
    known: dict[str, Any] = {name: str(facts.get(name) or "") for name in names}
    return kind(
        str(facts.get("message") or ""),
        **known,
        status=status if isinstance(status, int) else None,
        request_id=str(request_id) if request_id is not None else None,
        side=Side(str(side)) if side in list(Side) else None,
    )


def retold(problem: Problem, kind: type[Kind], **changed: Any) -> Kind:
    """The same problem as one of another kind. `changed`: facts that are different."""
    facts: dict[str, Any] = {name: getattr(problem, name) for name in _TEXTS}
    side = problem.side if kind.usual_side is Side.CUSTOMER else kind.usual_side
    facts |= {"status": problem.status, "request_id": problem.request_id, "side": side}
    return kind(problem.message, **(facts | changed))
