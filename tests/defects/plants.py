"""What is done to a cluster so that a recovery fails, and what others do in the middle of one."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from random import Random
from typing import TypeVar

from kubechaos.kube.objects import Pod
from tests.defects.scene import SHARED, Scene
from tests.defects.workloads import IMAGE, Manifest
from tests.real.parts import cordoned, ctr, kubectl, nodes, silent

Deed = TypeVar("Deed", bound=Callable[..., object])
NODES = ("node-1", "node-2")
PAUSE: Manifest = {"spec": {"paused": True}}
BAD_IMAGE: Manifest = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "UPPER/Case::1"}]}}}}
REGISTRY_PORT = 5999
LISTEN = """
import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("listening", flush=True)
kept = []
while True:
    kept.append(server.accept())
"""


def of_all(deed: Deed) -> Deed:
    """Mark a deed that touches what all tests on the cluster share."""
    setattr(deed, SHARED, True)
    return deed


def without(*components: str) -> Callable[[Scene], AbstractContextManager[None]]:
    """Components of the cluster do nothing."""
    return of_all(lambda scene: silent(*components))


@of_all
def on_no_node(scene: Scene) -> AbstractContextManager[None]:
    """No node takes new pods."""
    return cordoned(*NODES)


@of_all
@contextmanager
def with_a_silent_kubelet(scene: Scene) -> Iterator[None]:
    """New pods can only be placed on node-2, whose kubelet does nothing."""
    with cordoned("node-1"), silent("kubelet-2"):
        yield


def quota(scene: Scene) -> None:
    """Let no pod be created in the namespace."""
    scene.kubectl("create", "quota", "full", "--hard=pods=0")
    while scene.kubectl("get", "quota", "full", "--output=jsonpath={.status.hard.pods}") != "0":
        time.sleep(0.05)


@contextmanager
def with_a_strict_admission(scene: Scene) -> Iterator[None]:
    """A policy of the cluster's admits no pod in the namespace."""
    name, group = scene.namespace, {"apiVersion": "admissionregistration.k8s.io/v1"}
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
    refusal = {"expression": "false", "message": "no pods on Fridays"}
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [refusal]}
    here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    bound = {"policyName": name, "validationActions": ["Deny"], "matchResources": here}
    policy = {**group, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec}
    binding = {**group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": bound}
    scene.apply(policy, binding)
    try:
        until = time.monotonic() + 20
        while "no pods on Fridays" not in _dry_run(scene):
            assert time.monotonic() < until, "the policy never came into force"
            time.sleep(0.1)
        yield
    finally:
        kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", name)


def _dry_run(scene: Scene) -> str:
    command = ["kubectl", "-n", scene.namespace, "run", "probe", f"--image={IMAGE}", "--dry-run=server"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stderr


def tag(image: str) -> Callable[[Scene], None]:
    """Let the image have another name on every node."""

    def done(scene: Scene) -> None:
        for node in nodes():
            ctr(node, "images", "tag", "--force", IMAGE, image)

    return done


def untag(image: str) -> Callable[[Scene], None]:
    """Take that name away again: from now on it would have to be pulled."""

    def done(scene: Scene) -> None:
        for node in nodes():
            ctr(node, "images", "rm", "--sync", image)

    return done


@contextmanager
def with_a_mute_registry(scene: Scene) -> Iterator[None]:
    """A registry on node-1 takes connections and says nothing."""
    node = nodes()[0]
    command = [*node["enter"], sys.executable, "-c", LISTEN, node["address"], str(REGISTRY_PORT)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as registry:
        try:
            assert registry.stdout is not None
            assert registry.stdout.readline() == "listening\n"
            yield
        finally:
            registry.kill()


def budgets(*least: int) -> Callable[[Scene], None]:
    """Make disruption budgets, each with so many pods that must stay; wait until their controller has seen them."""

    def done(scene: Scene) -> None:
        for number, pods in enumerate(least):
            name = f"budget-{number}"
            scene.kubectl("create", "pdb", name, "--selector=app=web", f"--min-available={pods}")
            scene.kubectl("wait", "pdb", name, "--for=jsonpath={.status.observedGeneration}=1", "--timeout=10s")

    return done


def doing(*args: str) -> Callable[[Scene], None]:
    """Run kubectl."""

    def done(scene: Scene) -> None:
        scene.kubectl(*args)

    return done


def patching(change: Manifest, *what: str, strategy: str = "merge") -> Callable[[Scene], None]:
    """Patch an object, the Deployment `web` unless another is named."""
    return doing("patch", *(what or ("deployment/web",)), f"--type={strategy}", f"--patch={json.dumps(change)}")


def every_pod(change: Manifest, *args: str) -> Callable[[Scene], None]:
    """Patch every pod of the target."""

    def done(scene: Scene) -> None:
        for name in scene.pods():
            scene.kubectl("patch", "pod", name, "--type=merge", f"--patch={json.dumps(change)}", *args)

    return done


def finalizers(scene: Scene) -> None:
    """Keep every pod in the API when it is deleted."""
    every_pod({"metadata": {"finalizers": ["example.com/keep"]}})(scene)


@contextmanager
def with_finalizers(scene: Scene) -> Iterator[None]:
    """Pods that are deleted stay in the API, stopped."""
    finalizers(scene)
    try:
        yield
    finally:
        for name in scene.kubectl("get", "pods", "--output=name").split():
            scene.kubectl("patch", name, "--type=merge", '--patch={"metadata":{"finalizers":null}}')


def gates(scene: Scene) -> None:
    """Open the readiness gate of every pod that is there, as its controller would."""
    opened = [{"type": "example.com/gate", "status": "True"}]
    arrives(scene, 3)
    for name in scene.pods():
        patch = json.dumps({"status": {"conditions": opened}})
        scene.kubectl("patch", "pod", name, "--subresource=status", "--type=strategic", f"--patch={patch}")


def arrives(scene: Scene, least: int = 1) -> None:
    """Wait until there are so many pods."""
    until = time.monotonic() + 20
    while len(scene.pods()) < least:
        assert time.monotonic() < until, "the pods were never created"
        time.sleep(0.1)


def rolled_out(change: Manifest) -> Callable[[Scene], None]:
    """Patch the Deployment once all of it is there."""

    def done(scene: Scene) -> None:
        scene.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        patching(change, strategy="strategic")(scene)

    return done


def one_on_node_1(pods: Sequence[Pod], chance: Random) -> Sequence[Pod]:
    """Choose one pod on the first node."""
    return [pod for pod in pods if pod.node == "node-1"][:1]


def unready_a_survivor(scene: Scene) -> None:
    """Make a pod that was there before fail its readiness probe."""
    scene.kubectl("exec", scene.survivors[0], "--", "rm", "/tmp/www/ready")


def crash_a_survivor(scene: Scene) -> None:
    """End the main process of a pod that was there before; its container is started again."""
    survivor, restarts = scene.survivors[0], "{.status.containerStatuses[0].restartCount}"
    # Not at once: the exec itself would be killed with the container it is in.
    scene.kubectl("exec", survivor, "--", "sh", "-c", "(sleep 0.3; kill 1) >/dev/null 2>&1 &")
    scene.kubectl("wait", f"pod/{survivor}", f"--for=jsonpath={restarts}=1", "--timeout=20s")


def kill_a_survivor(scene: Scene) -> None:
    """Delete another pod."""
    scene.kubectl("delete", "pod", scene.survivors[0], "--wait=false")


def kill_the_replacement(scene: Scene) -> None:
    """Delete the pod that has just come."""
    until = time.monotonic() + 5
    while not (fresh := [name for name in scene.pods() if name not in scene.before]):
        assert time.monotonic() < until, "there was no replacement"
        time.sleep(0.05)
    scene.kubectl("delete", "pod", fresh[0], "--wait=false")


@of_all
@contextmanager
def drained(scene: Scene) -> Iterator[None]:
    """While this lasts, somebody else has drained node-1."""
    try:
        yield
    finally:
        kubectl("uncordon", "node-1")


@of_all
def drain(scene: Scene) -> None:
    """Drain node-1 of the target's pods."""
    kubectl("drain", "node-1", "--pod-selector=app=web", "--ignore-daemonsets", "--timeout=20s")
