"""The ConfigMaps and Secrets that a pod refers to, and what a kubelet says of one that is not there."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from ..store.kinds import CONFIG_MAP, SECRET, Kind
from ..store.objects import Body, Stored
from ..store.store import Store

PUBLISHED: Final = "kube-root-ca.crt"
"""The ConfigMap that a controller of a real cluster makes in every namespace."""
_KINDS: Final = ((CONFIG_MAP, "configMap", "name"), (SECRET, "secret", "secretName"))
"""Kind, how the names of the fields that refer to it begin, and which field of a volume has its name."""
_NO_KEY: Final = "couldn't find key {key} in {kind} {namespace}/{name}"
_NO_FILE: Final = {
    CONFIG_MAP: "references non-existent config key: {key}",
    SECRET: "references non-existent secret key: {key}",
}


class _Reference(NamedTuple):
    kind: Kind
    name: str
    keys: tuple[str, ...] = ()

    def problem(self, store: Store, namespace: str, no_key: str) -> str:
        """Return what is not there, in the kubelet's words; "" if all is."""
        if self.name == PUBLISHED:
            return ""
        found = store.get(self.kind, namespace, self.name)
        if found is None:
            return f'{self.kind.name.lower()} "{self.name}" not found'
        has = {**(found.body.get("data") or {}), **(found.body.get("binaryData") or {})}
        missing = [key for key in self.keys if key not in has]
        if not missing:
            return ""
        return no_key.format(key=missing[0], kind=self.kind.name, namespace=namespace, name=self.name)


def of_container(store: Store, pod: Stored, container: Body) -> str:
    """Return why a container's environment cannot be made; "" if it can."""
    problems = (each.problem(store, pod.namespace, _NO_KEY) for each in _of_environment(container))
    return next(filter(None, problems), "")


def of_volumes(store: Store, pod: Stored) -> list[str]:
    """Return why volumes cannot be mounted, one text for each of them that cannot be."""
    found = []
    for volume in pod.spec.get("volumes") or ():
        problems = (each.problem(store, pod.namespace, _NO_FILE[each.kind]) for each in _of_volume(volume))
        first = next(filter(None, problems), "")
        if first:
            found.append(f'MountVolume.SetUp failed for volume "{volume["name"]}" : {first}')
    return found


def _of_environment(container: Body) -> Iterator[_Reference]:
    for each in container.get("envFrom") or ():
        for kind, word, _ in _KINDS:
            yield from _asked(kind, each.get(f"{word}Ref"), "name")
    for each in container.get("env") or ():
        for kind, word, _ in _KINDS:
            yield from _asked(kind, (each.get("valueFrom") or {}).get(f"{word}KeyRef"), "name")


def _of_volume(volume: Body) -> Iterator[_Reference]:
    for kind, word, name in _KINDS:
        yield from _asked(kind, volume.get(word), name)
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _asked(kind, source.get(word), "name")


def _asked(kind: Kind, asked: Body | None, name: str) -> Iterator[_Reference]:
    """Yield what a field refers to, unless it need not be there."""
    if asked and not asked.get("optional"):
        items = [asked] if "key" in asked else asked.get("items") or ()
        yield _Reference(kind, asked.get(name, ""), tuple(each["key"] for each in items))
