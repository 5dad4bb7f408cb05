"""What can go wrong, told apart by what the reader can do. Advice is in services/advice."""

from typing import ClassVar, Final


class Problem(Exception):
    """The root. Its message is the service's own sentence, cleaned, never ours for an admin."""

    family: ClassVar[str] = "problem"

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        host: str = "",
        status: int | None = None,
        request_id: str | None = None,
        at: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.host = host
        self.status = status
        self.request_id = request_id
        self.at = at  # ISO time of the answer

    maybe_applied: ClassVar[bool] = False
    """Whether the call may have changed something although it failed."""

    @property
    def aadsts(self) -> int | None:
        """The number of an Entra sign-in error."""
        digits = self.code.removeprefix("AADSTS")
        return int(digits) if digits != self.code and digits.isdigit() else None


class ConfigProblem(Problem):
    """The config file, an environment variable or a command-line word is not right."""

    family = "config"

    def __init__(self, message: str, *, file: str = "", key: str = "", fix: str = "") -> None:
        super().__init__(message, code="config")
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


class StorageProblem(Problem):
    """The state on disk cannot be read or written."""

    family = "storage"


class LockedElsewhere(Problem):
    """Another cipp-tui works on this profile."""

    family = "locked"


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


_FAMILIES: Final[dict[str, type[Problem]]] = {
    kind.family: kind
    for kind in (
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
        Broken,
        NotUnderstood,
        Unverified,
    )
}


def facts_of(problem: Problem) -> dict[str, str | int | None]:
    """The problem as plain facts, for the journal."""
    return {
        "family": problem.family,
        "message": problem.message,
        "code": problem.code,
        "host": problem.host,
        "status": problem.status,
        "request_id": problem.request_id,
        "at": problem.at,
    }


def problem_from(facts: dict[str, str | int | None]) -> Problem:
    """The problem that `facts_of` described; an unknown family becomes a plain `Problem`."""
    kind = _FAMILIES.get(str(facts.get("family")), Problem)
    status = facts.get("status")
    request_id = facts.get("request_id")
    return kind(
        str(facts.get("message") or ""),
        code=str(facts.get("code") or ""),
        host=str(facts.get("host") or ""),
        status=status if isinstance(status, int) else None,
        request_id=str(request_id) if request_id is not None else None,
        at=str(facts.get("at") or ""),
    )
