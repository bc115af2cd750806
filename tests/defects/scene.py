"""A namespace of a case's own on the dev cluster, and what our own client makes of what happens there."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any

from kubechaos import ChaosError, Cluster, Fault, Outage, Target, kill
from kubechaos.api.credentials import pin
from kubechaos.observe.cluster import Access
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.chaos import Chaos
from kubechaos.run.experiments import Experiments
from kubechaos.settings import Settings
from tests.defects import workloads
from tests.defects.workloads import Manifest
from tests.real.parts import kubectl
from tests.real.shop import replayed

CONTEXT = "devcluster"
UNTOUCHED = ("refused", "not_steady")
"""The verdicts after which nothing has been done to the target."""
MINUTE = 60.0
SHARED = "touches_what_all_share"
"""The attribute of a deed that no other case may see."""


class Scene:
    """One namespace with a workload; `before` are the names of the pods that were there when it had become steady."""

    def __init__(self, namespace: str, folder: Path) -> None:
        self.namespace = namespace
        self.folder = folder
        self.before: list[str] = []
        self.workload: Manifest = {}
        kubectl("create", "namespace", namespace)
        self.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=20s")

    def kubectl(self, *args: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace; return what it printed."""
        return kubectl("--namespace", self.namespace, *args, stdin=stdin)

    def apply(self, *manifests: Manifest) -> None:
        """Apply manifests."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("apply", "-f", "-", stdin=json.dumps(items))

    def break_new_containers(self, mode: str) -> None:
        """Make every container that starts from now on fail: see SERVER and FIRST."""
        self.kubectl("create", "configmap", "mode", f"--from-literal=mode={mode}")

    def pods(self, selector: str = "app=web") -> list[str]:
        """Return the names of the pods that are not being deleted."""
        found = json.loads(self.kubectl("get", "pods", f"--selector={selector}", "--output=json"))["items"]
        return sorted(pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"])

    @property
    def survivors(self) -> list[str]:
        """The pods that were there before the fault and are not being deleted."""
        return [name for name in self.pods() if name in self.before]

    def access(self, *rules: str) -> Access:
        """Return our client: the administrator's, or that of somebody who has only these VERB,VERB:RESOURCE rules."""
        if not rules:
            return Access.to(pin(CONTEXT))
        self.kubectl("create", "serviceaccount", "somebody")
        for number, rule in enumerate(rules):
            verbs, _, resource = rule.partition(":")
            self.kubectl("create", "role", f"r{number}", f"--verb={verbs}", f"--resource={resource}")
            account = f"--serviceaccount={self.namespace}:somebody"
            self.kubectl("create", "rolebinding", f"r{number}", f"--role=r{number}", account)
        config = json.loads(kubectl("config", "view", "--raw", "--minify", "--output=json"))
        config["users"][0]["user"] = {"token": self.kubectl("create", "token", "somebody").strip()}
        path = self.folder / "kubeconfig"
        path.write_text(json.dumps(config))
        return Access.to(pin(CONTEXT, path))

    def experiments(self, access: Access, settle: float, stable_for: float) -> Experiments:
        """Return what is behind the `chaos` of a test."""
        settings = Settings(
            context=CONTEXT,
            namespace=None,
            target=("deployment", "web"),
            within=10,
            settle=settle,
            stable_for=stable_for,
            seed="7",
            results="results",
            manifests=(),
            run="run",
            started="now",
        )
        artifacts = Artifacts(self.folder / "results", self.folder)
        return Experiments(access, settings, self.namespace, [], artifacts, time_of_day=lambda: "now", left=lambda: inf)

    def remove(self) -> None:
        """Delete all of it, without waiting. Pods that were deleted one by one before it would be replaced first."""
        kubectl("delete", "namespace", self.namespace, "--wait=false")


Deed = Callable[[Scene], object]


def _its_workload(scene: Scene, cluster: Cluster) -> Target:
    return cluster.workload(scene.workload["kind"], scene.workload["metadata"]["name"], namespace=scene.namespace)


def _nothing(_: Scene) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Case:
    """A defect, or none, and what must be made of it.

    `code` are the codes that its cause may have, with | between. `says` is a pattern of the cluster's own words, or of
    the case's, that the sentence must repeat, `never` one of what it must not blame; how we word the sentence is not
    looked at. `alerts` must have been raised, and `fact` must hold of the outage.
    `also` is there before the workload, `prepare` is done before it and `before_steady` after it; what starts once it
    is steady fails as `mode` says, `plant` is done then, and `under` holds from then on; `during` is what somebody
    else does right after the fault. `user` are the rules of somebody who may less than everything.
    """

    name: str
    verdict: str
    code: str = ""
    says: str = ""
    never: str = ""
    alerts: tuple[str, ...] = ()
    fact: Callable[[Outage], bool] = lambda outage: True
    fault: Fault = field(default_factory=lambda: kill(1))
    workload: Manifest = field(default_factory=workloads.deployment)
    also: tuple[Manifest, ...] = ()
    target: Callable[[Scene, Cluster], Target] = _its_workload
    prepare: Deed = _nothing
    before_steady: Deed = _nothing
    mode: str = ""
    plant: Deed = _nothing
    under: Callable[[Scene], AbstractContextManager[Any]] = lambda scene: nullcontext()
    during: Deed | None = None
    user: tuple[str, ...] = ()
    hold: float | None = None
    within: float = 6  # of a failure; see `limit`
    stable_for: float = 2
    settle: float = 60

    @property
    def id(self) -> str:
        """The name, as pytest shows it."""
        return self.name.replace(" ", "-")

    @property
    def limit(self) -> float:
        """The longest recovery time allowed: what should recover has a minute, on any machine."""
        return MINUTE if self.verdict == "recovered" else self.within

    @property
    def alone(self) -> bool:
        """Whether a deed touches what all tests on the cluster share."""
        deeds = (self.prepare, self.before_steady, self.plant, self.under, self.during)
        return any(getattr(deed, SHARED, False) for deed in deeds)


@dataclass(frozen=True)
class Outcome:
    """What was made of a case."""

    case: Case
    verdict: str
    code: str
    cause: str
    outage: Outage | None

    @property
    def named(self) -> bool:
        """Whether the code is one of those that it may be; a case without any owes none."""
        return not self.case.code or self.code in self.case.code.split("|")

    @property
    def explained(self) -> bool:
        """Whether the sentence repeats what it must."""
        return re.search(self.case.says, self.cause) is not None

    @property
    def blamed(self) -> bool:
        """Whether the cause speaks of what has nothing to do with it."""
        return bool(self.case.never) and re.search(self.case.never, self.cause) is not None

    @property
    def missing(self) -> list[str]:
        """The alerts that should have been raised and were not."""
        return [name for name in self.case.alerts if self.outage is None or name not in self.outage.alerts]

    @property
    def false_green(self) -> bool:
        """Whether it was called recovered and must not be."""
        return self.verdict == "recovered" != self.case.verdict

    @property
    def false_red(self) -> bool:
        """Whether it was not called recovered and must be."""
        return self.verdict != "recovered" and self.case.verdict == "recovered"


def play(case: Case, scene: Scene) -> Outcome:
    """Set the scene, plant the defect, hurt the target, and say what was made of it."""
    scene.workload = case.workload
    case.prepare(scene)
    scene.apply(*case.also, case.workload)
    case.before_steady(scene)
    access = scene.access(*case.user)
    experiments = scene.experiments(access, case.settle, case.stable_for)
    chaos = Chaos(experiments)
    target = case.target(scene, Cluster(access, scene.namespace))
    error: ChaosError | None = None
    try:
        if case.verdict not in UNTOUCHED:
            chaos.steady(target)
        scene.before = scene.pods()
        if case.mode:
            scene.break_new_containers(case.mode)
        case.plant(scene)
        with case.under(scene):
            _hurt(case, chaos, target, scene)
    except ChaosError as caught:
        error = caught
    finally:
        experiments.close()
        access.close()
    return _outcome(case, scene, experiments.outages, error)


def _hurt(case: Case, chaos: Chaos, target: Target, scene: Scene) -> None:
    if case.during is None:
        chaos.run(case.fault, target, within=case.limit, hold=case.hold)
        return
    with chaos.inject(case.fault, target, within=case.limit):
        case.during(scene)


def _outcome(case: Case, scene: Scene, outages: Sequence[Outage], error: ChaosError | None) -> Outcome:
    for events in _recordings(scene.folder):
        replayed(events)
    outage = outages[-1] if outages else None
    if outage is None:
        assert error is not None
        return Outcome(case, error.verdict, error.code, str(error), None)
    assert outage.verdict == (error.verdict if error else "recovered"), "the error and the outage differ"
    cause = outage.cause.removeprefix(f"{type(error).__name__}: ")
    assert error is None or cause in str(error), "the error does not say why"
    return Outcome(case, outage.verdict, outage.cause_code, outage.cause, outage)


def _recordings(folder: Path) -> Iterator[Path]:
    return folder.glob("results/events.ndjson")
