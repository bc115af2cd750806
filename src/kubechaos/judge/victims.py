"""The choice of victims among the candidates, by a number, a percentage or a function."""

from collections.abc import Callable, Sequence
from random import Random
from typing import TypeAlias

from ..errors import ArgumentError, TooFewCandidatesError
from ..kube.decode import decimal
from ..kube.objects import Pod

Who: TypeAlias = int | str | Callable[[Sequence[Pod], Random], Sequence[Pod]]
"""How many pods, as a number, a percentage or "all", or a function of the candidates."""


def check(who: Who) -> None:
    """Raise ArgumentError if `who` can choose nobody in any target."""
    if callable(who):
        return
    # True is an int to Python, and `kill(True)` would kill one pod.
    if isinstance(who, bool) or not isinstance(who, int | str):
        raise ArgumentError(f'who is {who!r}; give a number of pods, a percentage like "50%", "all", or a function')
    if isinstance(who, int):
        if who < 1:
            raise ArgumentError(f"who is {who}; at least one pod must be chosen")
    elif who != "all":
        _percent(who)


def _percent(who: str) -> int:
    number = decimal(who.removesuffix("%")) or 0
    if not who.endswith("%") or not 1 <= number <= 100:
        raise ArgumentError(f'who is {who!r}; a string is "all" or a percentage from "1%" to "100%"')
    return number


def candidates(pods: Sequence[Pod]) -> tuple[Pod, ...]:
    """Return the pods that may be chosen, those that are Ready and not terminating, by creation and name."""
    # The order makes a seed choose the same pods again: a listing has none that could be relied on.
    return tuple(sorted((p for p in pods if p.active and p.ready), key=lambda p: (p.created, p.name)))


def choose(who: Who, pods: Sequence[Pod], chance: Random) -> tuple[Pod, ...]:
    """Return the victims among the candidates; a percentage is rounded down to a number of at least one.

    Raises TooFewCandidatesError if there are fewer candidates than asked for, ArgumentError if a function returns
    anything but candidates.
    """
    if callable(who):
        chosen = _chosen_by_function(who, pods, chance)
        if not chosen:
            raise TooFewCandidatesError(f"{describe(who)} chose nobody of {len(pods)} candidates")
        return chosen
    count = _count(who, len(pods))
    if count > len(pods) or not pods:
        names = ", ".join(p.name for p in pods) or "none"
        raise TooFewCandidatesError(
            f"{describe(who)} asks for {count or 'some'}, but only {len(pods)} Ready pods may be chosen: {names}"
        )
    return tuple(chance.sample(pods, count))


def _count(who: int | str, candidates: int) -> int:
    """Return how many pods a number, a percentage or "all" asks for."""
    if isinstance(who, int):
        return who
    if who == "all":
        return candidates
    return max(1, candidates * _percent(who) // 100)


def _chosen_by_function(
    who: Callable[[Sequence[Pod], Random], Sequence[Pod]], pods: Sequence[Pod], chance: Random
) -> tuple[Pod, ...]:
    """Return the pods that a user's function chose, each of them once."""
    # A function may return a pod in another version than the candidate's, from a client of its own: the uid decides.
    chosen = who(pods, chance)
    if not isinstance(chosen, Sequence):
        raise ArgumentError(f"{describe(who)} returned {chosen!r}; it must return a sequence of the candidates")
    known = {pod.uid: pod for pod in pods}
    for pod in chosen:
        if not isinstance(pod, Pod) or pod.uid not in known:
            raise ArgumentError(f"{describe(who)} chose {pod!r}, which is not one of the candidates")
    return tuple(known[uid] for uid in dict.fromkeys(pod.uid for pod in chosen))


def oldest(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
    """Choose the pod that was created first."""
    return pods[:1]


def newest(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
    """Choose the pod that was created last."""
    return pods[-1:]


def on_node(name: str) -> Who:
    """Choose every pod on the named node."""

    def chosen(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
        return [pod for pod in pods if pod.node == name]

    chosen.__name__ = f"on_node({name!r})"
    return chosen


def where(labels: str) -> Who:
    """Choose every pod with all of these labels, as in `where("role=primary,app=db")`.

    Raises ArgumentError if `labels` is no list of KEY=VALUE, separated by commas.
    """
    pairs = [label.partition("=") for label in labels.split(",")]
    if not all(key.strip() and equals for key, equals, _ in pairs):
        raise ArgumentError(f"where({labels!r}): write KEY=VALUE, several with commas between")

    def chosen(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
        return [pod for pod in pods if all(pod.labels.get(key.strip()) == value.strip() for key, _, value in pairs)]

    chosen.__name__ = f"where({labels!r})"
    return chosen


def describe(who: Who) -> str:
    """Return `who` as it is written in reports and in the ids of parametrised tests."""
    if callable(who):
        return getattr(who, "__name__", repr(who))
    return str(who)
