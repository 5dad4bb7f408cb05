"""What our application proves itself with, until when, and what is said of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

WARNED_BEFORE: Final = timedelta(days=30)


class CredentialKind(StrEnum):
    """What the application proves itself with."""

    NONE = "none"  # a public client
    SECRET = "secret"  # noqa: S105 - the name of a kind
    CERTIFICATE = "certificate"
    FEDERATED = "federated"


_NAMES: Final = {
    CredentialKind.NONE: "no credential: it is a public client",
    CredentialKind.SECRET: "client secret",
    CredentialKind.CERTIFICATE: "certificate",
    CredentialKind.FEDERATED: "federated token",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CredentialStatus:
    """A credential and its end, as far as it is known."""

    kind: CredentialKind
    where: str = ""  # the file it is in
    ends_at: datetime | None = None
    is_certain: bool = True  # False: the registration has several, and which is in use is not known
    is_listed: bool | None = None  # whether the registration has it; None: not read

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends, negative afterwards; None: not known."""
        return None if self.ends_at is None else (self.ends_at - now) // timedelta(days=1)

    def ends_soon(self, now: datetime) -> bool:
        """Whether it ends within 30 days, or has ended."""
        return self.ends_at is not None and self.ends_at - now <= WARNED_BEFORE

    def words(self, now: datetime) -> str:
        """One sentence: which it is and when it ends."""
        name = _NAMES[self.kind]
        if self.kind is CredentialKind.NONE:
            return f"the application uses {name}"
        place = f" of {self.where}" if self.where else ""
        told = f"the application uses its {name}{place}"
        if self.kind is CredentialKind.FEDERATED:
            return f"{told}; a federated credential does not end, the token is read anew each time"
        if self.is_listed is False:
            told += ", which the app registration does not list"
        if self.ends_at is None:
            why = (
                "the app registration was not read" if self.is_listed is None else "it is not told"
            )
            return f"{told}; when it ends is not known: {why}"
        date = f"{self.ends_at:%Y-%m-%d}"
        if not self.is_certain:
            return (
                f"{told}; of the secrets in the app registration one ends on {date}"
                f" ({_in_days(self.days_left(now))}), which of them is in use is not known"
            )
        verb = "ended" if self.ends_at <= now else "ends"
        return f"{told}, which {verb} on {date} ({_in_days(self.days_left(now))})"

    def warning(self, now: datetime) -> str:
        """A few words for the head of the screen; empty while there is time."""
        days = self.days_left(now)
        if days is None or not self.ends_soon(now):
            return ""
        name = _NAMES[self.kind].upper()
        if days < 0:
            return f"{name} HAS ENDED" if self.is_certain else f"A {name} HAS ENDED"
        return f"{name if self.is_certain else f'A {name}'} ENDS IN {days} D"


def _in_days(days: int | None) -> str:
    match days:
        case None:
            return ""
        case 0:
            return "today"
        case 1:
            return "in 1 day"
        case -1:
            return "1 day ago"
        case _:
            return f"in {days} days" if days > 0 else f"{-days} days ago"
