"""Replacements that fail, while the template is what it was: no recovery, and the cause is named."""

from typing import Any, Final

from kubechaos import kill, oldest
from tests.defects import plants
from tests.defects.scene import Case
from tests.defects.workloads import (
    ALIVE,
    IGNORES_TERM,
    LITTLE,
    MODE,
    bare_pod,
    container,
    data,
    deployment,
    first,
    service,
    template,
    web,
)

PROBE: Final[dict[str, Any]] = {"code": "Unhealthy", "says": "Readiness probe failed"}
"""What is made of a readiness probe that fails: the reason of the kubelet's Event, and its message."""
CRASHED = "CrashLoopBackOff|Error"
"""A container that ends again and again is seen in its back-off, or just ended."""
MISSING = '"config" not found'
GONE, MUTE = "localhost:1/gone:1", f"203.0.113.1:{plants.REGISTRY_PORT}/mute:1"
CONFIG, SECRET = data("ConfigMap", "config"), data("Secret", "secret")
FROM_CONFIG = {"env": [MODE, {"name": "KEY", "valueFrom": {"configMapKeyRef": {"name": "config", "key": "key"}}}]}
FROM_SECRET = {"env": [MODE, {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "secret", "key": "key"}}}]}
VOLUME = [{"name": "config", "configMap": {"name": "config"}}]
MOUNT = {"volumeMounts": [{"name": "config", "mountPath": "/config"}]}
WITH_FIRST = deployment(template(initContainers=[first()]))
SIDE = container("side", 'test "$MODE" != side-crash || exit 6; sleep 600 & wait', restartPolicy="Always")


def failing(name: str, code: str, **more: object) -> Case:
    """Return a case that is not recovered from."""
    return Case(name, "not_recovered", code, **more)  # type: ignore[arg-type]


CASES = [
    failing("never ready", **PROBE, mode="hang"),
    failing("too slow", **PROBE, mode="slow", within=3),
    failing("flapping", "Flapping", mode="flap", stable_for=4, within=10),
    failing("crash loop", CRASHED, says="exit code 3", mode="crash", alerts=("CrashLoopBackOff",)),
    failing("crash loop with its log tail", CRASHED, says="no licence was found", mode="crash"),
    failing(
        "out of memory",
        "OOMKilled",
        mode="hungry",
        workload=deployment(template(web(resources=LITTLE))),
        alerts=("OOMKilled",),
    ),
    failing(
        "out of memory when just ready",
        "OOMKilled",
        mode="soon-hungry",
        workload=deployment(template(web(resources=LITTLE))),
        within=10,
        stable_for=5,
        alerts=("OOMKilled",),
    ),
    failing("crash when just ready", CRASHED, says="exit code 4", mode="soon-crash", within=10, stable_for=5),
    failing(
        "liveness that fails when just ready",
        # In its back-off the API no longer says that it was the liveness probe that ended the container, only that it
        # ended on SIGTERM: a crash has another exit code.
        "Unhealthy|Flapping|CrashLoopBackOff",
        says=r"Liveness probe failed|exit code 0\b",
        mode="soon-dead",
        workload=deployment(template(web(livenessProbe=ALIVE))),
        within=10,
        stable_for=5,
    ),
    failing(
        "image that is gone",
        "ImagePullBackOff",
        prepare=plants.tag(GONE),
        workload=deployment(template(web(image=GONE))),
        plant=plants.untag(GONE),
        alerts=("ImagePullBackOff",),
    ),
    failing(
        "pull that hangs",
        "Pulling",
        prepare=plants.tag(MUTE),
        workload=deployment(template(web(image=MUTE))),
        plant=plants.untag(MUTE),
        under=plants.with_a_mute_registry,
        alerts=("NotStarted",),
    ),
    failing(
        "config map that is missing",
        "CreateContainerConfigError",
        says=MISSING,
        also=(CONFIG,),
        workload=deployment(template(web(**FROM_CONFIG))),
        plant=plants.doing("delete", "configmap", "config"),
        alerts=("CreateContainerConfigError",),
    ),
    failing(
        "config map that is missing behind an init container",
        # The status may say PodInitializing for longer; the Event is "Failed: Error: configmap not found".
        "CreateContainerConfigError|Failed",
        says=MISSING,
        also=(CONFIG,),
        workload=deployment(template(web(**FROM_CONFIG), initContainers=[first()])),
        plant=plants.doing("delete", "configmap", "config"),
    ),
    failing(
        "secret that is missing",
        "CreateContainerConfigError",
        says='"secret" not found',
        also=(SECRET,),
        workload=deployment(template(web(**FROM_SECRET))),
        plant=plants.doing("delete", "secret", "secret"),
    ),
    failing(
        "volume that cannot be mounted",
        "FailedMount",
        says=MISSING,
        also=(CONFIG,),
        workload=deployment(template(web(**MOUNT), volumes=VOLUME)),
        plant=plants.doing("delete", "configmap", "config"),
        alerts=("NotStarted",),
    ),
    failing(
        "init container that fails",
        CRASHED,
        says="first.*exit code 5|exit code 5.*first",
        mode="first-crash",
        workload=WITH_FIRST,
    ),
    failing("init container that hangs", "PodInitializing", says="first", mode="first-hang", workload=WITH_FIRST),
    failing(
        "sidecar that crashes",
        CRASHED,
        says="side.*exit code 6|exit code 6.*side",
        mode="side-crash",
        workload=deployment(template(initContainers=[SIDE])),
    ),
    failing(
        "readiness gate that stays shut",
        "ReadinessGatesNotReady",
        says="example.com/gate",
        workload=deployment(template(web(), readinessGates=[{"conditionType": "example.com/gate"}])),
        before_steady=plants.gates,
    ),
    failing(
        "no node", "Unschedulable", says="0/2 nodes are available", under=plants.on_no_node, alerts=("Unschedulable",)
    ),
    failing("quota", "FailedCreate", says="exceeded quota: full", plant=plants.quota, alerts=("FailedCreate",)),
    failing(
        "admission",
        "FailedCreate",
        says="no pods on Fridays",
        under=plants.with_a_strict_admission,
        alerts=("FailedCreate",),
    ),
    failing(
        "silent controller",
        "NotCreated",
        under=plants.without("kube-controller-manager"),
        alerts=("NotCreated",),
    ),
    failing("silent scheduler", "NotScheduled", under=plants.without("kube-scheduler"), alerts=("NotScheduled",)),
    failing(
        "silent kubelet",
        "NotStarted",
        fault=kill(plants.one_on_node_1),
        workload=deployment(replicas=4),
        under=plants.with_a_silent_kubelet,
        alerts=("NotStarted",),
    ),
    failing(
        "terminating pod that stays ready",
        **PROBE,
        mode="hang",
        workload=deployment(template(web(IGNORES_TERM), grace=7)),
    ),
    failing("force and never ready", **PROBE, fault=kill(1, force=True), mode="hang"),
    failing("the oldest", **PROBE, fault=kill(oldest), mode="hang"),
    # Before their cause is seen the replacement must have started, which takes more than 6 s on a busy machine.
    failing("survivor that fails", **PROBE, during=plants.unready_a_survivor, within=15),
    failing(
        "stranger with the same labels",
        **PROBE,
        within=15,
        also=(bare_pod("web-stray"), deployment(name="web-2"), service()),
        mode="hang",
    ),
    failing(
        "neighbour in trouble too",
        **PROBE,
        within=15,
        never="exit code 9|InvalidImageName|Unschedulable",
        also=(
            deployment(template(web("exit 9"), app="other"), name="web-2"),
            deployment(template(web(image="UPPER/Case::1"), app="other"), name="web-3"),
        ),
        mode="hang",
    ),
    failing(
        "neighbour in trouble and a silent controller",
        "NotCreated",
        never="exit code 9|CrashLoop",
        also=(deployment(template(web("exit 9"), app="other"), name="web-2"),),
        under=plants.without("kube-controller-manager"),
    ),
]
