"""What a cluster can do while it is up; one cluster serves all tests of this file."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from driven import ROOT, WAITING_COMMAND, Driven

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n")
EXAMPLE_NAMES = ("localhost:1/timeserver:1", "docker.io/library/busybox:1.35.0")
EXAMPLES = ("deployment/timeserver", "statefulset/timeserver-set", "daemonset/timeserver-daemon")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Driven]:
    """Bring up a cluster of two nodes."""
    driven = Driven("--", *WAITING_COMMAND)
    try:
        driven.wait_for("state.json")
        yield driven
    finally:
        driven.close()


@pytest.fixture(scope="module")
def examples(cluster: Driven) -> Driven:
    """Deploy every example."""
    cluster.kubectl("apply", *(f"--filename={path}" for path in sorted(ROOT.glob("examples/*.yaml"))))
    for each in EXAMPLES:
        cluster.kubectl("rollout", "status", each, "--timeout=40s")
    return cluster


def waiting_reason(cluster: Driven, pod: str, reason: str) -> str:
    """Wait until a pod's container waits for this reason."""
    path = "{.status.containerStatuses[0].state.waiting.reason}"
    return cluster.kubectl("wait", f"pod/{pod}", f"--for=jsonpath={path}={reason}", "--timeout=30s")


def test_both_nodes_are_ready(cluster: Driven) -> None:
    status = '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}\n{end}'
    assert cluster.kubectl("get", "nodes", "-o", f"jsonpath={status}") == "node-1 True\nnode-2 True\n"


def test_the_namespace_opts_in_and_is_the_default_one(cluster: Driven) -> None:
    assert cluster.kubectl("config", "current-context") == "devcluster\n"
    assert cluster.kubectl("config", "view", "--minify", "-o", "jsonpath={..namespace}") == "chaos"
    labels = json.loads(cluster.kubectl("get", "namespace", "chaos", "-o", "jsonpath={.metadata.labels}"))
    assert labels["kubechaos/allow"] == "true"


def test_the_examples_become_ready_on_both_nodes(examples: Driven) -> None:
    for app in ("timeserver", "timeserver-set", "timeserver-daemon"):
        nodes = examples.kubectl("get", "pods", "-l", f"app={app}", "-o", "jsonpath={.items[*].spec.nodeName}")
        assert set(nodes.split()) == {"node-1", "node-2"}, app


def test_exec_logs_and_the_service_proxy_answer(examples: Driven) -> None:
    assert examples.kubectl("exec", "deploy/timeserver", "--", "echo", "hello") == "hello\n"
    assert examples.kubectl("logs", "deploy/timeserver") == "serving the time on port 8080\n"
    proxy = "/api/v1/namespaces/chaos/services/timeserver:80/proxy/"
    assert TIME.fullmatch(examples.kubectl("get", "--raw", proxy))


def test_a_running_container_knows_the_digest_of_its_image(examples: Driven) -> None:
    path = "jsonpath={.items[0].status.containerStatuses[0].imageID}"
    digest = examples.kubectl("get", "pods", "-l", "app=timeserver", "-o", path)
    assert re.fullmatch(r"docker\.io/library/busybox@sha256:[0-9a-f]{64}", digest)


def test_a_deleted_pod_ends_before_its_grace_period(examples: Driven) -> None:
    examples.kubectl("delete", "pod", "timeserver-set-0", "--grace-period=600", "--timeout=60s")
    examples.kubectl("rollout", "status", "statefulset/timeserver-set", "--timeout=30s")


def test_an_image_that_does_not_exist_shows_err_image_pull(cluster: Driven) -> None:
    cluster.kubectl("run", "missing", "--image=localhost:1/missing:1")
    waiting_reason(cluster, "missing", "ErrImagePull")
    cluster.kubectl("delete", "pod", "missing", "--timeout=30s")


def test_an_image_can_be_removed_from_the_nodes(cluster: Driven) -> None:
    for node in cluster.state["nodes"]:
        command = ["ctr", "--address", node["containerd_socket"], "--namespace", "k8s.io", "images", "remove"]
        subprocess.run([*command, *EXAMPLE_NAMES], check=True, timeout=20, capture_output=True)
    for pod, image in zip(("local", "public"), EXAMPLE_NAMES, strict=True):
        cluster.kubectl("run", pod, f"--image={image}", "--image-pull-policy=IfNotPresent")
    for pod in ("local", "public"):
        waiting_reason(cluster, pod, "ErrImagePull")
    cluster.kubectl("delete", "pod", "local", "public", "--timeout=30s")


def test_permissions_are_enforced(cluster: Driven) -> None:
    account = "--as=system:serviceaccount:chaos:default"
    with pytest.raises(AssertionError, match="forbidden"):
        cluster.kubectl("get", "pods", account)


def test_a_kubelet_killed_on_purpose_can_be_started_again(cluster: Driven) -> None:
    state = cluster.state
    name = state["nodes"][1]["kubelet"]
    component = state["components"][name]
    Path(state["may_die"], name).touch()

    subprocess.run(["kill", f"-{int(signal.SIGKILL)}", str(component["pid"])], check=True, timeout=5)
    cluster.kubectl("run", "later", "--image=localhost:1/timeserver:2", "--overrides", overrides("node-2"))
    with Path(component["log"]).open("ab") as log:
        again = subprocess.Popen(component["argv"], stdout=log, stderr=log, start_new_session=True, cwd=ROOT)
    try:
        waiting_reason(cluster, "later", "ErrImagePull")
    finally:
        again.kill()
        again.wait(timeout=10)


def overrides(node: str) -> str:
    """Return the part of a pod that binds it to a node."""
    return json.dumps({"apiVersion": "v1", "spec": {"nodeName": node}})
