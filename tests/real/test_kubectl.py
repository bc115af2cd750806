"""The dev cluster's own kubectl against the embedded cluster: what works, and how what does not is refused."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from kubesim import Scaled, Simulation

EXAMPLE = Path(__file__).parents[2] / "examples" / "timeserver.yaml"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: own, labels: {mine: 'yes'}}\ndata: {a: %s}\n"


class Row(NamedTuple):
    """A command, its exit code, a text that it prints, and what it reads from standard input."""

    command: str
    code: int
    said: str
    stdin: str = ""


SCALED = EXAMPLE.read_text().replace("replicas: 3", "replicas: 4").replace("busybox:1.35.0", "busybox:1.36.0")
AGAIN = SCALED.replace("busybox:1.36.0", "busybox:1.37.0")
NOT_JSON = "the simulated cluster takes JSON"
WEB = "deployment.apps/timeserver"
# In this order, on one cluster.
ROWS = [
    Row("version", 0, "Server Version: v1.37.2+sim"),
    Row("api-resources", 0, "deployments                         deploy"),
    Row("api-versions", 0, "rbac.authorization.k8s.io/v1"),
    Row("get nodes", 0, "node-2"),
    Row("get pods", 0, "timeserver-"),
    Row("get pods -A -l app=timeserver -o name", 0, "pod/timeserver-"),
    Row("get all", 0, "service/timeserver"),
    Row("get deploy,rs,svc,ep,cm,sa,role,netpol,ing,pvc,job,cj,hpa,pdb", 0, WEB),
    Row("get crd,pv,sc,clusterrole,ns", 0, "kube-node-lease"),
    Row("get deploy timeserver -o jsonpath={.spec.replicas}", 0, "3"),
    Row("get deploy nope", 1, 'Error from server (NotFound): deployments.apps "nope" not found'),
    Row("get teapots", 1, 'the server doesn\'t have a resource type "teapots"'),
    Row("describe deploy timeserver", 0, "3 desired | 3 updated | 3 total | 3 available | 0 unavailable"),
    Row("describe pods --show-events=true", 0, "Successfully assigned default/timeserver-"),
    Row("rollout status deploy/timeserver --timeout=30s", 0, "successfully rolled out"),
    Row("wait deploy/timeserver --for=condition=Available --timeout=30s", 0, "condition met"),
    Row("apply -f -", 0, f"{WEB} configured", SCALED),
    Row("apply -f -", 0, f"{WEB} configured", AGAIN),
    Row("apply -f -", 0, f"{WEB} unchanged", AGAIN),
    Row("diff -f -", 1, "replicas", SCALED.replace("replicas: 4", "replicas: 5")),
    Row("rollout status deploy/timeserver --timeout=30s", 0, "successfully rolled out"),
    Row("scale deploy/timeserver --replicas=2", 0, f"{WEB} scaled"),
    Row("label deploy timeserver a=b", 0, f"{WEB} labeled"),
    Row("annotate deploy timeserver c=d", 0, f"{WEB} annotated"),
    Row("set image deploy/timeserver timeserver=busybox:1.35.0", 0, f"{WEB} image updated"),
    Row("set env deploy/timeserver A=b", 0, f"{WEB} env updated"),
    Row("set env deploy/timeserver A-", 0, f"{WEB} env updated"),
    Row("""patch deploy timeserver -p {"spec":{"replicas":3}}""", 0, f"{WEB} patched"),
    Row("""patch deploy timeserver --type=merge -p {"spec":{"replicas":2}}""", 0, f"{WEB} patched"),
    Row(
        """patch deploy timeserver --type=json -p [{"op":"replace","path":"/spec/replicas","value":3}]""",
        0,
        f"{WEB} patched",
    ),
    Row("""patch deploy timeserver --type=json -p [{"op":"remove","path":"/nope"}]""", 1, "The request is invalid"),
    Row("rollout restart deploy/timeserver", 0, f"{WEB} restarted"),
    Row("rollout status deploy/timeserver --timeout=30s", 0, "successfully rolled out"),
    Row("rollout history deploy/timeserver", 0, "CHANGE-CAUSE"),
    Row("rollout undo deploy/timeserver", 0, f"{WEB} rolled back"),
    Row("rollout pause deploy/timeserver", 0, f"{WEB} paused"),
    Row("rollout resume deploy/timeserver", 0, f"{WEB} resumed"),
    Row("logs deploy/timeserver", 0, ""),
    Row("get events", 0, "timeserver"),
    Row("create -f -", 0, "configmap/own created", CONFIG_MAP % "b"),
    Row("create -f -", 1, 'configmaps "own" already exists', CONFIG_MAP % "b"),
    Row("replace -f -", 0, "configmap/own replaced", CONFIG_MAP % "c"),
    Row("get cm own -o jsonpath={.data.a}", 0, "c"),
    Row("delete cm -l mine=yes", 0, 'configmap "own" deleted'),
    Row("expose deploy timeserver --name=again --port=80", 0, "service/again exposed"),
    Row("run one --image=busybox:1.35.0", 0, "pod/one created"),
    Row("delete pod one", 0, 'pod "one" deleted'),
    Row("delete pods -l app=timeserver --wait=false", 0, 'pod "timeserver-'),
    Row("rollout status deploy/timeserver --timeout=30s", 0, "successfully rolled out"),
    Row("cordon node-1", 0, "node/node-1 cordoned"),
    Row("drain node-1 --timeout=30s", 0, "node/node-1 drained"),
    Row("uncordon node-1", 0, "node/node-1 uncordoned"),
    Row("apply -f -", 0, "namespace/mine created", "apiVersion: v1\nkind: Namespace\nmetadata: {name: mine}\n"),
    Row("-n mine apply -f -", 0, "configmap/own created", CONFIG_MAP % "b"),
    Row("delete ns mine", 1, "the server does not allow this method"),
    Row("create configmap made --from-literal=a=b", 1, NOT_JSON),
    Row("create deployment made --image=busybox", 1, NOT_JSON),
    Row("auth can-i delete pods", 1, NOT_JSON),
    Row("apply --server-side -f -", 1, "Server-side apply not available", SCALED),
    Row("exec deploy/timeserver -- true", 1, "the server could not find the requested resource"),
    Row("top pods", 1, "Metrics API not available"),
    Row("explain deploy.spec", 1, ""),
    Row("delete -f -", 0, 'deployment.apps "timeserver" deleted', SCALED),
]


@pytest.fixture
def kubeconfig() -> Iterator[Path]:
    """That of an embedded cluster with the example."""
    simulation = Simulation([EXAMPLE], clock=Scaled(20)).start()
    try:
        simulation.settle()
        yield simulation.kubeconfig
    finally:
        simulation.stop()


def run(row: Row, kubeconfig: Path) -> str:
    """Run a command; return what is wrong with its end, nothing if it ended as it should."""
    command = ["kubectl", "--context=kubectl", *row.command.split(" ")]
    surroundings = {**os.environ, "KUBECONFIG": str(kubeconfig)}
    done = subprocess.run(
        command, input=row.stdin, env=surroundings, capture_output=True, text=True, timeout=60, check=False
    )
    printed = done.stdout + done.stderr
    if done.returncode == row.code and row.said in printed:
        return ""
    ended = f"exit code {done.returncode}, wanted {row.code} and {row.said!r}"
    return f"kubectl {row.command}\n    {ended}: {printed[:500]} ... {printed[-1500:]}"


def test_kubectl_does_with_the_embedded_cluster_what_it_does_with_any_other(kubeconfig: Path) -> None:
    wrong = [problem for problem in (run(row, kubeconfig) for row in ROWS) if problem]
    counts = f"kubectl: {len(ROWS) - len(wrong)} of {len(ROWS)} commands"
    assert not wrong, "\n".join([counts, *wrong])
