"""The last log lines of containers that ended: evidence beside a cause, used for no verdict."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from ..api.client import Client
from ..errors import ApiError
from ..judge.pod_trouble import crashed
from ..kube.kinds import KINDS
from ..kube.objects import Pod
from ..untrusted import safe

LINES: Final = "3"
BYTES: Final = "1000"
"""How much of a log is read: enough for the message of a panic or of a failed check, little enough for a report."""


def log_tails(client: Client, pods: tuple[Pod, ...]) -> Iterator[tuple[Pod, str]]:
    """Yield the end of the log of the container that keeps its pod from being Ready because it ended.

    What cannot be read is left out: the permission for logs may be missing.
    """
    for pod in pods:
        ended = next((each for each in (*pod.init_containers, *pod.containers) if crashed(each)), None)
        if pod.ready or ended is None:
            continue
        # One that waits in its back-off is a new container without a log; that of the one before says why it ended.
        previous = "false" if ended.state == "terminated" else "true"
        query = {"container": ended.name, "previous": previous, "tailLines": LINES, "limitBytes": BYTES}
        with suppress(ApiError):
            text = client.get(f"{KINDS['Pod'].path(pod.namespace, pod.name)}/log", query)
            yield pod, safe(" | ".join(text.decode(errors="replace").splitlines()))
