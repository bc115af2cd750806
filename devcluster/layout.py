"""What a cluster's parts are called and where they are."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

PREFIX = "devcluster-"
STATE_BASE = Path("/var/tmp")
NODE_NETWORK = IPv4Network("203.0.113.0/24")
POD_NETWORK = IPv4Network("10.244.0.0/16")
SERVICE_NETWORK = IPv4Network("10.96.0.0/16")
API_PORT = 6443
MOST_NODES = 16
CONTEXT = "devcluster"
NAMESPACE = "chaos"
OPT_IN = {"kubechaos/allow": "true"}


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its number, its name and its addresses."""

    number: int
    state: Path

    @property
    def name(self) -> str:
        """Return the name the node registers with."""
        return f"node-{self.number}"

    @property
    def address(self) -> IPv4Address:
        """Return the node's own address."""
        return NODE_NETWORK[self.number]

    @property
    def pod_range(self) -> IPv4Network:
        """Return the addresses of the node's pods."""
        return list(POD_NETWORK.subnets(new_prefix=20))[self.number - 1]

    @property
    def directory(self) -> Path:
        """Return the directory of the node's configuration."""
        return self.state / self.name

    @property
    def socket(self) -> Path:
        """Return the path of the node's containerd socket."""
        return self.directory / "containerd.sock"


@dataclass(frozen=True, slots=True)
class Layout:
    """Every name of one cluster, made from its id."""

    id: str
    nodes: tuple[Node, ...]

    @property
    def name(self) -> str:
        """Return the name that everything of this cluster carries."""
        return PREFIX + self.id

    @property
    def state(self) -> Path:
        """Return the directory of everything this cluster writes."""
        return state_directory(self.id)

    @property
    def programs(self) -> Path:
        """Return the directory of the cluster's programs."""
        return self.state / "bin"

    @property
    def certificates(self) -> Path:
        """Return the directory of keys and certificates."""
        return self.state / "pki"

    @property
    def logs(self) -> Path:
        """Return the directory of the components' logs."""
        return self.state / "logs"

    @property
    def may_die(self) -> Path:
        """Return the directory whose entries name components that may die without ending the run."""
        return self.state / "may-die"

    @property
    def kubeconfig(self) -> Path:
        """Return the path of the administrator's kubeconfig."""
        return self.state / "kubeconfig"

    @property
    def kubectl_cache(self) -> Path:
        """Return the directory of what kubectl remembers."""
        return self.state / "kubectl-cache"

    @property
    def description(self) -> Path:
        """Return the path of the file that describes the cluster to COMMAND."""
        return self.state / "state.json"

    @property
    def api_server(self) -> str:
        """Return the address of the API server, which runs on the first node."""
        return f"https://{self.nodes[0].address}:{API_PORT}"


def state_directory(cluster: str) -> Path:
    """Return the state directory of the cluster with this id."""
    return STATE_BASE / (PREFIX + cluster)


def layout(cluster: str, nodes: int) -> Layout:
    """Lay out a cluster of so many nodes."""
    state = state_directory(cluster)
    return Layout(cluster, tuple(Node(number, state) for number in range(1, nodes + 1)))


def id_in(name: str) -> str | None:
    """Return the cluster id in a file or cgroup name, if it is one of ours."""
    cluster = name.removeprefix(PREFIX)
    return cluster if cluster != name and cluster.isalnum() else None
