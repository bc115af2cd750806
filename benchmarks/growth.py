"""How the embedded cluster grows: to all Ready, and to recovered after half were killed, for 10, 100 and 500 replicas.

Each size in a process of its own, on 20 nodes, at the usual factor; seconds are wall time.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from math import inf
from pathlib import Path

from kubechaos import Chaos, Cluster, kill
from kubechaos.api.credentials import pin
from kubechaos.observe.cluster import Access
from kubechaos.run.artifacts import Artifacts
from kubechaos.run.experiments import Experiments
from kubechaos.settings import EMBEDDED, FACTOR, Settings
from kubesim import Scaled, Simulation

SIZES = (10, 100, 500)
NODES = 20
NAME = "web"


def main() -> None:
    """Print the table, and the ratio of the largest to the middle size."""
    rows = {
        size: json.loads(subprocess.check_output([sys.executable, "-m", __spec__.name, str(size)])) for size in SIZES
    }
    print(f"{'replicas':>8} {'to Ready s':>11} {'to recovered s':>15} {'peak MB':>8}")
    for size, row in rows.items():
        print(f"{size:8} {row['ready']:11.2f} {row['recovered']:15.2f} {row['megabytes']:8.0f}")
    for name in ("ready", "recovered"):
        print(f"time({SIZES[2]})/time({SIZES[1]}) to {name}: {rows[SIZES[2]][name] / rows[SIZES[1]][name]:.1f}")


def measure(replicas: int) -> None:
    """Print what one size takes, as JSON."""
    labels = {"app": NAME}
    container = {
        "name": "web",
        "image": "docker.io/library/busybox:1.35.0",
        "readinessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 1},
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container], "terminationGracePeriodSeconds": 2}}
    spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
    manifest = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": NAME}, "spec": spec}
    with tempfile.TemporaryDirectory() as folder, Simulation(nodes=NODES, clock=Scaled(FACTOR)) as sim:
        began = time.monotonic()
        sim.apply(manifest)
        sim.settle(300)
        ready = time.monotonic() - began
        access = Access.to(pin(EMBEDDED, sim.kubeconfig), sim.clock)
        settings = Settings(EMBEDDED, None, ("Deployment", NAME), 3000, 3000, 5, "growth", folder, (), "growth", "")
        artifacts = Artifacts(Path(folder) / "test", Path(folder))
        experiments = Experiments(access, settings, "growth", [], artifacts, time_of_day=lambda: "", left=lambda: inf)
        chaos = Chaos(experiments)
        target = chaos.steady(Cluster(access, "default").deployment(NAME))
        began = time.monotonic()
        chaos.run(kill("50%"), target)
        recovered = time.monotonic() - began
        experiments.close()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ready": ready, "recovered": recovered, "megabytes": megabytes}))


if __name__ == "__main__":
    measure(int(sys.argv[1])) if sys.argv[1:] else main()
