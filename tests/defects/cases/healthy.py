"""What recovers, whatever it looks like on the way."""

from kubechaos import Outage, kill
from tests.defects import plants
from tests.defects.scene import Case
from tests.defects.workloads import (
    IGNORES_TERM,
    LITTLE,
    QUIET,
    bare_pod,
    container,
    deployment,
    first,
    service,
    template,
    web,
)

NOTHING = "|Creating|Scheduling|Starting|BecomingReady|Stabilizing"
"""The cause of a recovery is at most the phase that took the longest; none, where no pod had to come for it."""
EXEC_PROBE = {"exec": {"command": ["test", "-e", "/tmp/www/ready"]}, "periodSeconds": 1, "timeoutSeconds": 5}
KEPT = {"volumeMounts": [{"name": "kept", "mountPath": "/kept"}]}
GATED = template(web(), readinessGates=[{"conditionType": "example.com/gate"}])
NO_TROUBLE = ("Unschedulable", "ImagePullBackOff", "CrashLoopBackOff", "OOMKilled", "FailedCreate", "NotCreated")


def before_its_victim_ended(outage: Outage) -> bool:
    """Whether it had recovered long before the victim had used up its grace period."""
    return outage.proof is not None and outage.proof.at > 10 and outage.recovery_time < outage.proof.at


def undisturbed(outage: Outage) -> bool:
    """Whether nothing was called a trouble."""
    return not [name for name in (*NO_TROUBLE, "TargetChanged", "NotGone", "NotStarted") if name in outage.alerts]


CASES = [
    Case("plain", "recovered", NOTHING, fact=undisturbed, alerts=("PodDeleted", "RecoveryComplete")),
    Case("behind a service", "recovered", NOTHING, also=(service(),), fact=undisturbed),
    Case("kill force", "recovered", NOTHING, fault=kill(1, force=True), fact=undisturbed),
    Case(
        "kill half of many",
        "recovered",
        NOTHING,
        fault=kill("50%"),
        workload=deployment(replicas=12),
        fact=lambda outage: len(outage.victims) == 6 and undisturbed(outage),
    ),
    Case(
        "kill all",
        "recovered",
        NOTHING,
        fault=kill("all"),
        alerts=("ServiceDown",),
        fact=lambda outage: outage.min_ready == 0,
    ),
    Case(
        "host network",
        "recovered",
        NOTHING,
        workload=deployment(template(web(QUIET, readinessProbe=EXEC_PROBE), hostNetwork=True)),
        fact=undisturbed,
    ),
    Case("recreate", "recovered", NOTHING, workload=deployment(strategy={"type": "Recreate"}), fact=undisturbed),
    Case("min ready seconds", "recovered", NOTHING, workload=deployment(minReadySeconds=2), fact=undisturbed),
    Case(
        "readiness gate that opens",
        "recovered",
        workload=deployment(GATED),
        before_steady=plants.gates,
        during=plants.gates,
    ),
    Case(
        "init container that takes a while",
        "recovered",
        "Starting",
        workload=deployment(template(initContainers=[first()])),
        mode="first-slow",
        fact=lambda outage: outage.recovery_time > 3,
    ),
    Case(
        "sidecar",
        "recovered",
        NOTHING,
        workload=deployment(template(initContainers=[container("side", QUIET, restartPolicy="Always")])),
        fact=undisturbed,
    ),
    Case(
        "two containers",
        "recovered",
        NOTHING,
        workload=deployment(template(web(), container("beside", QUIET))),
        fact=undisturbed,
    ),
    Case(
        "victim that ignores sigterm",
        "recovered",
        NOTHING,
        workload=deployment(template(web(IGNORES_TERM), grace=12)),
        fact=before_its_victim_ended,
    ),
    Case(
        "victim with a finalizer",
        "recovered",
        NOTHING,
        under=plants.with_finalizers,
        alerts=("NotGone",),
        fact=lambda outage: "example.com/keep" in outage.alerts["NotGone"].message,
    ),
    Case(
        "slow but in time",
        "recovered",
        "BecomingReady|Starting",  # on a busy machine the start takes longer
        mode="slow",
        fact=lambda outage: outage.recovery_time > 4,
    ),
    Case(
        "out of memory once",
        "recovered",
        "Starting|BecomingReady|Stabilizing",
        workload=deployment(template(web(resources=LITTLE, **KEPT), volumes=[{"name": "kept", "emptyDir": {}}])),
        mode="hungry-once",
        alerts=("OOMKilled",),
    ),
    Case(
        "neighbour in trouble",
        "recovered",
        NOTHING,
        also=(
            deployment(template(web("exit 9"), app="other"), name="other"),
            deployment(template(web(image="UPPER/Case::1"), app="third"), name="third"),
            deployment(template(web(), app="fourth", nodeSelector={"no": "node"}), name="fourth"),
        ),
        fact=undisturbed,
    ),
    Case(
        "same labels",
        "recovered",
        NOTHING,
        also=(deployment(name="other", replicas=2), bare_pod("stray")),
        fault=kill("all"),
        fact=lambda outage: len(outage.victims) == 3,
    ),
    Case(
        "survivor that restarts",
        "recovered",
        during=plants.crash_a_survivor,
    ),
]
