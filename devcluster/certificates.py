"""The keys and certificates of a cluster, made by openssl."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devcluster.layout import SERVICE_NETWORK, Layout, Node

OPENSSL_CONFIG = """\
[req]
distinguished_name = subject
[subject]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, digitalSignature
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
"""
SERVICE_NAMES = ("kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost")


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one certificate says about its holder."""

    name: str
    subject: str
    alternatives: tuple[str, ...] = ()


def certificates(layout: Layout) -> list[Certificate]:
    """Return the certificates that the authority signs."""
    return [
        Certificate("kube-apiserver", "/CN=kube-apiserver", api_server_names(layout)),
        Certificate("admin", "/O=system:masters/CN=devcluster-admin"),
        Certificate("kube-controller-manager", "/CN=system:kube-controller-manager"),
        Certificate("kube-scheduler", "/CN=system:kube-scheduler"),
        Certificate("service-account", "/CN=service-account"),
        *(node_certificate(node) for node in layout.nodes),
    ]


def api_server_names(layout: Layout) -> tuple[str, ...]:
    """Return the names and addresses the API server answers to."""
    addresses = (layout.nodes[0].address, SERVICE_NETWORK[1], "127.0.0.1")
    return (*(f"IP:{address}" for address in addresses), *(f"DNS:{name}" for name in SERVICE_NAMES))


def node_certificate(node: Node) -> Certificate:
    """Return the certificate with which a kubelet both serves and calls."""
    names = (f"IP:{node.address}", f"DNS:{node.name}")
    return Certificate(node.name, f"/O=system:nodes/CN=system:node:{node.name}", names)


def authority_command(directory: Path) -> list[str]:
    """Return the openssl command that makes the authority."""
    return [*request(directory, Certificate("ca", "/CN=devcluster")), "-extensions", "authority"]


def leaf_command(directory: Path, certificate: Certificate) -> list[str]:
    """Return the openssl command that makes a key and has the authority sign its certificate."""
    signer = ["-CA", str(directory / "ca.crt"), "-CAkey", str(directory / "ca.key"), "-extensions", "leaf"]
    names = ["-addext", f"subjectAltName={','.join(certificate.alternatives)}"] if certificate.alternatives else []
    return [*request(directory, certificate), *signer, *names]


def request(directory: Path, certificate: Certificate) -> list[str]:
    """Return the part that every openssl command shares."""
    key, out = directory / f"{certificate.name}.key", directory / f"{certificate.name}.crt"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    files = ["-config", str(directory / "openssl.cnf"), "-keyout", str(key), "-out", str(out)]
    return ["openssl", "req", "-x509", "-new", *curve, *files, "-subj", certificate.subject, "-days", "365"]


def make(layout: Layout) -> None:
    """Make every key and certificate of a cluster, all leaves at the same time."""
    directory = layout.certificates
    directory.mkdir(mode=0o700)
    (directory / "openssl.cnf").write_text(OPENSSL_CONFIG)
    finish([start(authority_command(directory))])
    finish([start(leaf_command(directory, certificate)) for certificate in certificates(layout)])


def start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start one openssl."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, start_new_session=True)


def finish(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """Wait for every openssl; raise the complaint of one that failed."""
    for process in running:
        _, complaint = process.communicate(timeout=30)
        if process.returncode:
            raise RuntimeError(f"openssl failed: {complaint.decode(errors='replace').strip()}")
