"""The load of `benchmarks.embedded`, in a process of its own: as many calls as one connection can carry."""

import json
import sys
import time
from pathlib import Path

from kubechaos.api.connect import pin
from kubechaos.api.transport import Transport

CALLS = 500


def main(context: str, kubeconfig: str, path: str) -> None:
    """Write to one object and read it CALLS times each; print calls a second as JSON."""
    transport = Transport(pin(context, Path(kubeconfig)))
    began = time.monotonic()
    for _ in range(CALLS):
        transport.send("PATCH", path, {"metadata": {"annotations": {"sent": str(time.monotonic_ns())}}})
    written = time.monotonic()
    for _ in range(CALLS):
        transport.get(path)
    read = time.monotonic()
    collection = path.rpartition("/")[0]
    for _ in range(CALLS):
        transport.get(collection)
    listed = time.monotonic()
    rates = {"patch": written - began, "get": read - written, "list": listed - read}
    sys.stdout.write(json.dumps({name: CALLS / seconds for name, seconds in rates.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
