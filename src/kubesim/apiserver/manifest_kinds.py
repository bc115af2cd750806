"""The kind of a manifest: simulated or inert, or refused with the reason."""

from collections.abc import Mapping
from typing import Any, Final

from ..store.kinds import BY_NAME, GROUPS, KINDS, MADE_BY_USERS, Kind, Kinds

REFUSED: Final[Mapping[str, str]] = {
    "ReplicationController": "its pods are not simulated; write a Deployment",
    "LimitRange": "it would change what pods request, and that is not simulated",
    "Node": "the simulated cluster has nodes of its own",
    "Event": "the simulated cluster writes it itself",
    "ControllerRevision": "the simulated cluster writes it itself",
    "EndpointSlice": "the simulated cluster writes it itself",
}
"""The kinds that would change who runs, is Ready or goes, and are not simulated; and others that nobody applies."""

BUILD: Final = "build it: kubectl kustomize FOLDER | kubechaos check -"


def kind_of(kinds: Kinds, manifest: Mapping[str, Any]) -> Kind:
    """Return the kind of a manifest; raises ValueError naming what there is.

    A custom resource without its definition is taken as well: in a real cluster an operator brings both, and here
    there is none who would act on it.
    """
    name, version = manifest.get("kind"), manifest.get("apiVersion")
    if not isinstance(name, str) or not isinstance(version, str):
        raise ValueError("kind and apiVersion: it lacks one of them, so it is no object of Kubernetes")
    known = kinds.of_manifest(version, name)
    if known is not None and (known in MADE_BY_USERS or known not in KINDS):
        return known
    if name in REFUSED and (known is not None or not _is_custom(version)):
        raise ValueError(f"kind: {name} of {version}: {REFUSED[name]}")
    if version.startswith("kustomize.config.k8s.io/"):
        raise ValueError(
            f"kind: {name} is no object of a cluster; build it: kubectl kustomize FOLDER | kubechaos check -"
        )
    if _is_custom(version):
        return kinds.assume(version, name)
    if name in BY_NAME:
        raise ValueError(f"kind: {name} of {version} is not served; write apiVersion: {BY_NAME[name].api_version}")
    there = ", ".join(sorted(kind.name for kind in MADE_BY_USERS))
    raise ValueError(f"kind: {name} of {version} is not known; there are: {there}")


def _is_custom(version: str) -> bool:
    """Return whether an apiVersion is of a group that is not Kubernetes' own: those that have a dot, but a few."""
    group = version.rpartition("/")[0]
    return "." in group and group not in GROUPS
