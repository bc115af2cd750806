"""A runner that kills itself with SIGKILL before or after one of its writes; what it changed is left to others.

Run as `python -m tests.killed KUBECONFIG CONTEXT NAMESPACE NAME FOLDER WHEN NUMBER`: it scales deployment/NAME to 1 and
puts it back, and is killed "before" or "after" the write of that number, from 1; 0 kills nothing. It prints how many
writes it made.
"""

import os
import signal
import sys
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from kubechaos import Chaos, Cluster, scale
from kubechaos.act import heal, write
from kubechaos.api import mutate
from kubechaos.api.credentials import pin
from kubechaos.changes import Change
from kubechaos.observe.cluster import Access
from kubechaos.records import Intended
from kubechaos.report.recording import entries
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.experiments import Experiments
from kubechaos.settings import Settings


def changes(folder: Path) -> list[Change]:
    """Return the changes that a runner wrote down in its recording, in order."""
    with (folder / "events.ndjson").open("rb") as lines:
        records = [record for _, record in entries(lines)]
    return [each.change for each in records if isinstance(each, Intended) and each.change is not None]


class _Killer:
    """Sends writes, and kills its own process around one of them."""

    def __init__(self, when: str, number: int) -> None:
        self.count = 0
        self._when = when
        self._number = number
        self._send = mutate.send

    def send(self, client: Any, method: str, path: str, body: Mapping[str, Any], **options: Any) -> bytes:
        """Send a write, as `mutate.send` does."""
        self.count += 1
        self._die("before")
        try:
            return self._send(client, method, path, body, **options)
        finally:  # a refusal is an answer, too
            self._die("after")

    def _die(self, when: str) -> None:
        if (when, self.count) == (self._when, self._number):
            os.kill(os.getpid(), signal.SIGKILL)


def main(kubeconfig: str, context: str, namespace: str, name: str, folder: str, when: str, number: str) -> None:
    """Run it."""
    killer = _Killer(when, int(number))
    write.mutate.send = heal.mutate.send = killer.send  # type: ignore[assignment]
    place = Path(folder)
    settings = Settings(context, namespace, ("Deployment", name), 60, 60, 1, "7", folder, (), "run", "now")
    access = Access.to(pin(context, Path(kubeconfig)))
    artifacts = Artifacts(place, place)
    experiments = Experiments(access, settings, "killed", [], artifacts, time_of_day=lambda: "now", left=lambda: inf)
    target = Cluster(access, namespace).deployment(name)
    try:
        Chaos(experiments).run(scale(1), target, hold=0)
    finally:
        experiments.close()
    sys.stdout.write(f"{killer.count}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
