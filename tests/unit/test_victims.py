"""Who gets hurt."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from kubechaos import Fault, kill, newest, oldest
from kubechaos.errors import ArgumentError, RefusedError, TooFewCandidatesError
from kubechaos.judge.victims import Who, candidates, choose, describe
from kubechaos.kube.objects import Pod
from kubechaos.records import Lasts

from .worlds import new, pod

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
def test_who_says_how_many(who: Who, of: int, count: int) -> None:
    uids = chosen(who, tuple(pod(letter) for letter in "abcd"[:of]))
    assert len(uids) == len(set(uids)) == count


def test_the_oldest_and_the_newest_are_so_by_creation() -> None:
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


def test_only_pods_that_are_ready_and_not_on_their_way_out_are_candidates() -> None:
    pods = [
        pod("a", deleting=True),
        pod("b", ready=False),
        pod("c", phase="Failed"),
        pod("d", phase="Succeeded"),
        new("e"),
        pod("f"),
    ]
    assert [each.uid for each in candidates(pods)] == ["f"]


def test_a_seed_picks_the_same_again() -> None:
    pods = tuple(pod(letter) for letter in "abcdefgh")
    assert chosen(3, pods, "7:test_it:0") == chosen(3, pods, "7:test_it:0")


def test_another_seed_may_pick_others() -> None:
    pods = tuple(pod(letter) for letter in "abcdefgh")
    assert len({tuple(chosen(3, pods, str(seed))) for seed in range(9)}) > 1


def test_every_pod_is_picked_by_some_seed() -> None:
    assert {chosen(1, seed=str(seed))[0] for seed in range(40)} == {"a", "b", "c"}


@pytest.mark.parametrize("who", [4, 99])
def test_more_than_there_are_is_refused_and_names_those_there_are(who: int) -> None:
    with pytest.raises(
        TooFewCandidatesError, match=f"{who} asks for {who}, but only 3 Ready pods .*: web-a, web-b, web-c"
    ):
        chosen(who)


@pytest.mark.parametrize("who", [1, "all", "50%"])
def test_nobody_can_be_chosen_of_nobody(who: Who) -> None:
    with pytest.raises(TooFewCandidatesError, match="only 0 Ready pods may be chosen: none"):
        chosen(who, ())


def test_a_function_that_chooses_nobody_is_refused() -> None:
    with pytest.raises(TooFewCandidatesError, match="on_node_9 chose nobody of 3 candidates"):
        chosen(on_node_9)


@pytest.mark.parametrize("who", [oldest, newest])
def test_the_oldest_of_nobody_is_refused(who: Who) -> None:
    with pytest.raises(TooFewCandidatesError, match="chose nobody of 0 candidates"):
        chosen(who, ())


def test_a_function_that_chooses_a_stranger_is_refused() -> None:
    with pytest.raises(ArgumentError, match=r"chose .*web-z.*, which is not one of the candidates"):
        chosen(lambda pods, chance: [pods[0], pod("z")])


@pytest.mark.parametrize(
    "who", [0, -1, True, False, 1.5, 1.0, None, "150%", "101%", "0%", "-1%", "x", "", "%", "50", "5.5%", "ALL", [1]]
)
def test_a_who_that_can_never_choose_anybody_is_an_argument_error(who: Any) -> None:
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
def test_a_fault_reads_as_it_was_written(fault: Fault, text: str) -> None:
    assert repr(fault) == text


def test_a_kill_is_instant_and_needs_to_delete_pods() -> None:
    assert kill(1).lasts is Lasts.INSTANT
    assert [str(each) for each in kill(1).permissions("Deployment")] == ["delete pods"]


def test_a_function_is_described_by_its_name() -> None:
    assert [describe(who) for who in (1, "50%", "all", newest)] == ["1", "50%", "all", "newest"]


def test_a_function_that_chooses_a_pod_twice_hurts_it_once() -> None:
    from random import Random

    from kubechaos.judge.victims import choose

    a = pod("a")
    assert choose(lambda pods, chance: [pods[0], pods[0]], (a, pod("b")), Random(1)) == (a,)


def test_a_function_that_returns_no_pods_at_all_is_an_argument_error() -> None:
    from random import Random

    from kubechaos.errors import ChaosError
    from kubechaos.judge.victims import choose

    for who in (lambda pods, chance: None, lambda pods, chance: pods[0]):
        with pytest.raises(ChaosError):
            choose(who, (pod("a"),), Random(1))


def test_a_function_of_the_users_own_may_keep_pods_in_a_set() -> None:
    assert {pod("a", labels={"role": "primary"}), pod("a", labels={"role": "primary"}), pod("b")} == {
        pod("a", labels={"role": "primary"}),
        pod("b"),
    }
