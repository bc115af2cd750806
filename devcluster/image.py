"""The image of the example's containers and of the sandboxes, as an OCI archive that `ctr images import` reads."""

import hashlib
import io
import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass

EXAMPLE = "docker.io/library/busybox:1.35.0"
LOCAL_EXAMPLE = "localhost:1/timeserver:1"
SANDBOX = "localhost:1/pause:1"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
DIRECTORIES = {"bin": 0o755, "dev": 0o755, "etc": 0o755, "proc": 0o755, "root": 0o700, "sys": 0o755, "tmp": 0o1777}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ACCOUNTS = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n"


@dataclass(frozen=True, slots=True)
class Blob:
    """Content named by its digest."""

    content: bytes
    media_type: str

    @property
    def digest(self) -> str:
        """Return the content's sha256."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def descriptor(self) -> dict[str, object]:
        """Return how other blobs refer to this one."""
        return {"mediaType": self.media_type, "digest": f"sha256:{self.digest}", "size": len(self.content)}


def archive(busybox: bytes, applets: Sequence[str], machine: str) -> bytes:
    """Return the archive of both images under every name they are known by.

    One name carries the digest: only an image known as repository@digest has a digest in a container's imageID.
    """
    layer = Blob(root_filesystem(busybox, applets), LAYER_TYPE)
    example, example_config = image(layer, {"Cmd": ["sh"], "Env": ["PATH=/bin"]}, machine)
    sandbox, sandbox_config = image(layer, {"Entrypoint": ["/bin/busybox", "sleep", "2147483647"]}, machine)
    repository = EXAMPLE.rpartition(":")[0]
    names = [
        (EXAMPLE, example),
        (f"{repository}@sha256:{example.digest}", example),
        (LOCAL_EXAMPLE, example),
        (SANDBOX, sandbox),
    ]
    return oci_archive(names, [layer, example, example_config, sandbox, sandbox_config])


def root_filesystem(busybox: bytes, applets: Sequence[str]) -> bytes:
    """Return the tar of a file system that holds busybox under every applet's name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, mode in DIRECTORIES.items():
            tar.addfile(entry(name, mode, tarfile.DIRTYPE))
        add_file(tar, "bin/busybox", busybox, 0o755)
        add_file(tar, "etc/passwd", ACCOUNTS.encode(), 0o644)
        for applet in sorted(set(applets) - {"busybox"}):
            link = entry(f"bin/{applet}", 0o777, tarfile.SYMTYPE)
            link.linkname = "busybox"
            tar.addfile(link)
    return buffer.getvalue()


def image(layer: Blob, run: dict[str, object], machine: str) -> tuple[Blob, Blob]:
    """Return the manifest and the configuration of an image of one layer."""
    config = json_blob(
        {
            "architecture": ARCHITECTURES.get(machine, machine),
            "os": "linux",
            "config": run,
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer.digest}"]},
        },
        CONFIG_TYPE,
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": config.descriptor,
        "layers": [layer.descriptor],
    }
    return json_blob(manifest, MANIFEST_TYPE), config


def oci_archive(names: Sequence[tuple[str, Blob]], blobs: Sequence[Blob]) -> bytes:
    """Return the OCI archive of these blobs in which the manifests carry these names."""
    manifests = [{**manifest.descriptor, "annotations": {"io.containerd.image.name": name}} for name, manifest in names]
    index = {"schemaVersion": 2, "manifests": manifests}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add_file(tar, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}', 0o644)
        add_file(tar, "index.json", json.dumps(index).encode(), 0o644)
        for blob in blobs:
            add_file(tar, f"blobs/sha256/{blob.digest}", blob.content, 0o644)
    return buffer.getvalue()


def json_blob(value: object, media_type: str) -> Blob:
    """Return a value as a JSON blob."""
    return Blob(json.dumps(value, sort_keys=True).encode(), media_type)


def entry(name: str, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    """Return a tar entry with nothing in it that changes from run to run."""
    info = tarfile.TarInfo(name)
    info.mode, info.type = mode, kind
    return info


def add_file(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    """Add a file to a tar."""
    info = entry(name, mode)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))
