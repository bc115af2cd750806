"""The order in which a cluster comes up."""

import platform
import subprocess
from collections.abc import Callable
from pathlib import Path

from devcluster import certificates, cgroups, commands, configs, image, network
from devcluster.api import Api
from devcluster.build import link_programs
from devcluster.components import Components
from devcluster.description import description
from devcluster.interruption import Interruption
from devcluster.layout import Layout, Node
from devcluster.progress import Progress

PAUSE = 0.05
READY_WITHIN = 120.0


class Bringup:
    """One cluster on its way up."""

    def __init__(self, layout: Layout, components: Components, progress: Progress, interruption: Interruption) -> None:
        """Bring up this cluster."""
        self.layout = layout
        self.components = components
        self.progress = progress
        self.interruption = interruption

    def run(self, binary: Path) -> None:
        """Bring the cluster up; return when every node takes pods of the example image."""
        layout, components = self.layout, self.components
        make_directories(layout)
        cgroups.make(layout)
        link_programs(binary, layout.programs)
        components.hold()
        connect(layout, components)
        components.run(commands.etcd(layout))
        certificates.make(layout)
        write_configurations(layout)
        self.interruption.raise_if_any()
        components.run(commands.api_server(layout))
        for node in layout.nodes:
            components.run(commands.containerd(node))
        imports = self.import_images()
        self.progress.step("control plane and containerd started")
        self.finish(imports)

    def finish(self, imports: list[subprocess.Popen[bytes]]) -> None:
        """Start what needs the API server, and wait for everything."""
        layout, components = self.layout, self.components
        api = Api(layout, components.holders[layout.nodes[0].name])
        self.wait("the API server", api.is_ready)
        components.run(commands.controller_manager(layout))
        for node in layout.nodes:
            components.run(commands.kubelet(layout, node))
        components.run(commands.scheduler(layout))
        self.progress.step("API server ready")
        self.wait("the namespace", api.make_namespace)
        names = [node.name for node in layout.nodes]
        self.wait("the nodes", lambda: api.nodes_are_ready(names))
        self.wait("the namespace's ServiceAccount", api.namespace_is_ready)
        for each in imports:
            self.expect_imported(each)
        layout.description.write_text(description(layout, components))
        self.progress.step(f"{len(layout.nodes)} nodes ready")

    def wait(self, what: str, is_there: Callable[[], bool]) -> None:
        """Wait for something; raise when interrupted, too late, or when a component died."""
        for _ in self.interruption.turns(PAUSE, READY_WITHIN, what):
            self.components.raise_if_any_died()
            if is_there():
                return

    def import_images(self) -> list[subprocess.Popen[bytes]]:
        """Start the import of the images on every node."""
        archive = self.layout.state / "images.tar"
        archive.write_bytes(image.archive(*busybox(), platform.machine()))
        self.wait("containerd", lambda: all(node.socket.exists() for node in self.layout.nodes))
        return [start_import(node, archive) for node in self.layout.nodes]

    def expect_imported(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for the end of an import."""
        _, complaint = process.communicate(timeout=READY_WITHIN)
        if process.returncode:
            raise RuntimeError(f"ctr could not import the images: {complaint.decode(errors='replace').strip()}")


def make_directories(layout: Layout) -> None:
    """Make the cluster's directories."""
    for directory in (layout.logs, layout.may_die, *(node.directory for node in layout.nodes)):
        directory.mkdir()


def connect(layout: Layout, components: Components) -> None:
    """Lay the nodes' network."""
    first, *others = layout.nodes
    configure_links(components.holders[first.name], network.first_node(layout, components.holders))
    for node in others:
        configure_links(components.holders[node.name], network.other_node(layout, node))


def configure_links(holder: int, batch: str) -> None:
    """Run `ip -batch` in the network namespace that a process holds."""
    command = ["nsenter", "--target", str(holder), "--net", "--", "ip", "-batch", "-"]
    done = subprocess.run(
        command, input=batch, capture_output=True, text=True, check=False, timeout=30, start_new_session=True
    )
    if done.returncode:
        raise RuntimeError(f"ip failed: {done.stderr.strip()}")


def write_configurations(layout: Layout) -> None:
    """Write every configuration file."""
    keys = layout.certificates
    admin = (keys / name for name in ("ca.crt", "admin.crt", "admin.key"))
    layout.kubeconfig.touch(mode=0o600)
    layout.kubeconfig.write_text(configs.portable_kubeconfig(layout, *(path.read_bytes() for path in admin)))
    for user in ("kube-controller-manager", "kube-scheduler"):
        (layout.state / f"{user}.kubeconfig").write_text(configs.kubeconfig(layout, user))
    for node in layout.nodes:
        write_node_configuration(layout, node)


def write_node_configuration(layout: Layout, node: Node) -> None:
    """Write the configuration files of one node."""
    (node.directory / "cni").mkdir()
    (node.directory / "cni" / "10-pods.conflist").write_text(configs.pod_network(node))
    (node.directory / "containerd.toml").write_text(configs.containerd(node))
    (node.directory / "kubelet.json").write_text(configs.kubelet(layout, node))
    (node.directory / "kubeconfig").write_text(configs.kubeconfig(layout, node.name))


def busybox() -> tuple[bytes, list[str]]:
    """Return the busybox program of this machine and the names it answers to."""
    program = Path("/bin/busybox")
    listed = subprocess.run([program, "--list"], capture_output=True, text=True, check=True, timeout=10)
    return program.read_bytes(), listed.stdout.split()


def start_import(node: Node, archive: Path) -> subprocess.Popen[bytes]:
    """Start the import of an image archive on a node."""
    command = ["ctr", "--address", str(node.socket), "--namespace", "k8s.io", "images", "import", str(archive)]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
