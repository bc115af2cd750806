"""Scenarios: what a pod asks of its node, beside its containers: init containers, sidecars, configuration, places."""

from typing import Any

from .manifests import CRASHES, IMAGE, NEVER_READY, READY, SERVER, service
from .rollouts import is_unschedulable
from .script import Script, is_ready, name, restarts, uid, waiting

STRATEGIC = "application/strategic-merge-patch+json"
HOST = "kubernetes.io/hostname"


def init(name: str, script: str, **more: Any) -> dict[str, Any]:
    """Return an init container."""
    container = {"name": name, "image": IMAGE, "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", script]}
    return {**container, **more}


def init_containers(run: Script) -> None:
    """A Deployment's pods have two init containers, which end by themselves; then a pod is deleted."""
    run.create("services", service(run.name))
    run.deploy(2, pod={"initContainers": [init("first", "sleep 0.2"), init("second", "sleep 0.2")]})
    run.settled(2)
    run.delete(run.pods()[0], "delete a pod")
    run.settled(2)


def init_crash_loop(run: Script) -> None:
    """The only pod's init container exits with 3, until it has been restarted twice."""
    run.deploy(1, pod={"initContainers": [init("first", CRASHES)]}, failure="init-crash-loop")
    run.until("two restarts, then back-off", lambda: any(map(_init_looping, run.pods())))


def _init_looping(pod: dict[str, Any]) -> bool:
    states = pod["status"].get("initContainerStatuses", ())
    return any(each["restartCount"] == 2 and "terminated" in each["state"] for each in states)


def init_waiting(run: Script) -> None:
    """The pods' init container never ends; one of two pods is deleted."""
    pod = {"initContainers": [init("first", NEVER_READY), init("second", "exit 0")]}
    run.deploy(2, pod=pod, failure="init-waiting")
    run.until("two that wait", lambda: len(run.reported("Started")) == 2)
    run.cut()
    run.delete(run.pods()[0], "delete a pod")
    run.until("two that wait again", lambda: len(run.pods()) == 2 and len(run.reported("Started")) == 3)


def sidecar(run: Script) -> None:
    """The pods have a native sidecar before an init container: it starts first, runs on, and ends last."""
    pod = {"initContainers": [init("proxy", SERVER, restartPolicy="Always"), init("first", "sleep 0.2")]}
    run.create("services", service(run.name))
    run.deploy(2, pod=pod)
    run.settled(2)
    run.delete(run.pods()[0], "delete a pod")
    run.settled(2)


def sidecar_restart(run: Script) -> None:
    """The image of one of 2 pods' sidecars is named by its own digest: it is restarted in place."""
    run.deploy(2, pod={"initContainers": [init("proxy", SERVER, restartPolicy="Always")]})
    run.settled(2)
    pod = run.pods()[0]
    (status,) = pod["status"]["initContainerStatuses"]
    container = {"name": "proxy", "image": status["imageID"].rpartition("//")[2]}
    run.cut()
    patch = {"metadata": {"uid": uid(pod)}, "spec": {"initContainers": [container]}}
    run.ask("patch the image", "PATCH", run.of("pods", name(pod)), patch, Content_Type=STRATEGIC)
    run.until("a restart", lambda: any(_init_restarts(each) == 1 for each in run.pods()))
    run.settled(2)


def _init_restarts(pod: dict[str, Any]) -> int:
    return max((each["restartCount"] for each in pod["status"].get("initContainerStatuses", ())), default=0)


def config_missing(run: Script) -> None:
    """A variable's ConfigMap is not there, and is made when the pods have waited for it."""
    wanted = {"configMapKeyRef": {"name": run.name, "key": "mode"}}
    run.deploy(2, container={"env": [{"name": "MODE", "valueFrom": wanted}]})
    run.until("two that wait", lambda: _all(run, "CreateContainerConfigError"))
    run.create("configmaps", {"metadata": {"name": run.name}, "data": {"mode": "fast"}})
    run.settled(2)


def config_key_missing(run: Script) -> None:
    """The ConfigMap is there, without the key; of another variable all is optional."""
    run.create("configmaps", {"metadata": {"name": run.name}, "data": {"other": "fast"}})
    wanted = {"configMapKeyRef": {"name": run.name, "key": "mode"}}
    spare = {"secretKeyRef": {"name": "none", "key": "mode", "optional": True}}
    run.deploy(1, container={"env": [{"name": "A", "valueFrom": spare}, {"name": "MODE", "valueFrom": wanted}]})
    run.until("one that waits", lambda: _all(run, "CreateContainerConfigError"))


def secret_missing(run: Script) -> None:
    """All of the pod's variables come from a Secret that is not there."""
    run.deploy(1, container={"envFrom": [{"secretRef": {"name": run.name}}]})
    run.until("one that waits", lambda: _all(run, "CreateContainerConfigError"))


def volume_missing(run: Script) -> None:
    """A volume's Secret is not there, and is made when its pod has waited for it."""
    volumes = [{"name": "keys", "secret": {"secretName": run.name}}]
    run.deploy(1, pod={"volumes": volumes}, container={"volumeMounts": [{"name": "keys", "mountPath": "/keys"}]})
    run.until("it cannot be mounted", lambda: run.reported("FailedMount", 2))
    run.create("secrets", {"metadata": {"name": run.name}, "data": {}})
    run.settled(1)


def _all(run: Script, reason: str) -> bool:
    pods = run.pods()
    return bool(pods) and all(waiting(pod) == reason for pod in pods)


def pre_stop(run: Script) -> None:
    """One of 2 pods is deleted that sleeps a second before SIGTERM; its grace is 3 s."""
    run.create("services", service(run.name))
    run.deploy(2, grace=3, container={"lifecycle": {"preStop": {"sleep": {"seconds": 1}}}})
    run.settled(2)
    run.cut()
    run.delete(run.pods()[0], "delete a pod")
    run.settled(2)


def pre_stop_cut_short(run: Script) -> None:
    """One of 2 pods is deleted with a grace of 2 s, which sleeps 20 s before SIGTERM."""
    run.deploy(2, grace=30, container={"lifecycle": {"preStop": {"sleep": {"seconds": 20}}}})
    run.settled(2)
    run.cut()
    run.delete(run.pods()[0], "delete a pod with a shorter grace", gracePeriodSeconds=2)
    run.settled(2)


def anti_affinity(run: Script) -> None:
    """Three pods that stand no other of theirs on a node of two; then one of those that run is deleted."""
    term = {"labelSelector": {"matchLabels": {"app": run.name}}, "topologyKey": HOST}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": [term]}
    run.deploy(3, pod={"affinity": {"podAntiAffinity": required}})
    _third_waits(run)


def _third_waits(run: Script) -> None:
    """Two of three pods run and the third has no node; then one is deleted, and the third is where it was."""
    run.until("two Ready and one without a node", lambda: _places(run) == (2, 1))
    run.cut()
    victim = next(pod for pod in run.pods() if is_ready(pod))
    run.delete(victim, "delete a pod")
    run.until("one more waits", lambda: len(run.pods()) == 3 and _places(run) == (2, 1))


def _places(run: Script) -> tuple[int, int]:
    pods = run.pods()
    return sum(map(is_ready, pods)), sum(map(is_unschedulable, pods))


def spread(run: Script) -> None:
    """Three pods are to be spread over three nodes of which there are two; then one that runs is deleted."""
    selector = {"matchLabels": {"app": run.name}}
    constraint = {"maxSkew": 1, "minDomains": 3, "topologyKey": HOST, "labelSelector": selector}
    run.deploy(3, pod={"topologySpreadConstraints": [{**constraint, "whenUnsatisfiable": "DoNotSchedule"}]})
    _third_waits(run)


def spread_no_label(run: Script) -> None:
    """A pod is to be spread over zones, but no node has one."""
    selector = {"matchLabels": {"app": run.name}}
    constraint = {"maxSkew": 1, "topologyKey": "kubechaos.test/zone", "labelSelector": selector}
    run.deploy(1, pod={"topologySpreadConstraints": [{**constraint, "whenUnsatisfiable": "DoNotSchedule"}]})
    run.until("one without a node", lambda: _places(run) == (0, 1))


def host_port(run: Script) -> None:
    """Three pods want the same port of a node, of which there are two; then one that runs is deleted."""
    run.deploy(3, container={"ports": [{"containerPort": 8080, "hostPort": 18080}]})
    _third_waits(run)


def liveness(run: Script) -> None:
    """The liveness probe of the only pod always fails: its container is restarted again and again."""
    probe = {"exec": {"command": ["test", "-e", "/tmp/alive"]}, "periodSeconds": 1, "failureThreshold": 2}
    run.deploy(1, container={"livenessProbe": probe}, failure="liveness")
    run.until("two restarts", lambda: any(restarts(pod) == 2 for pod in run.pods()))


def liveness_back_off(run: Script) -> None:
    """The same, until the kubelet waits before the next restart."""
    probe = {"exec": {"command": ["test", "-e", "/tmp/alive"]}, "periodSeconds": 1, "failureThreshold": 1}
    run.deploy(1, container={"livenessProbe": probe}, failure="liveness")
    run.until("CrashLoopBackOff", lambda: any(waiting(pod) == "CrashLoopBackOff" for pod in run.pods()))


def startup(run: Script) -> None:
    """A startup probe passes after 2 s, and only then readiness is asked for."""
    probe = {"exec": {"command": ["test", "-e", READY]}, "periodSeconds": 1, "failureThreshold": 30}
    script = f"trap 'exit 0' TERM; sleep 2; touch {READY}; sleep 3600 & wait"
    run.create("services", service(run.name))
    run.deploy(1, script=script, container={"startupProbe": probe}, failure="slow-ready")
    run.settled(1)


def startup_failing(run: Script) -> None:
    """The startup probe of the only pod always fails: its container is restarted, and never probed for readiness."""
    probe = {"exec": {"command": ["test", "-e", READY]}, "periodSeconds": 1, "failureThreshold": 2}
    run.deploy(1, script=NEVER_READY, container={"startupProbe": probe}, failure="never-started")
    run.until("CrashLoopBackOff", lambda: any(waiting(pod) == "CrashLoopBackOff" for pod in run.pods()))
