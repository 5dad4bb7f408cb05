"""How the checks before a reset are written, and what a reset takes and gives, in words."""

from dataclasses import dataclass
from typing import Final

from cipp_tui.domain.permissions import GrantedPermissions, PermissionDiff


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of one tenant's pre-flight; neither ready nor left out: not known yet."""

    checks: tuple[tuple[str, bool], ...] = ()  # words, whether good
    ready: bool = False
    left_out: str = ""  # why
    note: str = ""

    @property
    def checking(self) -> bool:
        return not self.ready and not self.left_out

    def as_checks(self) -> str:
        """One line a check, the heading before the first."""
        if self.checking:
            return "Checked     checking…"
        lines = [f"{'+' if good else 'x'} {words}" for words, good in self.checks]
        if not lines and self.left_out:
            lines = [f"x {self.left_out}"]
        head, indent = "Checked     ", " " * 12
        body = ("\n" + indent).join(lines)
        verdict = "" if self.ready else "\nIt is not reset: access could not be given back."
        return head + body + verdict


CHECKING: Final = Standing()


def ready_words(standing: Standing) -> tuple[str, str]:
    """Verdict, and what is to be said about it."""
    if standing.checking:
        return "checking…", ""
    if standing.ready:
        return "+ ready", standing.note
    return "x left out", standing.left_out


def take_and_give(granted: GrantedPermissions, diff: PermissionDiff) -> tuple[str, str]:
    """What a reset takes away and what it gives back, counted."""
    given = (
        len(granted.roles)
        - len(diff.roles_extra)
        + len(diff.roles_missing)
        + len(granted.scopes)
        - len(diff.scopes_extra)
        + len(diff.scopes_missing)
    )
    back = f"{given} permissions of the partner app, verified by reading"
    if granted.principal is None:
        return "nothing: there is no consent now", back
    taken = (
        f"consent, service principal, {_count(len(granted.roles), 'app role')}, "
        f"{len(granted.scopes)} delegated"
    )
    if diff.extra_count:
        back += f"\n            not given back: {diff.extra_count} that others added"
    return taken, back


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
