"""What is refused, or never steady: nothing is touched, and the reason is named."""

from kubechaos import kill, rollout_restart, where
from tests.defects import plants
from tests.defects.cases.replacements import CRASHED, MISSING
from tests.defects.scene import Case
from tests.defects.workloads import deployment, stateful_set, template, web

READ = "get,list,watch:deployments.apps,replicasets.apps,pods,events"
CONFIG_ENV = {"env": [{"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "key"}}}]}


def never(name: str, code: str, **more: object) -> Case:
    """Return a case of a target that fails from the start."""
    return Case(name, "not_steady", code, settle=8, **more)  # type: ignore[arg-type]


CASES = [
    Case("forbidden verb", "refused", "PermissionRefused", says="delete pods", user=(READ,)),
    Case("one replica", "refused", "TooFewReplicas", workload=deployment(replicas=1)),
    Case("more victims than pods", "refused", "TooFewCandidates", fault=kill(5)),
    Case("nobody like that", "refused", "TooFewCandidates", fault=kill(where("role=primary"))),
    Case(
        "namesake in another namespace",
        "refused",
        "NotFoundTarget",
        says='"web" in namespace',
        workload=deployment(name="other"),
        target=lambda scene, cluster: cluster.deployment("web", namespace=scene.namespace),
    ),
    never(
        "never ready from the start",
        "ContainersNotReady|Unhealthy",
        says="0 of 3",
        workload=deployment(template(web("sleep 600"))),
    ),
    never("crash loop from the start", CRASHED, says="exit code 9", workload=deployment(template(web("exit 9")))),
    never(
        "invalid image",
        "ImagePullBackOff",
        says="InvalidImageName",
        workload=deployment(template(web(image="UPPER/Case::1"))),
    ),
    never(
        "image that nobody has",
        "ImagePullBackOff",
        workload=deployment(template(web(image="localhost:1/none:9"))),
    ),
    never(
        "no node from the start",
        "Unschedulable",
        says="Insufficient cpu",
        workload=deployment(template(web(resources={"requests": {"cpu": "900"}}))),
    ),
    never(
        "config map that was never there",
        "CreateContainerConfigError",
        says=MISSING,
        workload=deployment(template(web(**CONFIG_ENV))),
    ),
    never("quota from the start", "FailedCreate", says="exceeded quota: full", prepare=plants.quota),
    # A paused Deployment still replaces its pods.
    Case("paused from the start", "recovered", plant=plants.rolled_out(plants.PAUSE)),
    Case(
        "rollout of a paused one", "refused", "Paused", fault=rollout_restart(), plant=plants.rolled_out(plants.PAUSE)
    ),
    never(
        "on delete",
        "UpdateStrategy",
        says="waiting would not help",
        workload=stateful_set(updateStrategy={"type": "OnDelete"}),
        plant=plants.doing("rollout", "restart", "statefulset/web"),
    ),
    never("rollout in progress", "RolloutInProgress|ImagePullBackOff", plant=plants.rolled_out(plants.BAD_IMAGE)),
]
