"""The Debian packages that a cluster needs."""

import os
import shutil
import subprocess
from pathlib import Path

from devcluster.interruption import Interruption
from devcluster.progress import Progress
from devcluster.refusals import Refused

PACKAGES = {
    "containerd": "containerd",
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/bridge",
    "iproute2": "ip",
    "busybox-static": "busybox",
    "openssl": "openssl",
    "util-linux": "setpriv",
}
LOCK_WAIT = "DPkg::Lock::Timeout=300"


def missing() -> tuple[str, ...]:
    """Return the packages whose program is not here."""
    return tuple(package for package, program in PACKAGES.items() if not is_here(program))


def is_here(program: str) -> bool:
    """Return whether a program is here; busybox must be the static one, which runs in an image of its own."""
    path = shutil.which(program)
    return path is not None and (program != "busybox" or b"/ld-linux" not in Path(path).read_bytes())


def install(packages: tuple[str, ...], log: Path, progress: Progress, interruption: Interruption) -> None:
    """Install packages; apt is never interrupted, a half-installed package is worse than a wait."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    wanted = ["apt-get", "-o", LOCK_WAIT, "install", "--yes", "--no-install-recommends", *packages]
    for command in (["apt-get", "-o", LOCK_WAIT, "update"], wanted):
        interruption.raise_if_any()
        with log.open("wb") as file:
            process = subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
            wait(process, f"installing {' '.join(packages)}", progress)
        if process.returncode:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise Refused(f"devcluster could not install {' '.join(packages)}: {' '.join(last)}")


def wait(process: subprocess.Popen[bytes], doing: str, progress: Progress) -> None:
    """Wait for a process, saying that it runs."""
    while True:
        try:
            process.wait(timeout=0.2)
            return
        except subprocess.TimeoutExpired:
            progress.running(doing)
