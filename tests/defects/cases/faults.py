"""The other faults, on Deployments."""

from kubechaos import evict, kill, kill_container, newest, on_node, rollout_restart, scale, where
from tests.defects import plants
from tests.defects.cases.healthy import NOTHING, undisturbed
from tests.defects.cases.replacements import CRASHED, PROBE
from tests.defects.scene import Case
from tests.defects.workloads import QUIET, container, daemon_set, deployment, stateful_set, template, web

GONE = "localhost:1/gone-once-evicted:1"
TWO = deployment(template(web(), container("side", QUIET)))
BUDGET = "DisruptionBudget"

CASES = [
    Case("evict", "recovered", NOTHING, fault=evict(1), fact=undisturbed),
    Case("evict allowed", "recovered", NOTHING, fault=evict(1), plant=plants.budgets(2)),
    Case(
        "evict blocked",
        "blocked",
        BUDGET,
        says="budget-0 needs 3 healthy pods and has 3 currently",
        fault=evict(1),
        plant=plants.budgets(3),
    ),
    Case(
        "evict the second once the first is replaced",
        "recovered",
        NOTHING,
        fault=evict(2),
        plant=plants.budgets(2),
    ),
    Case(
        "evict two budgets",
        "blocked",
        BUDGET,
        says="more than one PodDisruptionBudget",
        fault=evict(1),
        plant=plants.budgets(1, 1),
    ),
    Case("evict never ready", "not_recovered", **PROBE, fault=evict(1), mode="hang"),
    Case("kill in spite of a budget", "recovered", NOTHING, plant=plants.budgets(3)),
    Case("kill the newest", "recovered", NOTHING, fault=kill(newest)),
    Case(
        "kill on a node",
        "recovered",
        NOTHING,
        fault=kill(on_node("node-1")),
        workload=deployment(replicas=4),
    ),
    Case("kill where", "recovered", NOTHING, fault=kill(where("app=web"))),
    Case("container", "recovered", fault=kill_container(1)),
    Case("container of two", "recovered", fault=kill_container(1, "side"), workload=TWO),
    Case("container never ready", "not_recovered", **PROBE, fault=kill_container(1), mode="hang", within=8),
    Case(
        "container that crashes",
        "not_recovered",
        CRASHED,
        says="exit code 3",
        fault=kill_container(1),
        mode="crash",
        within=10,
    ),
    Case("container of two, unnamed", "refused", "SeveralContainers", fault=kill_container(1), workload=TWO),
    Case("rollout", "recovered", NOTHING, fault=rollout_restart()),
    Case(
        "rollout recreate",
        "recovered",
        NOTHING,
        fault=rollout_restart(),
        workload=deployment(strategy={"type": "Recreate"}),
        fact=lambda outage: outage.min_ready == 0,
    ),
    Case("rollout of a stateful set", "recovered", NOTHING, fault=rollout_restart(), workload=stateful_set()),
    Case("rollout of a daemon set", "recovered", NOTHING, fault=rollout_restart(), workload=daemon_set()),
    Case("rollout never ready", "not_recovered", **PROBE, fault=rollout_restart(), mode="hang"),
    Case("scale", "recovered", NOTHING, fault=scale(1), hold=2),
    Case("scale to 0", "recovered", NOTHING, fault=scale(0), hold=2),
    Case("scale up", "recovered", fault=scale(5), hold=3),
    Case("scale to 0 and never ready", "not_recovered", **PROBE, fault=scale(0), hold=2, mode="hang"),
    Case(
        "scale quota",
        "not_recovered",
        "FailedCreate",
        says="exceeded quota: full",
        fault=scale(0),
        hold=2,
        plant=plants.quota,
    ),
    Case("scale a stateful set", "recovered", NOTHING, fault=scale(1), hold=3, workload=stateful_set()),
    Case(
        "evict image",
        "not_recovered",
        "ImagePullBackOff",
        fault=evict(1),
        prepare=plants.tag(GONE),
        workload=deployment(template(web(image=GONE))),
        plant=plants.untag(GONE),
    ),
]
