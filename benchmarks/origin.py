"""The loop that kubechaos began as, rebuilt from the README that is left of it: one look a second.

Its conditions, as its README states them: the problem is detected when the deleted pod is no longer listed; the
recovery when a pod that was not there before is shown as ContainerCreating; its end when such a pod is then shown as
Running. The first two of its five alerts (chaos started, pod deleted) it raises itself, so they cannot be lost.
"""

import json
import subprocess
import threading
import time

PERIOD = 1.0
OBSERVED = ("problem", "recovery", "recovered")


class Origin:
    """The loop, as a bystander: it looks once a second until it is stopped."""

    def __init__(self, selector: str) -> None:
        self.alerts: dict[str, float] = {}
        self._selector = selector
        self._before = set(self._look())
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        """Begin to look."""
        self._began = time.monotonic()
        self._thread.start()

    def stop(self) -> list[str]:
        """End; return the alerts that were lost."""
        self._stopped.set()
        self._thread.join()
        return [name for name in OBSERVED if name not in self.alerts]

    def _run(self) -> None:
        while not self._stopped.wait(PERIOD):
            self._judge(self._look())

    def _judge(self, pods: dict[str, str]) -> None:
        new = [state for name, state in pods.items() if name not in self._before]
        if self._before - set(pods):
            self._raise("problem")
        if "ContainerCreating" in new:
            self._raise("recovery")
        if "recovery" in self.alerts and "Running" in new:
            self._raise("recovered")

    def _raise(self, name: str) -> None:
        self.alerts.setdefault(name, time.monotonic() - self._began)

    def _look(self) -> dict[str, str]:
        command = ["kubectl", "get", "pods", "-l", self._selector, "-o", "json"]
        return {pod["metadata"]["name"]: _shown(pod) for pod in json.loads(subprocess.check_output(command))["items"]}


def _shown(pod: dict[str, dict[str, list[dict[str, dict[str, dict[str, str]]]]]]) -> str:
    """The STATUS that kubectl shows: a waiting container's reason, else the phase."""
    for container in pod["status"].get("containerStatuses", []):
        if "waiting" in container["state"]:
            return container["state"]["waiting"].get("reason", "")
    return str(pod["status"].get("phase", ""))
