"""What a trace says, in the words of the screen and the command line."""

from dataclasses import replace

from cipp_tui.domain.gdap_trace import TracedUser
from cipp_tui.domain.roles import GLOBAL_ADMINISTRATOR
from cipp_tui.domain.tenants import RelationshipStatus
from cipp_tui.services.trace_words import (
    both_fixes,
    brief,
    counts_words,
    detail,
    fix_words,
    notes,
    relationship_words,
    short_names,
    state_words,
    traced_words,
    verdict_words,
    warnings,
)
from tests.unit.test_gdap_verdicts import (
    NOW,
    NOWHERE,
    ROLE,
    THROUGH_NESTED,
    USER,
    assigned,
    of_role,
    relationship,
    traced,
)

DISABLED = replace(USER, enabled=False)
UPN = USER.upn


def test_a_nested_path_is_told_from_the_user_to_the_role() -> None:
    trace = traced(relationship(assigned(), days=12), ascent=THROUGH_NESTED)
    user, found = trace.users[0], of_role(trace)

    assert brief(trace, user, found) == "Tier 2 > M365 GDAP Reader, nested, ends in 12 d"
    assert detail(trace, user, found) == [
        f"{UPN} > Tier 2 > M365 GDAP Reader",
        "  > Coho (active, ends in 12 d) > Application Administrator",
        "The access ends in 12 d, and nothing extends it by itself.",
        "Tier 2 is not role-assignable: more people may change who is in it.",
    ]


def test_each_lack_has_its_one_step() -> None:
    cases = {
        f"add {UPN} to M365 GDAP Reader": traced(relationship(assigned()), ascent=NOWHERE),
        "assign it to a group in Coho": traced(relationship(), ascent=NOWHERE),
        "its assignment to M365 GDAP Reader is pending: wait, then trace again": traced(
            relationship(assigned(status="pending"))
        ),
        "its assignment to M365 GDAP Reader is in error: assign it anew in Coho": traced(
            relationship(assigned(status="error"))
        ),
        "make a new relationship: roles cannot be added to an existing one": traced(),
        "could not be read: the assignments of Coho: 403": traced(relationship(unreadable="403")),
    }

    for words, trace in cases.items():
        assert fix_words(trace.users[0], of_role(trace)) == words


def test_a_role_that_only_dead_or_microsoft_led_relationships_have_says_where() -> None:
    trace = traced(
        relationship(name="MLT_coho"),
        relationship(name="Old", status=RelationshipStatus.TERMINATED),
        relationship(name="Over", days=-3),
    )

    assert list(notes(trace, trace.users[0], of_role(trace))) == [
        "It is in MLT_coho (made by Microsoft, read-only), which gives no access.",
        "It is in Old (terminated), which gives no access.",
        "It is in Over (ended), which gives no access.",
    ]


def test_the_last_hours_are_not_called_0_days() -> None:
    trace = traced(relationship(assigned(), days=0, hours=5))

    assert relationship_words(trace.relationships[0], NOW) == "Coho (active, ends within a day)"


def test_a_disabled_account_has_no_access_in_any_word() -> None:
    trace = traced(relationship(assigned()), user=DISABLED)
    user, found = trace.users[0], of_role(trace)

    assert verdict_words(user, found) == "! disabled"
    assert "The account is disabled: the role cannot be used." in detail(trace, user, found)
    assert f"The account {UPN} is disabled: none of its roles can be used." in warnings(trace)


def test_the_state_of_an_account_is_told_when_it_matters() -> None:
    def said(user: TracedUser | None, unreadable: str = "") -> str:
        return state_words(traced(user=user, unreadable=unreadable).users[0])

    assert said(replace(USER, enabled=True)) == ""
    assert said(None) == f"there is no user {UPN} in your tenant"
    assert said(None, "403") == f"{UPN} could not be read (403)"
    assert said(replace(USER, guest=True)) == (
        f"the account {UPN} may be disabled: that could not be read; it is a guest in your tenant"
    )


def test_global_administrator_is_flagged() -> None:
    trace = traced(
        relationship(assigned(roles=(GLOBAL_ADMINISTRATOR,)), roles=(GLOBAL_ADMINISTRATOR, ROLE))
    )

    assert "Coho holds Global Administrator: it never extends by itself." in warnings(trace)
    assert list(notes(trace, trace.users[0], of_role(trace, GLOBAL_ADMINISTRATOR))) == [
        "A relationship with Global Administrator never extends by itself."
    ]
    assert traced_words(trace) == "Traced 1 relationship, 15 roles and 1 other"


def test_two_users_are_told_apart_by_what_stands_before_the_at() -> None:
    one, same = traced(user=USER).users[0], traced(user=USER).users[0]
    other = traced(user=replace(USER, upn="alex.wilber@msp.example")).users[0]

    assert short_names([one, other]) == ["adele.vance", "alex.wilber"]
    assert short_names([one, same]) == [UPN, UPN]


def test_side_by_side_equal_steps_are_told_once_and_unknowns_not_at_all() -> None:
    lacking, unread = traced(), traced(relationship(unreadable="403"))
    pairs = [(t.users[0], of_role(t)) for t in (lacking, lacking, unread)]

    assert both_fixes(pairs) == "make a new relationship: roles cannot be added to an existing one"


def test_verdicts_that_nobody_has_are_not_counted() -> None:
    assert counts_words(traced(relationship(assigned())).users[0]) == "1 access, 14 not there"
