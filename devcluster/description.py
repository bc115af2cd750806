"""What COMMAND learns about the cluster it runs in."""

import json
from collections.abc import Mapping

from devcluster.components import Components, Running
from devcluster.layout import CONTEXT, NAMESPACE, Layout, Node


def description(layout: Layout, components: Components) -> str:
    """Return the JSON text of DEVCLUSTER_STATE."""
    return json.dumps(
        {
            "id": layout.id,
            "state": str(layout.state),
            "context": CONTEXT,
            "namespace": NAMESPACE,
            "kubeconfig": str(layout.kubeconfig),
            "api_server": layout.api_server,
            "may_die": str(layout.may_die),
            "nodes": [node_entry(node, components.holders[node.name]) for node in layout.nodes],
            "components": {name: component_entry(running) for name, running in components.started.items()},
        },
        indent=1,
    )


def node_entry(node: Node, holder: int) -> dict[str, object]:
    """Return one node: where it is and how to enter it."""
    return {
        "name": node.name,
        "address": str(node.address),
        "pod_range": str(node.pod_range),
        "netns": f"/proc/{holder}/ns/net",
        "enter": ["nsenter", "--target", str(holder), "--mount", "--net", "--"],
        "containerd_socket": str(node.socket),
        "kubelet": f"kubelet-{node.number}",
        "containerd": f"containerd-{node.number}",
    }


def component_entry(running: Running) -> dict[str, object]:
    """Return one component: its process, its log, and the argv that starts it again."""
    return {"pid": running.process.pid, "argv": list(running.argv), "log": str(running.log)}


def environment(layout: Layout, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return COMMAND's environment.

    kubectl keeps what it learned by the server's address, which every cluster shares: its cache goes with the cluster.
    """
    return {
        **inherited,
        "KUBECONFIG": str(layout.kubeconfig),
        "KUBECACHEDIR": str(layout.kubectl_cache),
        "DEVCLUSTER_STATE": str(layout.description),
        "PATH": f"{layout.programs}:{inherited.get('PATH', '/usr/sbin:/usr/bin:/sbin:/bin')}",
    }
