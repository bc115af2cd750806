"""The embedded cluster beside the dev cluster: calls a second, and from a write to its event in a watch.

The load comes from a process of its own. Run it with `devcluster/run -- python -m benchmarks.embedded`.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

from kubechaos.api.client import Client
from kubechaos.api.credentials import pin
from kubechaos.api.mutate import send
from kubesim import Real, Simulation

NAME = "benchmark"
DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": NAME},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": NAME}},
        "template": {
            "metadata": {"labels": {"app": NAME}},
            "spec": {"containers": [{"name": "web", "image": "docker.io/library/busybox:1.35.0"}]},
        },
    },
}


def main() -> None:
    """Print a table, and a JSON line."""
    with Simulation(clock=Real()) as sim:
        embedded = _measure("embedded", sim.kubeconfig, "default")
    real = _measure("devcluster", Path(os.environ["KUBECONFIG"]), "chaos")
    print(f"{'':22} {'embedded':>10} {'dev cluster':>12}")
    for name in embedded:
        print(f"{name:22} {embedded[name]:10.1f} {real[name]:12.1f}")
    print(json.dumps({"embedded": embedded, "devcluster": real}))


def _measure(context: str, kubeconfig: Path, namespace: str) -> dict[str, float]:
    """Calls a second and watch latencies in milliseconds of one cluster."""
    client = Client(pin(context, kubeconfig))
    collection = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    send(client, "POST", collection, DEPLOYMENT)
    path = f"{collection}/{NAME}"
    latencies: list[float] = []
    watcher = threading.Thread(target=_watch, args=(client.fork(), collection, latencies), daemon=True)
    watcher.start()
    time.sleep(0.5)
    command = [sys.executable, "-m", "benchmarks.load", context, str(kubeconfig), path]
    rates = json.loads(subprocess.check_output(command))
    ordered = sorted(latencies)
    return {
        **{f"{name} calls/s": rate for name, rate in rates.items()},
        "events": float(len(ordered)),
        "write to event p50 ms": statistics.median(ordered),
        "write to event p99 ms": ordered[int(len(ordered) * 0.99) - 1],
    }


def _watch(client: Client, collection: str, latencies: list[float]) -> None:
    """Note for each write how long after it was sent its event came."""
    version = json.loads(client.get(collection))["metadata"]["resourceVersion"]
    seen: set[str] = set()
    query = {"watch": "1", "resourceVersion": version, "timeoutSeconds": "60"}
    with client.stream(collection, query) as lines:
        for line in lines:
            now = time.monotonic_ns()
            sent = json.loads(line)["object"]["metadata"].get("annotations", {}).get("sent", "")
            if sent and sent not in seen:
                seen.add(sent)
                latencies.append((now - int(sent)) / 1e6)


if __name__ == "__main__":
    main()
