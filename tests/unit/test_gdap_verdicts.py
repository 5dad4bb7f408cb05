"""What a trace says of each role, and what it proposes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.gdap_trace import (
    AccessAssignment,
    Ascent,
    ObjectId,
    TracedGroup,
    TracedRelationship,
    TracedUser,
    TraceReading,
    UserReading,
)
from cipp_tui.domain.gdap_verdicts import Fix, RoleVerdict, Trace, Verdict, judge
from cipp_tui.domain.roles import EXPECTED, GLOBAL_ADMINISTRATOR, RoleId
from cipp_tui.domain.tenants import GdapRelationship, RelationshipStatus, TenantId

NOW = datetime(2026, 8, 3, 10, 2, tzinfo=UTC)
TENANT = TenantId("11111111-1111-1111-1111-111111111111")
USER = TracedUser(id=ObjectId("user"), name="Adele Vance", upn="adele.vance@msp.example")
GROUP, NESTED, OTHER = (ObjectId(name) for name in ("group", "nested", "other"))
ROLE = EXPECTED[0]
HELPDESK = RoleId("729827e3-9c14-49f7-bb1b-9608f156bbb8")


def relationship(
    *assignments: AccessAssignment,
    name: str = "Coho",
    roles: tuple[RoleId, ...] = (ROLE,),
    status: RelationshipStatus = RelationshipStatus.ACTIVE,
    days: int = 400,
    hours: int = 0,
    auto_extends: bool = False,
    unreadable: str = "",
) -> TracedRelationship:
    facts = GdapRelationship(
        id=name,
        name=name,
        tenant=TENANT,
        tenant_name="Coho Vineyard",
        status=status,
        roles=frozenset(roles),
        ends_at=NOW + timedelta(days=days, hours=hours),
        auto_extends=auto_extends,
    )
    return TracedRelationship(facts=facts, assignments=assignments, unreadable=unreadable)


def assigned(
    group: ObjectId = GROUP, *, roles: tuple[RoleId, ...] = (ROLE,), status: str = "active"
) -> AccessAssignment:
    return AccessAssignment(group=group, roles=frozenset(roles), status=status)


IN_GROUP = Ascent(USER.id, {GROUP: USER.id})
THROUGH_NESTED = Ascent(USER.id, {NESTED: USER.id, GROUP: NESTED})
NOWHERE = Ascent(USER.id)
BLIND = Ascent(USER.id, {NESTED: USER.id}, {NESTED: "403 Authorization_RequestDenied"})
GROUPS = {
    GROUP: TracedGroup(id=GROUP, name="M365 GDAP Reader", role_assignable=True),
    NESTED: TracedGroup(id=NESTED, name="Tier 2", role_assignable=False),
    OTHER: TracedGroup(id=OTHER, name="Everything", role_assignable=True),
}


def traced(
    *relationships: TracedRelationship,
    ascent: Ascent | None = IN_GROUP,
    user: TracedUser | None = USER,
    unlisted: str = "",
    unreadable: str = "",
    groups: dict[ObjectId, TracedGroup] | None = None,
) -> Trace:
    reading = TraceReading(
        tenant=TENANT,
        relationships=relationships,
        unlisted=unlisted,
        groups=GROUPS if groups is None else groups,
        users=(UserReading(asked=USER.upn, user=user, ascent=ascent, unreadable=unreadable),),
    )
    return judge(reading, NOW)


def of_role(trace: Trace, role: RoleId = ROLE) -> RoleVerdict:
    return next(one for one in trace.users[0].roles if one.role == role)


def test_a_member_of_the_group_that_has_the_role_has_access() -> None:
    found = of_role(traced(relationship(assigned())))

    assert found.verdict is Verdict.ACCESS
    assert [group.name for group in found.ways[0].groups] == ["M365 GDAP Reader"]
    assert found.fix is Fix.NONE


def test_a_nested_way_names_every_group_and_those_that_are_not_role_assignable() -> None:
    (way,) = of_role(traced(relationship(assigned()), ascent=THROUGH_NESTED)).ways

    assert [group.name for group in way.groups] == ["Tier 2", "M365 GDAP Reader"]
    assert [group.name for group in way.loose] == ["Tier 2"]


def test_the_shortest_way_comes_first_and_then_the_one_that_lasts_longest() -> None:
    ascent = Ascent(USER.id, {OTHER: USER.id, NESTED: USER.id, GROUP: NESTED})
    trace = traced(
        relationship(assigned(GROUP), name="nested"),
        relationship(assigned(OTHER), name="short", days=40),
        relationship(assigned(OTHER), name="long", days=300),
        relationship(assigned(OTHER), name="endless", auto_extends=True),
        ascent=ascent,
    )

    ways = [way.relationship.facts.name for way in of_role(trace).ways]
    assert ways == ["endless", "long", "short", "nested"]


def test_access_that_ends_soon_says_when_unless_another_way_lasts() -> None:
    ending = relationship(assigned(), name="ending", days=12)

    alone = of_role(traced(ending))
    beside = of_role(traced(ending, relationship(assigned(), name="lasting")))
    extending = of_role(traced(relationship(assigned(), days=12, auto_extends=True)))

    assert alone.ends_soon(NOW) == NOW + timedelta(days=12)
    assert beside.ends_soon(NOW) is None
    assert extending.ends_soon(NOW) is None


def test_who_is_not_in_the_group_is_to_be_added_to_the_one_that_gives_least() -> None:
    trace = traced(
        relationship(assigned(OTHER, roles=(ROLE, EXPECTED[1])), assigned(GROUP)), ascent=NOWHERE
    )

    found = of_role(trace)
    assert (found.verdict, found.fix) == (Verdict.NOT_MEMBER, Fix.ADD_TO_GROUP)
    assert found.group == GROUPS[GROUP]


def test_a_role_that_no_group_has_is_to_be_assigned() -> None:
    found = of_role(traced(relationship()))

    assert (found.verdict, found.fix) == (Verdict.NOT_ASSIGNED, Fix.ASSIGN_TO_GROUP)


def test_only_an_active_assignment_gives_access() -> None:
    pending = of_role(traced(relationship(assigned(status="pending"))))
    failed = of_role(traced(relationship(assigned(status="error"))))

    assert (pending.verdict, pending.fix) == (Verdict.NOT_ASSIGNED, Fix.WAIT)
    assert (failed.verdict, failed.fix) == (Verdict.NOT_ASSIGNED, Fix.ASSIGN_TO_GROUP)
    assert "is pending" in pending.why
    assert "is in error" in failed.why


def test_a_group_that_is_gone_has_nothing() -> None:
    gone = {GROUP: TracedGroup(id=GROUP, gone=True)}

    found = of_role(traced(relationship(assigned()), ascent=BLIND, groups=gone))

    assert (found.verdict, found.fix) == (Verdict.NOT_ASSIGNED, Fix.ASSIGN_TO_GROUP)
    assert "does not exist any more" in found.why


def test_relationships_that_give_nothing_are_set_apart() -> None:
    trace = traced(
        relationship(assigned(), name="MLT_coho"),
        relationship(assigned(), name="over", days=-1),
        relationship(assigned(), name="ended", status=RelationshipStatus.TERMINATED),
        relationship(name="asked for", status=RelationshipStatus.APPROVAL_PENDING),
    )

    found = of_role(trace)
    assert (found.verdict, found.fix) == (Verdict.NOT_THERE, Fix.NEW_RELATIONSHIP)
    assert [one.facts.name for one in trace.microsoft_led] == ["MLT_coho"]
    assert [one.facts.name for one in trace.others] == ["over", "ended", "asked for"]
    assert trace.relationships == ()


def test_every_role_is_listed_the_expected_first_and_global_administrator_next() -> None:
    trace = traced(relationship(roles=(HELPDESK, GLOBAL_ADMINISTRATOR, ROLE)))

    assert trace.roles[:15] == EXPECTED
    assert trace.roles[15:] == (GLOBAL_ADMINISTRATOR, HELPDESK)


def test_each_thing_that_cannot_be_read_makes_the_role_unknown() -> None:
    unread = TracedGroup(id=GROUP, unreadable="403 Authorization_RequestDenied")
    cases = {
        "assignments of Coho": traced(relationship(unreadable="403")),
        "list of relationships": traced(relationship(roles=()), unlisted="500"),
        "groups of Tier 2": traced(relationship(assigned()), ascent=BLIND),
        "group group": traced(relationship(assigned()), ascent=NOWHERE, groups={GROUP: unread}),
        "the user": traced(relationship(assigned()), user=None, ascent=None, unreadable="403"),
    }

    for words, trace in cases.items():
        found = of_role(trace)
        assert (found.verdict, found.fix) == (Verdict.UNKNOWN, Fix.READ_AGAIN), words
        assert words in found.why


def test_what_cannot_be_read_does_not_hide_what_was_read() -> None:
    trace = traced(
        relationship(assigned(), name="read", roles=(ROLE, EXPECTED[1])),
        relationship(name="unread", unreadable="403"),
        unlisted="500",
    )

    assert of_role(trace).verdict is Verdict.ACCESS
    assert of_role(trace, EXPECTED[1]).verdict is Verdict.UNKNOWN


def test_a_user_who_is_not_there_has_no_verdicts() -> None:
    (user,) = traced(relationship(assigned()), user=None, ascent=None).users

    assert user.roles == ()


@st.composite
def readings(draw: st.DrawFn) -> tuple[TraceReading, TraceReading]:
    """A world, and the same with some of it unreadable."""
    roles = EXPECTED[:3]
    groups = [ObjectId(f"g{number}") for number in range(4)]
    mine = draw(st.sets(st.sampled_from(groups)))
    whole, partly = [], []
    for number in range(draw(st.integers(1, 3))):
        given = [
            AccessAssignment(
                group=draw(st.sampled_from(groups)),
                roles=frozenset(draw(st.sets(st.sampled_from(roles), min_size=1))),
                status=draw(st.sampled_from(["active", "pending", "error"])),
            )
            for _ in range(draw(st.integers(0, 3)))
        ]
        one = relationship(
            *given,
            name=draw(st.sampled_from(["MLT_", ""])) + str(number),
            roles=tuple(draw(st.sets(st.sampled_from(roles)))),
            status=draw(st.sampled_from(list(RelationshipStatus))),
            days=draw(st.sampled_from([-1, 10, 400])),
        )
        whole.append(one)
        if draw(st.booleans()):
            kept = tuple(draw(st.sets(st.sampled_from(given)))) if given else ()
            one = replace(one, assignments=kept, unreadable="403")
        partly.append(one)
    below = dict.fromkeys(mine, USER.id)
    seen = draw(st.sets(st.sampled_from(sorted(mine)))) if mine else set()
    blind = Ascent(USER.id, dict.fromkeys(seen, USER.id), {USER.id: "403"})
    unlisted = draw(st.booleans())
    if unlisted:
        partly = partly[: draw(st.integers(0, len(partly)))]

    def reading(
        relationships: list[TracedRelationship], ascent: Ascent, unlisted: str
    ) -> TraceReading:
        return TraceReading(
            tenant=TENANT,
            relationships=tuple(relationships),
            unlisted=unlisted,
            groups={},
            users=(UserReading(asked=USER.upn, user=USER, ascent=ascent),),
        )

    ascent = Ascent(USER.id, below)
    return reading(whole, ascent, ""), reading(
        partly, draw(st.sampled_from([ascent, blind])), "500" if unlisted else ""
    )


def holds(reading: TraceReading, role: RoleId) -> bool:
    """The rule of the contract, in one line per condition."""
    ascent = reading.users[0].ascent
    assert ascent is not None
    return any(
        role in one.facts.roles and role in given.roles and given.status == "active"
        and given.group in ascent.below
        and one.facts.status is RelationshipStatus.ACTIVE
        and one.facts.ends_at is not None and one.facts.ends_at > NOW
        and not one.facts.name.startswith("MLT_")
        for one in reading.relationships
        for given in one.assignments
    )  # fmt: skip


@given(readings())
def test_access_is_said_exactly_where_it_is_and_never_denied_unread(
    pair: tuple[TraceReading, TraceReading],
) -> None:
    whole, partly = pair

    for role in EXPECTED[:3]:
        truth = holds(whole, role)
        assert (of_role(judge(whole, NOW), role).verdict is Verdict.ACCESS) is truth
        said = of_role(judge(partly, NOW), role).verdict
        assert said is Verdict.UNKNOWN or (said is Verdict.ACCESS) is truth
