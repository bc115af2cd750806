"""The other targets: StatefulSets, DaemonSets, and pods by their labels."""

from kubechaos import Cluster, Outage, Target, kill
from tests.defects import plants
from tests.defects.cases.healthy import NOTHING
from tests.defects.cases.replacements import CRASHED, PROBE
from tests.defects.scene import Case, Scene
from tests.defects.workloads import (
    IGNORES_TERM,
    bare_pod,
    daemon_set,
    deployment,
    job,
    replica_set,
    stateful_set,
    template,
    web,
)

GONE = "localhost:1/gone-from-under-a-set:1"
PARALLEL = {"podManagementPolicy": "Parallel"}


def by_labels(scene: Scene, cluster: Cluster) -> Target:
    """The three pods that are called web by their labels."""
    plants.arrives(scene)
    return cluster.pods("app=web", expect=3, namespace=scene.namespace)


def paired(outage: Outage) -> bool:
    """Whether every pod that came is said to be in the place of one that went."""
    gone = {each.uid for each in outage.phases.removed}
    return {each.replaces for each in outage.phases.added} == gone


CASES = [
    Case("stateful set", "recovered", NOTHING, workload=stateful_set(), fact=paired),
    Case(
        "stateful set in order",
        "recovered",
        NOTHING,
        workload=stateful_set(),
        fault=kill("all"),
        fact=paired,
    ),
    Case("stateful set at once", "recovered", NOTHING, workload=stateful_set(**PARALLEL), fault=kill("all")),
    Case("stateful set forced", "recovered", NOTHING, workload=stateful_set(), fault=kill(1, force=True), fact=paired),
    Case(
        "stateful set that ignores sigterm",
        "recovered",
        "Creating",
        workload=stateful_set(template(web(IGNORES_TERM), grace=4)),
        fact=lambda outage: outage.recovery_time > 4,
    ),
    Case(
        "stateful set of the same name never ready",
        "not_recovered",
        **PROBE,
        workload=stateful_set(),
        mode="hang",
        within=8,
    ),
    Case(
        "stateful set waiting for the first",
        "not_recovered",
        **PROBE,
        workload=stateful_set(),
        fault=kill("all"),
        mode="hang",
        within=8,
    ),
    Case(
        "stateful set kept by a finalizer",
        "not_recovered",
        "NotCreated",
        says="example.com/keep",
        workload=stateful_set(),
        under=plants.with_finalizers,
        within=8,
    ),
    Case(
        "stateful set quota",
        "not_recovered",
        "FailedCreate",
        says="exceeded quota: full",
        workload=stateful_set(),
        plant=plants.quota,
    ),
    Case(
        "stateful set image",
        "not_recovered",
        "ImagePullBackOff",
        prepare=plants.tag(GONE),
        workload=stateful_set(template(web(image=GONE))),
        plant=plants.untag(GONE),
        within=8,
    ),
    Case(
        "stateful set silent controller",
        "not_recovered",
        "NotCreated",
        workload=stateful_set(),
        under=plants.without("kube-controller-manager"),
        alerts=("NotCreated",),
    ),
    Case("daemon set", "recovered", NOTHING, workload=daemon_set(), fact=paired),
    Case("daemon set all", "recovered", NOTHING, workload=daemon_set(), fault=kill("all"), fact=paired),
    Case("daemon set on cordoned nodes", "recovered", workload=daemon_set(), under=plants.on_no_node),
    Case("daemon set never ready", "not_recovered", **PROBE, workload=daemon_set(), mode="hang", within=8),
    Case(
        "daemon set crash loop",
        "not_recovered",
        CRASHED,
        says="exit code 3",
        workload=daemon_set(),
        mode="crash",
        within=8,
    ),
    Case(
        "daemon set quota",
        "not_recovered",
        "FailedCreate",
        says="exceeded quota: full",
        workload=daemon_set(),
        plant=plants.quota,
        within=8,
    ),
    Case(
        "daemon set silent controller",
        "not_recovered",
        "NotCreated",
        workload=daemon_set(),
        under=plants.without("kube-controller-manager"),
    ),
    Case("pods by labels", "recovered", NOTHING, workload=replica_set(), target=by_labels),
    Case("pods by labels never ready", "not_recovered", **PROBE, workload=replica_set(), target=by_labels, mode="hang"),
    Case("pods by labels of a stateful set", "recovered", NOTHING, workload=stateful_set(), target=by_labels),
    Case(
        "pods by labels quota",
        "not_recovered",
        "FailedCreate",
        says="exceeded quota",
        workload=replica_set(),
        target=by_labels,
        plant=plants.quota,
    ),
    Case(
        "pods by labels without a controller",
        "refused",
        "NoController",
        workload=bare_pod("web-1"),
        target=by_labels,
    ),
    Case("pods by labels of a job", "refused", "RunsToCompletion", workload=job(), target=by_labels),
    Case(
        "pods by labels of two owners",
        "recovered",
        also=(deployment(name="other", replicas=1),),
        workload=replica_set(2),
        before_steady=lambda scene: plants.arrives(scene, 3),
        target=by_labels,
    ),
]
