"""What of the wanted set a tenant did not take, and what is still to be waited for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cipp_tui.api.grants import (
    PartKey,
    Written,
    app_role_key,
    directory_role_key,
    principal_key,
    scopes_key,
)
from cipp_tui.api.graph import TenantReading
from cipp_tui.domain.permissions import Kind, PermissionDiff, WantedPermissions
from cipp_tui.domain.refusals import Part, Refusal


@dataclass(frozen=True, slots=True)
class Left:
    """What a reading leaves: permissions that may still appear, and parts that were refused."""

    pending: int
    refused: tuple[Refusal, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is to be waited for."""
        return self.pending == 0


class Remainder:
    """Remembers, over the steps of one visit, what was given and what was refused."""

    def __init__(self) -> None:
        self._given: set[PartKey] = set()
        self._refused: dict[PartKey, Refusal] = {}
        self._unsettled: dict[PartKey, Refusal] = {}

    def learn(self, written: Written) -> None:
        """Take over what a group of writes came to; the newest answer counts."""
        self._given |= written.given
        for known, news in (
            (self._refused, written.refused),
            (self._unsettled, written.unsettled),
        ):
            for key in (*written.given, *written.refused, *written.unsettled):
                known.pop(key, None)
            known.update(news)

    @property
    def has_scopes(self) -> bool:
        """Whether delegated permissions were asked for on this visit."""
        keys = (*self._given, *self._refused, *self._unsettled)
        return any(key.part is Part.SCOPES for key in keys)

    def unproven(self, keys: Iterable[PartKey]) -> frozenset[PartKey]:
        """Those of the parts that were neither given nor refused for good on this visit."""
        return frozenset(keys) - self._given - self._refused.keys()

    def settled(self, diff: PermissionDiff, wanted: WantedPermissions) -> PermissionDiff:
        """The difference, less the doubt about what could not be read but was accepted whole."""
        unknown = {kind for kind in diff.unknown if not self._was_given(kind, wanted)}
        return replace(diff, unknown=frozenset(unknown))

    def left(
        self,
        diff: PermissionDiff,
        reading: TenantReading,
        wanted: WantedPermissions,
        *,
        is_last: bool,
    ) -> Left:
        """What a reading leaves. `is_last`: nothing is waited for any more.

        What only a reading could tell has been read here: where it is still missing, and breaks or
        nobody waits for it, it counts as refused.
        """
        refused: dict[PartKey, Refusal] = {
            key: one for key, one in self._refused.items() if one.is_absent
        }
        pending = 0
        for key, behind in self._missing(diff):
            found = self._refusal_of(key, is_last=is_last) or (
                self._refusal_of(behind, is_last=is_last) if behind is not None else None
            )
            if found is None:
                pending += 1
            else:
                refused[PartKey(found.part, found.ident)] = found
        for kind in sorted(self.settled(diff, wanted).unknown):
            for key in _keys_of(kind, wanted):
                if (one := self._refused.get(key)) is not None:
                    refused[key] = one
            key = PartKey(Part.READING, kind)
            refused[key] = Refusal(Part.READING, kind, str(kind), reading.unread[kind])
        return Left(pending, tuple(refused.values()))

    def _refusal_of(self, key: PartKey, *, is_last: bool) -> Refusal | None:
        if (refusal := self._refused.get(key)) is not None:
            return refusal
        unsettled = self._unsettled.get(key)
        if unsettled is None:
            return None
        broke = (unsettled.problem.status or 0) >= 500
        return unsettled if broke or is_last else None

    @staticmethod
    def _missing(diff: PermissionDiff) -> Iterator[tuple[PartKey, PartKey | None]]:
        """What is missing, and the principal that it needs first."""
        for role in sorted(diff.roles_missing):
            yield app_role_key(role), principal_key(role.resource)
        for scope in sorted(diff.scopes_missing):
            yield scopes_key(scope.resource), principal_key(scope.resource)
        for template in sorted(diff.directory_roles_missing):
            yield directory_role_key(template), None

    def _was_given(self, kind: Kind, wanted: WantedPermissions) -> bool:
        return self._given.issuperset(_keys_of(kind, wanted))


def _keys_of(kind: Kind, wanted: WantedPermissions) -> set[PartKey]:
    match kind:
        case Kind.APP_ROLES:
            return {app_role_key(role) for role in wanted.roles}
        case Kind.SCOPES:
            return {scopes_key(scope.resource) for scope in wanted.scopes}
        case Kind.DIRECTORY_ROLES:
            return {directory_role_key(role) for role in wanted.directory_roles}
