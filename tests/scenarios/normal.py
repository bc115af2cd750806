"""What the product can see of a recorded scenario, without what differs from run to run: sequences of states.

Pods of one ReplicaSet that were created for the same reason are interchangeable (their names are random and the
ReplicaSet picks by them), so a role may have many sequences; the census says how many objects of a role there were.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from kubechaos.kube.kinds import KINDS
from kubechaos.kube.objects import TEMPLATE, Container, EndpointSlice, Event, Pod

from .api import Answer
from .manifests import IMAGE
from .recorder import Record

Sequences = dict[str, list[list[str]]]
UNSEEN = (
    "namespace",
    "name",
    "uid",
    "resource_version",
    "created",
    "owner",
    "ready_since",
    "about",
    "containers",
    "init_containers",
    "id",
    "kind",
    "labels",
    # What the recordings were made without.
    "last",
    "liveness_fails_after",
    "partition",
    "changed_by",
    "scaled_by",
)
RACE = "probe errored and resulted in unknown state"
"""What a kubelet reports of a container that ended under its probe: it depends on chance and on the runtime."""
WORD = {"StatefulSet": "stateful set", "DaemonSet": "daemon set", "EndpointSlice": "slice"}
BUDGET = ("observedGeneration", "expectedPods", "currentHealthy", "desiredHealthy", "disruptionsAllowed")
COUNTS = {
    "StatefulSet": ("replicas", "readyReplicas", "availableReplicas", "currentReplicas"),
    "DaemonSet": (
        "currentNumberScheduled",
        "numberReady",
        "numberAvailable",
        "numberUnavailable",
        "numberMisscheduled",
    ),
}
RANDOM = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uid>"),
    (re.compile(r"(?<!sha256:)\b[0-9a-f]{64}\b"), "<id>"),
    (re.compile(r"sha256:[0-9a-f]{64}"), "<digest>"),
    (re.compile(r"\[::1\](?=:\d)|\b\d+\.\d+\.\d+\.\d+\b"), "<address>"),
    (re.compile(r"\b(\d+\.\d+m?s|\d+ms)\b"), "<time>"),
    (re.compile(r"<rs(\d+)>-[a-z0-9]{5}\b"), "<pod>"),
    (re.compile(r"version: (\d+) \(\d+\)"), r"version: \1 (<version>)"),
)


def plain(text: str, names: Mapping[str, str]) -> str:
    """Replace names, uids, addresses and times."""
    for each in sorted(names, key=len, reverse=True):
        text = text.replace(each, names[each])
    for pattern, word in RANDOM:
        text = pattern.sub(word, text)
    return text


def collapsed(states: Iterable[str]) -> list[str]:
    """Drop states that repeat the one before."""
    kept: list[str] = []
    for state in states:
        if not kept or kept[-1] != state:
            kept.append(state)
    return kept


def _beside(kind: str, status: dict[str, Any]) -> list[str]:
    """Return what the product does not read of a workload's status, but people do."""
    parts = [f"status.{key}={status.get(key)}" for key in COUNTS.get(kind, ())]
    failed = [each for each in status.get("conditions", ()) if each["type"] == "ReplicaFailure"]
    return parts + [
        f"failure={each['message']}" for each in failed if kind == "Deployment" and each["status"] == "True"
    ]


class Normal:
    """The sequences of one run of a scenario."""

    def __init__(self, title: str, records: list[Record], answers: list[tuple[str, Answer]], cuts: int) -> None:
        self._records = [record for record in records if RACE not in record.object.get("message", "")]
        self._last_cut = cuts
        self._roles: dict[str, str] = {}
        self._names = {title: "<web>", IMAGE: "<image>"}
        self._containers: dict[str, list[str]] = defaultdict(list)
        self._name_all()
        self.sequences: Sequences = {"answers": [[self._answer(what, answer) for what, answer in answers]]}
        self._add_all()

    def _name_all(self) -> None:
        self._count("ReplicaSet", "replica set", "rs")
        self._count("ControllerRevision", "revision", "revision")
        for record in self._records:
            if record.kind not in ("ReplicaSet", "ControllerRevision", "Event", "Pod"):
                known = WORD.get(record.kind, record.kind.lower())
                self._know(record, known, f"<{known}>" if known == "slice" else "")
        for record in self._records:
            if record.kind == "Pod":
                self._know_pod(record)

    def _count(self, kind: str, role: str, word: str) -> None:
        """Number the objects of a kind in the order in which they were made."""
        found: list[str] = []
        for record in self._records:
            if record.kind == kind and record.uid not in found:
                found.append(record.uid)
                self._know(record, f"{role} {len(found)}", f"<{word}{len(found)}>")
                if hash_ := record.object["metadata"]["labels"].get(TEMPLATE):
                    self._names[hash_] = f"<hash{len(found)}>"

    def _know_pod(self, record: Record) -> None:
        """Name a pod by its owner; one of a StatefulSet by its ordinal too."""
        pod = KINDS["Pod"].codec.object(json.dumps(record.object).encode())
        number = pod.name.rpartition("-")[2] if pod.owner_kind == "StatefulSet" else ""
        role = f"pod {number}".strip() + f" of {self._roles.get(pod.owner, 'nobody')}"
        self._know(record, role, f"<pod{number}>")
        if pod.node:
            self._names[pod.node] = "<node>"

    def _know(self, record: Record, role: str, word: str) -> None:
        self._roles[record.uid] = role
        if word:
            self._names[record.object["metadata"]["name"]] = word

    def _role(self, record: Record) -> str:
        if record.kind != "Event":
            return self._roles[record.uid]
        about = record.object["involvedObject"]
        return f"event on {self._about(about)}: {record.object['reason']}"

    def _about(self, about: Mapping[str, str]) -> str:
        return self._roles.get(about.get("uid", ""), about["kind"].lower())

    def _add_all(self) -> None:
        objects: dict[str, list[Record]] = defaultdict(list)
        for record in self._records:
            objects[record.uid].append(record)
        census: Counter[str] = Counter()
        reasons: dict[tuple[str, str], set[str]] = defaultdict(set)
        for records in objects.values():
            states = collapsed(self._states(records))
            if not states:
                continue
            role = self._role(records[0])
            self.sequences.setdefault(role, []).append(states)
            if records[0].kind == "Event":
                about = records[0].object["involvedObject"]
                reasons[about.get("uid", ""), self._about(about)].add(records[0].object["reason"])
            else:
                census[f"{role}, {'gone' if records[-1].type == 'DELETED' else 'there'}"] += 1
        for (_, about_role), found in reasons.items():
            self.sequences.setdefault(f"reasons of events on {about_role}", []).append(sorted(found))
        self.sequences["census"] = [[f"{count} {what}" for what, count in sorted(census.items())]]

    def _states(self, records: list[Record]) -> list[str]:
        """From the state in which the deed found it; what ended before, and old events, are left out."""
        before = [record for record in records if record.cut < self._last_cut]
        since = [record for record in records if record.cut == self._last_cut]
        if before and (before[-1].type == "DELETED" or (before[-1].kind == "Event" and not since)):
            before = []
        texts = [self._state(record) for record in records]  # all of them: container ids are counted from the first
        shown = [*before[-1:], *since]
        return [text for record, text in zip(records, texts, strict=True) if record in shown]

    def object(self, value: dict[str, Any]) -> str:
        """Return one object of a kind that the product decodes as one line."""
        return self._state(Record(0, value["kind"], "", value, 0))

    def text(self, text: str) -> str:
        """Return a text without the names of this run."""
        return plain(text, self._names)

    def _state(self, record: Record) -> str:
        words = ["gone:"] if record.type == "DELETED" else []
        if record.kind == "PodDisruptionBudget":
            status = record.object.get("status", {})
            words += [f"{key}={status.get(key)}" for key in BUDGET if key in status]
            words += [f"disrupted={len(status['disruptedPods'])}"] if status.get("disruptedPods") else []
        else:
            value = KINDS[record.kind].codec.object(json.dumps(record.object).encode())
            words += self._slice(value) if isinstance(value, EndpointSlice) else self._fields(value)
            words += _beside(record.kind, record.object.get("status", {}))
            if isinstance(value, Pod):
                words += [f"template={value.labels[TEMPLATE]}"] if TEMPLATE in value.labels else []
                words += [f"init {self._container(record.uid, each)}" for each in value.init_containers]
                words += [self._container(record.uid, each) for each in value.containers]
        return plain(" ".join(words), self._names)

    def _fields(self, value: Any) -> list[str]:
        unseen = UNSEEN if getattr(value, "min_ready_seconds", 0) else (*UNSEEN, "min_ready_seconds")
        shown = [(name, getattr(value, name)) for name in value.__struct_fields__ if name not in unseen]
        if isinstance(value, Event):  # how often a probe failed until we looked away is nobody's rule
            shown = [(key, each if key != "count" else "once" if each == 1 else "repeated") for key, each in shown]
        present = [
            (key, each) for key, each in shown if each is not None and each is not False and each not in ("", ())
        ]
        return [key if each is True else f"{key}={each}" for key, each in present]

    def _container(self, pod: str, value: Container) -> str:
        known = self._containers[pod]
        if value.id and value.id not in known:
            known.append(value.id)
        instance = f" instance={known.index(value.id) + 1}" if value.id else ""
        return f"{value.name}[{' '.join(self._fields(value))}{instance}]"

    def _slice(self, value: EndpointSlice) -> list[str]:
        def counted(uids: tuple[str, ...]) -> str:
            found = Counter(self._roles.get(uid, "stranger").removeprefix("pod of replica ") for uid in uids)
            return "+".join(f"{count}*{role.replace(' ', '')}" for role, count in sorted(found.items())) or "0"

        return [f"service={value.service}", f"ready={counted(value.ready)}", f"known={counted(value.known)}"]

    def _answer(self, what: str, answer: Answer) -> str:
        body = answer.body
        words = [f"{what}: {answer.status}"]
        if isinstance(body, dict) and body.get("type") == "ERROR":
            words.append("ERROR")
            body = body["object"]
        if isinstance(body, dict) and body.get("kind") == "Status":
            causes = body.get("details", {}).get("causes", ())
            parts = [str(body.get(key, "")) for key in ("status", "reason", "message")]
            words += [*parts, *(f"cause {each.get('reason')}: {each.get('message')}" for each in causes)]
        elif isinstance(body, dict):
            words.append(body.get("kind", ""))
        return plain(" ".join(filter(None, words)), self._names)
