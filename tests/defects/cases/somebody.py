"""What somebody else does to the target in the middle of it."""

from kubechaos import Outage, scale
from tests.defects import plants
from tests.defects.cases.replacements import PROBE
from tests.defects.plants import BAD_IMAGE, PAUSE, doing, patching
from tests.defects.scene import Case

CHANGED = ("TargetChanged",)


def five_in_the_end(outage: Outage) -> bool:
    """Whether the two more that were asked for were waited for, too."""
    return len(outage.phases.added) == 3


CASES = [
    Case(
        "scaled up",
        "recovered",
        during=doing("scale", "deployment/web", "--replicas=5"),
        alerts=CHANGED,
        fact=five_in_the_end,
    ),
    Case(
        "scaled down",
        "inconclusive",
        "TargetChanged",
        says="from 3 to 2",
        during=doing("scale", "deployment/web", "--replicas=2"),
    ),
    Case(
        "scaled to 0",
        "inconclusive",
        "TargetChanged",
        says="from 3 to 0",
        during=doing("scale", "deployment/web", "--replicas=0"),
    ),
    Case(
        "scaled up and down again",
        "recovered",
        during=lambda scene: [
            scene.kubectl("scale", "deployment/web", f"--replicas={replicas}") for replicas in (5, 3)
        ],
        alerts=CHANGED,
    ),
    Case(
        "scaled up and failing",
        "inconclusive",
        "TargetChanged",
        says="from 3 to 4",
        mode="hang",
        during=doing("scale", "deployment/web", "--replicas=4"),
    ),
    Case("good rollout", "recovered", during=doing("rollout", "restart", "deployment/web"), alerts=CHANGED),
    Case("bad rollout", "inconclusive", "TargetChanged", during=patching(BAD_IMAGE, strategy="strategic")),
    Case("paused", "recovered", during=patching(PAUSE), alerts=CHANGED),
    Case("second killer", "recovered", during=plants.kill_a_survivor, alerts=CHANGED),
    Case("second killer of the replacement", "recovered", during=plants.kill_the_replacement, alerts=CHANGED),
    Case("second killer and failing", "not_recovered", **PROBE, mode="hang", during=plants.kill_a_survivor),
    Case("node drained", "recovered", during=plants.drain, under=plants.drained, alerts=CHANGED),
    Case("deleted", "inconclusive", "TargetChanged", during=doing("delete", "deployment/web", "--wait=false")),
    Case(
        "deleted and made again",
        "inconclusive",
        "TargetChanged",
        during=lambda scene: [scene.kubectl("delete", "deployment/web"), scene.apply(scene.workload)],
        within=15,
    ),
    Case(
        "orphaned",
        "inconclusive",
        "TargetChanged",
        during=doing("delete", "deployment/web", "--cascade=orphan", "--wait=false"),
    ),
    Case(
        "held scale undone",
        "inconclusive",
        "TargetChanged",
        says=r'from 1 to 3 replicas by somebody else \(field manager "kubectl"\) .* not in force any more',
        fault=scale(1),
        during=doing("scale", "deployment/web", "--replicas=3"),
        alerts=CHANGED,
    ),
    Case(
        "held scale and another field",
        "recovered",
        fault=scale(1),
        during=patching({"spec": {"minReadySeconds": 1}}),
        alerts=CHANGED,
    ),
    Case("annotated", "recovered", during=doing("annotate", "deployment/web", "somebody=else")),
]
