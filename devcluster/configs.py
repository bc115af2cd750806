"""The configuration files of the components, as text."""

import base64
import json

from devcluster.image import SANDBOX
from devcluster.layout import CONTEXT, NAMESPACE, SERVICE_NETWORK, Layout, Node

CNI_PROGRAMS = "/usr/lib/cni"
CONTAINERD = """\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.internal.v1.tracing",
  "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
address = "{socket}"

[ttrpc]
address = "{socket}.ttrpc"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{sandbox}"
# Lowering a process's oom_score_adj needs CAP_SYS_RESOURCE, which root in a container may lack.
restrict_oom_score_adj = true

[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{cni_programs}"
conf_dir = "{directory}/cni"
"""


def containerd(node: Node) -> str:
    """Return the configuration of a node's containerd."""
    return CONTAINERD.format(socket=node.socket, sandbox=SANDBOX, directory=node.directory, cni_programs=CNI_PROGRAMS)


def pod_network(node: Node) -> str:
    """Return the CNI configuration of a node: a bridge, addresses from the node's own range, no masquerade."""
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": str(node.pod_range)}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "hairpinMode": True, "ipam": addresses}
    return json.dumps({"cniVersion": "0.4.0", "name": "devcluster", "plugins": [bridge]}, indent=1)


def kubelet(layout: Layout, node: Node) -> str:
    """Return the configuration of a node's kubelet; JSON is YAML."""
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": str(node.address),
            **kubelet_identity(layout, node),
            **kubelet_runtime(layout, node),
            **KUBELET_HABITS,
        },
        indent=1,
    )


def kubelet_identity(layout: Layout, node: Node) -> dict[str, object]:
    """Return whom a kubelet trusts and how it shows itself."""
    keys = layout.certificates
    return {
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": False},
            "x509": {"clientCAFile": str(keys / "ca.crt")},
        },
        "authorization": {"mode": "AlwaysAllow"},
        "tlsCertFile": str(keys / f"{node.name}.crt"),
        "tlsPrivateKeyFile": str(keys / f"{node.name}.key"),
    }


def kubelet_runtime(layout: Layout, node: Node) -> dict[str, object]:
    """Return where a kubelet finds its runtime and its cgroup."""
    return {
        "containerRuntimeEndpoint": f"unix://{node.socket}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.name}/{node.name}",
        "volumePluginDir": "/var/lib/kubelet/plugins",
        "clusterDNS": [str(SERVICE_NETWORK[10])],
        "clusterDomain": "cluster.local",
    }


KUBELET_HABITS: dict[str, object] = {
    "failCgroupV1": False,
    "failSwapOn": False,
    "enforceNodeAllocatable": [],
    "makeIPTablesUtilChains": False,
    "localStorageCapacityIsolation": False,
    "resolvConf": "",
    "oomScoreAdj": 0,
    "serializeImagePulls": False,
    "maxParallelImagePulls": 10,
    "nodeStatusUpdateFrequency": "5s",
    "imageGCHighThresholdPercent": 100,
    "evictionHard": {"memory.available": "16Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
}


def kubeconfig(layout: Layout, user: str) -> str:
    """Return the kubeconfig of one holder of a certificate, by paths; JSON is YAML."""
    keys = layout.certificates
    return kubeconfig_of(
        layout.api_server,
        {"certificate-authority": str(keys / "ca.crt")},
        {"client-certificate": str(keys / f"{user}.crt"), "client-key": str(keys / f"{user}.key")},
    )


def portable_kubeconfig(layout: Layout, authority: bytes, certificate: bytes, key: bytes) -> str:
    """Return a kubeconfig that carries its certificates, so that it can be copied."""
    return kubeconfig_of(
        layout.api_server,
        {"certificate-authority-data": base64.b64encode(authority).decode()},
        {
            "client-certificate-data": base64.b64encode(certificate).decode(),
            "client-key-data": base64.b64encode(key).decode(),
        },
    )


def kubeconfig_of(server: str, trust: dict[str, str], identity: dict[str, str]) -> str:
    """Return a kubeconfig of one cluster, one user and one context."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": CONTEXT, "cluster": {"server": server, **trust}}],
            "users": [{"name": CONTEXT, "user": identity}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT, "namespace": NAMESPACE}}],
            "current-context": CONTEXT,
        },
        indent=1,
    )
