"""The choice of victims."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from kubechaos import Fault, kill, newest, oldest
from kubechaos.errors import ArgumentError, RefusedError, TooFewCandidatesError
from kubechaos.judge.victims import Who, candidates, choose, describe
from kubechaos.kube.objects import Pod, Ref
from kubechaos.records import Lasts
from tests.unit.stories import new, pod

THREE = (pod("a"), pod("b"), pod("c"))


def on_node_9(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
    return [each for each in pods if each.node == "node-9"]


def chosen(who: Who, pods: Sequence[Pod] = THREE, seed: str = "seed") -> list[str]:
    return [each.uid for each in choose(who, pods, Random(seed))]


@pytest.mark.parametrize(
    ("who", "of", "count"),
    [
        (1, 3, 1),
        (2, 3, 2),
        (3, 3, 3),
        ("all", 1, 1),
        ("all", 3, 3),
        ("50%", 3, 1),
        ("50%", 4, 2),
        ("1%", 3, 1),
        ("34%", 3, 1),
        ("67%", 3, 2),
        ("99%", 3, 2),
        ("100%", 3, 3),
        (oldest, 3, 1),
        (newest, 3, 1),
        (lambda pods, chance: pods[1:], 3, 2),
    ],
)
def test_a_number_a_percentage_and_all_give_a_count(who: Who, of: int, count: int) -> None:
    uids = chosen(who, tuple(pod(letter) for letter in "abcd"[:of]))
    assert len(uids) == len(set(uids)) == count


def test_oldest_and_newest_choose_by_the_time_of_creation() -> None:
    pods = candidates(
        [
            pod("a", created="2026-01-01T00:00:09Z"),
            pod("b", created="2026-01-01T00:00:07Z"),
            pod("c", created="2026-01-01T00:00:08Z"),
        ]
    )
    assert (chosen(oldest, pods), chosen(newest, pods)) == (["b"], ["a"])


def test_candidates_are_ordered_by_creation_and_name() -> None:
    pods = [pod("c", created="1"), pod("b", created="2"), pod("a", created="2")]
    assert [each.uid for each in candidates(pods)] == ["c", "a", "b"]


def test_only_ready_pods_that_are_not_terminating_are_candidates() -> None:
    pods = [
        pod("a", deleting=True),
        pod("b", ready=False),
        pod("c", phase="Failed"),
        pod("d", phase="Succeeded"),
        new("e"),
        pod("f"),
    ]
    assert [each.uid for each in candidates(pods)] == ["f"]


@pytest.mark.parametrize(
    ("who", "seed", "uids"),
    [
        (1, "7:test_it:0", ["d"]),
        (3, "7:test_it:0", ["d", "e", "a"]),
        ("50%", "7:test_it:0", ["d", "e", "a", "c"]),
        (3, "7:test_it:1", ["e", "h", "a"]),
    ],
)
@pytest.mark.parametrize("listed", ["abcdefgh", "hgfedcba", "dbhfaceg"])
def test_a_seed_chooses_the_same_pods_whatever_the_order_of_the_listing(
    who: Who, seed: str, uids: list[str], listed: str
) -> None:
    """The uids are literals: a report names the seed, and the next version must choose the same victims by it."""
    assert chosen(who, candidates([pod(letter) for letter in listed]), seed) == uids


def test_another_seed_may_choose_other_pods() -> None:
    pods = tuple(pod(letter) for letter in "abcdefgh")
    assert len({tuple(chosen(3, pods, str(seed))) for seed in range(9)}) > 1


def test_every_pod_is_chosen_by_some_seed() -> None:
    assert {chosen(1, seed=str(seed))[0] for seed in range(40)} == {"a", "b", "c"}


@pytest.mark.parametrize("who", [4, 99])
def test_more_victims_than_candidates_are_refused_and_the_error_names_the_candidates(who: int) -> None:
    with pytest.raises(
        TooFewCandidatesError, match=f"{who} asks for {who}, but only 3 Ready pods .*: web-a, web-b, web-c"
    ):
        chosen(who)


@pytest.mark.parametrize("who", [1, "all", "50%"])
def test_no_victim_can_be_chosen_without_candidates(who: Who) -> None:
    with pytest.raises(TooFewCandidatesError, match="only 0 Ready pods may be chosen: none"):
        chosen(who, ())


def test_a_function_that_returns_no_pod_is_refused() -> None:
    with pytest.raises(TooFewCandidatesError, match="on_node_9 chose nobody of 3 candidates"):
        chosen(on_node_9)


@pytest.mark.parametrize("who", [oldest, newest])
def test_oldest_without_candidates_is_refused(who: Who) -> None:
    with pytest.raises(TooFewCandidatesError, match="chose nobody of 0 candidates"):
        chosen(who, ())


def test_a_function_that_returns_a_pod_that_is_no_candidate_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"chose .*web-z.*, which is not one of the candidates"):
        chosen(lambda pods, chance: [pods[0], pod("z")])


@pytest.mark.parametrize(
    "who", [0, -1, True, False, 1.5, 1.0, None, "150%", "101%", "0%", "-1%", "x", "", "%", "50", "5.5%", "ALL", [1]]
)
def test_a_who_that_cannot_choose_any_pod_is_an_argument_error(who: Any) -> None:
    with pytest.raises(ArgumentError, match="who is ") as raised:
        kill(who)
    assert repr(who) in str(raised.value)
    assert isinstance(raised.value, RefusedError)
    assert isinstance(raised.value, ValueError)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (kill(1), "kill(1)"),
        (kill("50%"), "kill(50%)"),
        (kill("all", force=True), "kill(all, force=True)"),
        (kill(oldest), "kill(oldest)"),
        (kill(on_node_9), "kill(on_node_9)"),
    ],
)
def test_str_of_a_fault_is_its_call(fault: Fault, text: str) -> None:
    assert repr(fault) == text


def test_a_kill_is_instant_and_needs_to_delete_pods() -> None:
    assert kill(1).lasts is Lasts.INSTANT
    assert [str(each) for each in kill(1).permissions(Ref("Deployment", "shop", "web"))] == ["delete pods"]


def test_a_function_is_described_by_its_name() -> None:
    assert [describe(who) for who in (1, "50%", "all", newest)] == ["1", "50%", "all", "newest"]


def test_a_pod_that_a_function_returns_twice_is_one_victim() -> None:
    assert chosen(lambda pods, chance: [pods[1], pods[0], pods[1]]) == ["b", "a"]


def test_two_versions_of_a_pod_that_a_function_returns_are_one_victim_the_candidate() -> None:
    earlier = pod("a", resource_version="0", labels={"role": "primary"})
    assert choose(lambda pods, chance: [earlier, pods[0]], THREE, Random(1)) == (THREE[0],)


@pytest.mark.parametrize("stranger", [None, "web-a", {"uid": "a"}, ["a"]], ids=repr)
def test_a_function_that_returns_anything_but_pods_is_an_argument_error(stranger: Any) -> None:
    with pytest.raises(ArgumentError, match="which is not one of the candidates"):
        chosen(lambda pods, chance: [pods[0], stranger])


@pytest.mark.parametrize("returned", [None, THREE[0], {"a"}], ids=["nothing", "a pod", "a set"])
def test_a_function_that_returns_no_sequence_is_an_argument_error(returned: Any) -> None:
    with pytest.raises(ArgumentError, match="must return a sequence of the candidates"):
        chosen(lambda pods, chance: returned)


def test_a_users_function_may_keep_pods_in_a_set() -> None:
    labelled = tuple(pod(letter, labels={"role": "replica"}) for letter in "abc")

    def but_the_first(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
        return sorted(set(pods) - {pods[0]}, key=lambda pod: pod.name)

    assert chosen(but_the_first, labelled) == ["b", "c"]


def test_two_versions_of_a_pod_are_two_values_and_two_members_of_a_set() -> None:
    first, same, second = (pod("a", resource_version=version, labels={"x": "y"}) for version in "112")
    assert first == same
    assert hash(first) == hash(same)
    assert first != second
    assert hash(first) != hash(second)
    assert len({first, same, second}) == 2
