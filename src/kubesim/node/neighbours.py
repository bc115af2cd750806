"""Whether the pods that have a node keep another pod from it: by anti-affinity, or by a topology spread."""

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from ..controllers.node_affinity import REQUIRED, selects, untolerated
from ..store.kinds import NAMESPACE, NODE, POD
from ..store.objects import Body, Stored, is_terminal
from ..store.selectors import Selector, of_labels, of_object
from ..store.store import Store
from .fit import Why

APART: Final = Why("node(s) didn't match pod anti-affinity rules", helped=True)
KEPT_APART: Final = Why("node(s) didn't satisfy existing pods anti-affinity rules", helped=True)
SKEWED: Final = Why("node(s) didn't match pod topology spread constraints", helped=True)
NO_DOMAIN: Final = Why("node(s) didn't match pod topology spread constraints (missing required label)")

Domain = tuple[str, str]
"""A label of nodes, and its value."""


class _Constraint(NamedTuple):
    """One topology spread constraint; `counts` has how many pods each domain has, `most` how many it may have."""

    key: str
    counts: dict[str, int]
    most: int


class Neighbours:
    """The pods that have a node; `count` notes which of them want to be apart from others."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._averse: dict[str, Stored] = {}

    def count(self, pod: Stored, sign: int) -> None:
        """Note that a pod has a node from now on, or has none any more."""
        if sign < 0:
            self._averse.pop(pod.uid, None)
        elif any(_terms(pod)):
            self._averse[pod.uid] = pod

    def obstacles(self, pod: Stored) -> Callable[[Stored], Why | None]:
        """Return the function that says why a pod cannot be placed on a node; None if it can."""
        apart = set(self._domains(pod))
        kept_apart = set(self._domains_of_others(pod))
        constraints = list(self._constraints(pod))

        # In the order of the real scheduler's plugins, as in `fit.obstacle`.
        def obstacle(node: Stored) -> Why | None:
            for each in constraints:
                if each.key not in node.labels:
                    return NO_DOMAIN
                if each.counts.get(node.labels[each.key], 0) > each.most:
                    return SKEWED
            if not apart.isdisjoint(node.labels.items()):
                return APART
            if not kept_apart.isdisjoint(node.labels.items()):
                return KEPT_APART
            return None

        return obstacle

    def _domains(self, pod: Stored) -> Iterator[Domain]:
        """Yield the domains that a pod's own anti-affinity keeps it from."""
        for term in _terms(pod):
            for namespace in self._namespaces(term, pod):
                for other in self._placed(namespace, _selector(term, pod)):
                    yield from self._domain(term, other)

    def _domains_of_others(self, pod: Stored) -> Iterator[Domain]:
        """Yield the domains that the anti-affinity of other pods keeps a pod from."""
        for other in self._averse.values():
            for term in _terms(other):
                selector = _selector(term, other)
                chosen = selector is not None and selector.holds(pod.labels)
                if chosen and pod.namespace in self._namespaces(term, other):
                    yield from self._domain(term, other)

    def _constraints(self, pod: Stored) -> Iterator[_Constraint]:
        asked = spreads(pod)
        for each in asked:
            key, selector = each["topologyKey"], _selector(each, pod)
            nodes = {node.name: node for node in self._store.all(NODE) if _spread_over(node, pod, each, asked)}
            counts = {node.labels[key]: 0 for node in nodes.values()}
            for other in self._placed(pod.namespace, selector):
                # A pod that is about to go counts no more: its replacement may take its place.
                if other.spec["nodeName"] in nodes and not other.deleting:
                    counts[nodes[other.spec["nodeName"]].labels[key]] += 1
            least = min(counts.values(), default=0)
            if len(counts) < each.get("minDomains", 1):
                least = 0
            itself = selector is not None and selector.holds(pod.labels)
            yield _Constraint(key, counts, each["maxSkew"] + least - itself)

    def _placed(self, namespace: str, selector: Selector | None) -> Iterator[Stored]:
        if selector is None:
            return
        for pod in self._store.select(POD, namespace, selector):
            if pod.spec.get("nodeName") and not is_terminal(pod):
                yield pod

    def _domain(self, term: Body, pod: Stored) -> Iterator[Domain]:
        node = self._store.get(NODE, "", pod.spec["nodeName"])
        if node is not None and term["topologyKey"] in node.labels:
            yield term["topologyKey"], node.labels[term["topologyKey"]]

    def _namespaces(self, term: Body, pod: Stored) -> set[str]:
        named = set(term.get("namespaces") or ())
        if "namespaceSelector" in term:
            chosen = self._store.select(NAMESPACE, "", of_object(term["namespaceSelector"]))
            return named | {each.name for each in chosen}
        return named or {pod.namespace}


def spreads(pod: Stored) -> list[Body]:
    """Return the topology spread constraints without which a pod is not placed."""
    asked = pod.spec.get("topologySpreadConstraints") or ()
    return [each for each in asked if each["whenUnsatisfiable"] == "DoNotSchedule"]


def _terms(pod: Stored) -> list[Body]:
    affinity = (pod.spec.get("affinity") or {}).get("podAntiAffinity") or {}
    return affinity.get(REQUIRED) or []


def _selector(asked: Body, pod: Stored) -> Selector | None:
    """Return which pods a term or constraint is about; None for none at all."""
    if asked.get("labelSelector") is None:
        return None
    alike: dict[str, Any] = {key: pod.labels[key] for key in asked.get("matchLabelKeys") or () if key in pod.labels}
    return Selector((*of_object(asked["labelSelector"]).requirements, *of_labels(alike).requirements))


def _spread_over(node: Stored, pod: Stored, constraint: Body, asked: list[Body]) -> bool:
    """Return whether a node counts for a constraint: it has the labels of all, and the pod's affinity and taints."""
    if not all(each["topologyKey"] in node.labels for each in asked):
        return False
    if constraint.get("nodeAffinityPolicy", "Honor") == "Honor" and not selects(pod.spec, node):
        return False
    tainted = constraint.get("nodeTaintsPolicy", "Ignore") == "Honor"
    return not tainted or untolerated(pod.spec, node, "NoSchedule", "NoExecute") is None
