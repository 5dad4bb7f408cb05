"""The search from a user upwards, against a brute-force one that tries every way there is."""

from collections.abc import Iterable, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from cipp_tui.domain.gdap_trace import Ascent, Climb, Membership, ObjectId

USER = ObjectId("user")
NODES = [USER, *(ObjectId(f"g{number}") for number in range(8))]
Edges = Mapping[ObjectId, Sequence[ObjectId]]


def climbed(
    edges: Edges, sought: Iterable[ObjectId], unreadable: Iterable[ObjectId] = ()
) -> Ascent:
    """A whole climb through a known world."""
    climb = Climb(USER, list(sought))
    hidden = set(unreadable)
    while frontier := climb.frontier:
        climb.feed(
            {one: edges.get(one, ()) for one in frontier if one not in hidden},
            {one: "403" for one in frontier if one in hidden},
        )
    return climb.ascent


def distances(edges: Edges) -> dict[ObjectId, int]:
    """The length of the shortest way to each group: by trying every way without a repetition."""
    best: dict[ObjectId, int] = {}
    ways: list[tuple[ObjectId, ...]] = [(USER,)]
    while ways:
        longer: list[tuple[ObjectId, ...]] = []
        for way in ways:
            for group in edges.get(way[-1], ()):
                if group not in way:
                    best[group] = min(best.get(group, len(way)), len(way))
                    longer.append((*way, group))
        ways = longer
    return best


groups = st.sampled_from(NODES[1:])
edges_of = st.dictionaries(
    st.sampled_from(NODES), st.lists(groups, max_size=4, unique=True), max_size=9
)


@given(edges_of, st.sets(groups))
def test_every_way_there_is_is_found_and_the_shortest_is_told(
    edges: Edges, sought: set[ObjectId]
) -> None:
    ascent = climbed(edges, sought)
    shortest = distances(edges)

    for group in sought:
        path = ascent.path(group)
        assert len(path) == shortest.get(group, 0)
        assert ascent.membership(group) is (Membership.MEMBER if path else Membership.NOT_MEMBER)
        for below, above in zip((USER, *path), path, strict=False):
            assert above in edges[below]


@given(edges_of, st.sets(groups), st.sets(st.sampled_from(NODES)))
def test_what_could_not_be_read_never_becomes_a_no(
    edges: Edges, sought: set[ObjectId], hidden: set[ObjectId]
) -> None:
    ascent = climbed(edges, sought, hidden)
    reachable = distances(edges)

    for group in sought:
        said = ascent.membership(group)
        assert said is not Membership.MEMBER or group in reachable
        assert said is not Membership.NOT_MEMBER or group not in reachable


@given(edges_of, st.sets(groups))
def test_nobody_is_asked_twice(edges: Edges, sought: set[ObjectId]) -> None:
    asked: list[ObjectId] = []
    climb = Climb(USER, sought)
    while frontier := climb.frontier:
        asked += frontier
        climb.feed({one: edges.get(one, ()) for one in frontier})

    assert len(asked) == len(set(asked))


def test_the_climb_ends_when_every_sought_group_is_reached() -> None:
    low, high = NODES[1], NODES[2]
    climb = Climb(USER, [low])
    climb.feed({USER: [low]})

    assert climb.frontier == ()
    assert climb.ascent.path(low) == (low,)
    assert climb.ascent.membership(high) is Membership.NOT_MEMBER


def test_a_sought_group_inside_another_sought_one_leads_on() -> None:
    low, high = NODES[1], NODES[2]

    ascent = climbed({USER: [low], low: [high]}, [low, high])

    assert ascent.path(high) == (low, high)


def test_groups_in_a_circle_end_the_climb() -> None:
    first, second, elsewhere = NODES[1:4]

    ascent = climbed({USER: [first], first: [second], second: [first]}, [elsewhere])

    assert ascent.membership(elsewhere) is Membership.NOT_MEMBER
