"""Whether an image can be pulled: every image can, unless its name is invalid or its registry is on localhost."""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

_REPOSITORY: Final = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME: Final = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_REPOSITORY}(?:/{_REPOSITORY})*(?::[\w][\w.-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?"
)
_HERE: Final = re.compile(r"(localhost|127\.0\.0\.1)(:\d+)?/")
PRESENT: Final = 'Container image "{}" already present on machine and can be accessed by the pod'


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an image cannot be had: the reason in the container's status, and the container runtime's message."""

    reason: str
    message: str


def problem(image: str, policy: str, *, fails: bool) -> Problem | None:
    """Return why an image cannot be had; None if it can. `fails` says that no registry has it."""
    if not _NAME.fullmatch(image):
        return Problem("InvalidImageName", _malformed(image))
    # Nobody listens on localhost, so a registry there refuses the connection; any other image is taken to be present.
    if not fails and not _HERE.match(image):
        return None
    if policy == "Never":
        return Problem("ErrImageNeverPull", f'Container image "{image}" is not present with pull policy of Never')
    return Problem("ErrImagePull", _refused(image))


def identity(image: str) -> str:
    """Return an image's name with a digest, as containerd knows it: always the same one for the same name."""
    name, _, digest = image.partition("@")
    registry, _, path = name.rpartition("/") if "/" not in name else name.partition("/")
    if not ({".", ":"} & set(registry) or registry == "localhost"):
        registry, path = "docker.io", name if "/" in name else f"library/{name}"
    known = digest or f"sha256:{sha256(name.encode()).hexdigest()}"
    return f"{registry}/{path.partition(':')[0]}@{known}"


def _malformed(image: str) -> str:
    why = "invalid reference format"
    repository = image.split("/", 1)[-1].partition(":")[0]
    if repository != repository.lower():
        why += f": repository name ({repository}) must be lowercase"
    return f'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": {why}'


def _refused(image: str) -> str:
    registry, _, path = image.rpartition("/") if "/" not in image else image.partition("/")
    name, _, tag = path.partition(":")
    host = registry or "docker.io"
    words = f'failed to pull and unpack image "{image}": failed to resolve reference "{image}": '
    return (
        f'{words}failed to do request: Head "http://{host}/v2/{name}/manifests/{tag or "latest"}": '
        f"dial tcp 127.0.0.1:{host.partition(':')[2] or '443'}: connect: connection refused"
    )
