"""The command line of each component."""

from dataclasses import dataclass
from pathlib import Path

from devcluster.layout import API_PORT, SERVICE_NETWORK, Layout, Node

ETCD = "http://127.0.0.1:2379"
ETCD_PEER = "http://127.0.0.1:2380"


@dataclass(frozen=True, slots=True)
class Component:
    """A program of the cluster, the node whose namespaces it runs in, and its arguments."""

    name: str
    node: Node
    command: tuple[str, ...]


def etcd(layout: Layout) -> Component:
    """Return etcd; it keeps its data in memory and never waits for a disk."""
    return component(
        layout,
        "etcd",
        "--name=etcd",
        "--data-dir=/var/lib/etcd",
        f"--listen-client-urls={ETCD}",
        f"--advertise-client-urls={ETCD}",
        f"--listen-peer-urls={ETCD_PEER}",
        f"--initial-advertise-peer-urls={ETCD_PEER}",
        f"--initial-cluster=etcd={ETCD_PEER}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    )


def api_server(layout: Layout) -> Component:
    """Return the API server."""
    keys, address = layout.certificates, layout.nodes[0].address
    return component(
        layout,
        "kube-apiserver",
        f"--etcd-servers={ETCD}",
        f"--bind-address={address}",
        f"--advertise-address={address}",
        f"--secure-port={API_PORT}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--allow-privileged=true",
        "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC",
        "--endpoint-reconciler-type=none",
        "--profiling=false",
        f"--client-ca-file={keys / 'ca.crt'}",
        # Nobody holds a certificate of this name; without one the other components log an error a second.
        f"--requestheader-client-ca-file={keys / 'ca.crt'}",
        "--requestheader-allowed-names=nobody",
        "--requestheader-username-headers=X-Remote-User",
        *tls(keys),
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys / 'service-account.crt'}",
        f"--service-account-signing-key-file={keys / 'service-account.key'}",
        f"--kubelet-client-certificate={keys / 'admin.crt'}",
        f"--kubelet-client-key={keys / 'admin.key'}",
        "--kubelet-preferred-address-types=InternalIP",
    )


def tls(keys: Path) -> tuple[str, str]:
    """Return the flags of the API server's own certificate."""
    return f"--tls-cert-file={keys / 'kube-apiserver.crt'}", f"--tls-private-key-file={keys / 'kube-apiserver.key'}"


def controller_manager(layout: Layout) -> Component:
    """Return the controller manager."""
    keys, kubeconfig = layout.certificates, layout.state / "kube-controller-manager.kubeconfig"
    return component(
        layout,
        "kube-controller-manager",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--use-service-account-credentials=true",
        # With the default of 20 a second it takes 5 seconds to make its controllers' service accounts.
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
        "--flex-volume-plugin-dir=/var/lib/kubelet/plugins",
        f"--root-ca-file={keys / 'ca.crt'}",
        f"--service-account-private-key-file={keys / 'service-account.key'}",
        f"--cluster-signing-cert-file={keys / 'ca.crt'}",
        f"--cluster-signing-key-file={keys / 'ca.key'}",
    )


def scheduler(layout: Layout) -> Component:
    """Return the scheduler."""
    kubeconfig = layout.state / "kube-scheduler.kubeconfig"
    return component(
        layout,
        "kube-scheduler",
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        "--profiling=false",
    )


def containerd(node: Node) -> Component:
    """Return a node's containerd, which comes from Debian."""
    return Component(
        f"containerd-{node.number}", node, ("containerd", "--config", str(node.directory / "containerd.toml"))
    )


def kubelet(layout: Layout, node: Node) -> Component:
    """Return a node's kubelet."""
    command = (
        str(layout.programs / "kubelet"),
        f"--config={node.directory / 'kubelet.json'}",
        f"--kubeconfig={node.directory / 'kubeconfig'}",
        f"--hostname-override={node.name}",
        f"--node-ip={node.address}",
        "--root-dir=/var/lib/kubelet",
        "--cert-dir=/var/lib/kubelet/pki",
    )
    return Component(f"kubelet-{node.number}", node, command)


def component(layout: Layout, name: str, *arguments: str) -> Component:
    """Return a component of the control plane, which runs on the first node."""
    return Component(name, layout.nodes[0], (str(layout.programs / name), *arguments))
