"""The one binary that is every Kubernetes program: built once, cached by the content it is built from."""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from devcluster.interruption import Interruption
from devcluster.progress import Progress

SOURCE = Path(__file__).parent / "binary"
SOURCES = ("go.mod", "go.sum", "main.go")
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kubectl")
VERSION = "v1.37.2"
# Without the version kubectl refuses the server's version string.
VERSIONED = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
LINKER = "-s -w " + " ".join(f"-X {package}.gitVersion={VERSION}" for package in VERSIONED)
FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly", "-ldflags", LINKER)
HOURS = 3600.0


class BuildFailed(Exception):
    """Go could not build the binary; the message carries what it said."""


def cache_directory(environment: Mapping[str, str]) -> Path:
    """Return the directory of cached binaries."""
    if own := environment.get("DEVCLUSTER_CACHE"):
        return Path(own)
    base = environment.get("XDG_CACHE_HOME") or Path(environment.get("HOME", "/root"), ".cache")
    return Path(base, "kubechaos-devcluster")


def fingerprint(sources: Mapping[str, bytes]) -> str:
    """Return the name of what these sources and our flags build."""
    digest = hashlib.sha256(repr(FLAGS).encode())
    for name in sorted(sources):
        digest.update(name.encode() + b"\0" + hashlib.sha256(sources[name]).digest())
    return digest.hexdigest()[:16]


def binary_path(cache: Path) -> Path:
    """Return where the binary of the present sources is, once it is built."""
    sources = {name: (SOURCE / name).read_bytes() for name in SOURCES}
    return cache / f"kubernetes-{fingerprint(sources)}"


def build(binary: Path, progress: Progress, interruption: Interruption) -> None:
    """Build the binary unless it is there; of several runs one builds and the others wait."""
    binary.parent.mkdir(parents=True, exist_ok=True)
    with only_one(binary.parent / "build.lock", progress, interruption):
        if not binary.exists():
            progress.step(f"building Kubernetes {VERSION}, once (about 6 minutes on 2 cores)")
            compile_to(binary, progress, interruption)
            progress.step("built")


@contextmanager
def only_one(lock: Path, progress: Progress, interruption: Interruption) -> Iterator[None]:
    """Hold a file lock."""
    with lock.open("w") as file:
        for _ in interruption.turns(0.2, HOURS, "another run's build"):
            with suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            progress.running("another run is building Kubernetes")
        yield


def compile_to(binary: Path, progress: Progress, interruption: Interruption) -> None:
    """Compile, and give the result its name only when it is complete."""
    partial, log = binary.with_suffix(".partial"), binary.with_suffix(".log")
    try:
        with log.open("wb") as file:
            command = ("go", "build", "-v", *FLAGS, "-o", str(partial), ".")
            environment = {**os.environ, "CGO_ENABLED": "0"}
            process = subprocess.Popen(
                command,
                cwd=SOURCE,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
        follow(process, log, progress, interruption)
        if process.returncode:
            raise BuildFailed("go build failed:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-15:]))
        partial.replace(binary)
    finally:
        partial.unlink(missing_ok=True)
        log.unlink(missing_ok=True)


def follow(process: subprocess.Popen[bytes], log: Path, progress: Progress, interruption: Interruption) -> None:
    """Wait for the compiler, saying how far it is; stop it when interrupted."""
    try:
        for _ in interruption.turns(0.2, HOURS, "go build"):
            if process.poll() is not None:
                return
            progress.running(f"building: {len(log.read_bytes().splitlines())} packages compiled")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def link_programs(binary: Path, directory: Path) -> None:
    """Put the binary into a directory under the name of each program.

    A hard link, not a symbolic one: the nodes see their own /var/lib, where the cache may be.
    """
    directory.mkdir(mode=0o755)
    own = directory / "kubernetes"
    try:
        own.hardlink_to(binary)
    except OSError:
        shutil.copy2(binary, own)
    for program in PROGRAMS:
        (directory / program).symlink_to(own.name)
