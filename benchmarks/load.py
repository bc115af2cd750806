"""The load of `benchmarks.embedded`, in a process of its own: as many calls as one connection can carry."""

import json
import sys
import time
from pathlib import Path

from kubechaos.api.client import Client
from kubechaos.api.credentials import pin
from kubechaos.api.mutate import send

CALLS = 500


def main(context: str, kubeconfig: str, path: str) -> None:
    """Write to one object and read it CALLS times each; print calls a second as JSON."""
    client = Client(pin(context, Path(kubeconfig)))
    began = time.monotonic()
    for _ in range(CALLS):
        send(client, "PATCH", path, {"metadata": {"annotations": {"sent": str(time.monotonic_ns())}}})
    written = time.monotonic()
    for _ in range(CALLS):
        client.get(path)
    read = time.monotonic()
    collection = path.rpartition("/")[0]
    for _ in range(CALLS):
        client.get(collection)
    listed = time.monotonic()
    rates = {"patch": written - began, "get": read - written, "list": listed - read}
    sys.stdout.write(json.dumps({name: CALLS / seconds for name, seconds in rates.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
