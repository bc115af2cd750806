"""What is refused, or never steady: nothing is touched, and the reason is named."""

from kubechaos import kill, where
from tests.defects import plants
from tests.defects.scene import Case
from tests.defects.workloads import deployment, template, web

READ = "get,list,watch:deployments.apps,replicasets.apps,pods,events"
CONFIG_ENV = {"env": [{"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "key"}}}]}


def never(name: str, cause: str, **more: object) -> Case:
    """Return a case of a target that is sick from the start."""
    return Case(name, "not_steady", cause, settle=8, **more)  # type: ignore[arg-type]


CASES = [
    Case("forbidden verb", "refused", "may not delete pods", user=(READ,)),
    Case("one replica", "refused", "wants 1 replicas", workload=deployment(replicas=1)),
    Case("more victims than pods", "refused", "asks for 5", fault=kill(5)),
    Case("nobody like that", "refused", "chose nobody", fault=kill(where("role=primary"))),
    Case(
        "namesake in another namespace",
        "refused",
        'no Deployment "web" in namespace',
        workload=deployment(name="other"),
        target=lambda scene, cluster: cluster.deployment("web", namespace=scene.namespace),
    ),
    never(
        "never ready from the start",
        "0 of 3 .*(Readiness probe failed|ContainersNotReady)",
        workload=deployment(template(web("sleep 600"))),
    ),
    never("crash loop from the start", "exit code 9", workload=deployment(template(web("exit 9")))),
    never("invalid image", "InvalidImageName", workload=deployment(template(web(image="UPPER/Case::1")))),
    never(
        "image that nobody has",
        "ErrImagePull|ImagePullBackOff",
        workload=deployment(template(web(image="localhost:1/none:9"))),
    ),
    never(
        "no node from the start",
        "Insufficient cpu",
        workload=deployment(template(web(resources={"requests": {"cpu": "900"}}))),
    ),
    never(
        "config map that was never there",
        'CreateContainerConfigError.*"config" not found',
        workload=deployment(template(web(**CONFIG_ENV))),
    ),
    never("quota from the start", "exceeded quota: full", prepare=plants.quota),
    never("paused from the start", "paused", plant=plants.rolled_out(plants.PAUSE)),
    never("rollout in progress", "rollout is in progress|current template", plant=plants.rolled_out(plants.BAD_IMAGE)),
]
