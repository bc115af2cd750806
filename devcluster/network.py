"""The links, addresses and routes of the nodes, as `ip -batch` lines.

Everything is inside the nodes' namespaces: no link is made on the host, so none can be left there.
"""

from collections.abc import Mapping

from devcluster.layout import NODE_NETWORK, Layout, Node

BRIDGE_ADDRESS = "02:00:cb:00:71:01"
NOWHERE = NODE_NETWORK[254]


def first_node(layout: Layout, holders: Mapping[str, int]) -> str:
    """Return the lines for the first node: the bridge that joins all nodes, and a cable to each of the others."""
    node, others = layout.nodes[0], layout.nodes[1:]
    cables = [line for other in others for line in cable(other, holders[other.name])]
    return text(
        [
            "link set lo up",
            # A fixed hardware address: the kernel would change it with every cable and leave stale neighbours behind.
            f"link add br0 address {BRIDGE_ADDRESS} type bridge",
            "link set br0 up",
            f"address add {node.address}/{NODE_NETWORK.prefixlen} dev br0",
            *cables,
            *routes(layout, node, "br0"),
        ]
    )


def cable(node: Node, holder: int) -> list[str]:
    """Return the lines that run a veth pair from the bridge into a node's namespace."""
    return [
        f"link add {node.name} type veth peer name eth0 netns {holder}",
        f"link set {node.name} master br0 up",
    ]


def other_node(layout: Layout, node: Node) -> str:
    """Return the lines for a node at the other end of a cable."""
    return text(
        [
            "link set lo up",
            "link set eth0 up",
            f"address add {node.address}/{NODE_NETWORK.prefixlen} dev eth0",
            *routes(layout, node, "eth0"),
        ]
    )


def routes(layout: Layout, node: Node, device: str) -> list[str]:
    """Return the routes to the other nodes' pods, and a default route that must exist but leads nowhere."""
    pods = [f"route add {other.pod_range} via {other.address}" for other in layout.nodes if other != node]
    return [*pods, f"route add default via {NOWHERE} dev {device}"]


def text(lines: list[str]) -> str:
    """Return lines as the text of a batch."""
    return "".join(f"{line}\n" for line in lines)
