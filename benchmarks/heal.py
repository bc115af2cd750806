"""What a small process that heals costs: from exec to the first request at the server, and what is resident then.

Beside it Python alone, which sends the request by a bare socket, and the official client. The server is on loopback.
"""

import json
import os
import socket
import subprocess
import sys
import time

from . import measurements

ROUNDS = 10
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
PATH = "/api/v1/namespaces/shop/pods/web"
TARGET_MS = 500.0
"""Milliseconds in which the first request is to come, under load too."""
UNWANTED = ("kubernetes", "kubechaos.judge", "kubechaos.run", "kubechaos.observe", "pytest", "urllib3")
ALONE = """
import socket, sys
host, port = sys.argv[1].removeprefix("http://").split(":")
connection = socket.create_connection((host, int(port)))
connection.sendall(b"GET {path} HTTP/1.1\\r\\nHost: server\\r\\n\\r\\n")
connection.recv(65536)
"""
OURS = """
import sys
from kubechaos.act import heal
from kubechaos.api.client import Client
from kubechaos.api.connection import Connection
from kubechaos.api.credentials import PinnedContext
client = Client(PinnedContext(Connection(context="it", namespace="shop", server=sys.argv[1])))
client.get("{path}")
client.close()
"""
OFFICIAL = """
import sys
from kubernetes import client
api = client.CoreV1Api(client.ApiClient(client.Configuration(host=sys.argv[1])))
api.read_namespaced_pod("web", "shop")
"""
MODULES = """
import json, sys
print(json.dumps(sorted(sys.modules)))
"""
WAYS = {"python alone, a bare socket": ALONE, "act.heal and its client": OURS, "official client": OFFICIAL}


def main() -> None:
    """Print the medians, and what of kubechaos was loaded; ends in an error where it was too much."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        for way in WAYS.values():
            _measured(server, way)  # bytecode and files are there from the second run on
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in WAYS}
        for _ in range(ROUNDS):
            for name, done in runs.items():
                done.append(_measured(server, WAYS[name])[0])
        _, loaded = _measured(server, OURS)
    rows = {name: measurements.medians(done) for name, done in runs.items()}
    measurements.table(f"a fresh process's first request, medians of {ROUNDS} interleaved", rows)
    slowest = max(run["first request ms"] for run in runs["act.heal and its client"])
    print(f"the slowest of ours after {slowest:.0f} ms; the target is {TARGET_MS:.0f} ms")
    ours = [name for name in loaded if name.partition(".")[0] == "kubechaos"]
    print(f"loaded, {len(ours)} of kubechaos among {len(loaded)}: {', '.join(ours)}")
    unwanted = [name for name in UNWANTED if name in loaded]
    print(f"of {', '.join(UNWANTED)} there are loaded: {', '.join(unwanted) or 'none'}")
    measurements.save("heal", {"rows": rows, "runs": runs, "loaded": loaded})
    if unwanted:
        raise SystemExit(1)


def _measured(server: socket.socket, way: str) -> tuple[dict[str, float], list[str]]:
    """Run a fresh process; return what it took until its first request was here, and the modules it has loaded."""
    url = f"http://127.0.0.1:{server.getsockname()[1]}"
    command = [sys.executable, "-c", way.replace("{path}", PATH) + MODULES, url]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=_environment()) as process:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            took = time.monotonic() - began
            # It waits for our answer now.
            resident = measurements.memory(pid=process.pid)
            connection.sendall(ANSWER)
        output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"a process ended with exit code {process.returncode}")
    return {"first request ms": took * 1000, "resident MB": resident}, json.loads(output)


def _environment() -> dict[str, str]:
    """The environment, in which bytecode is kept as it is by default."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


if __name__ == "__main__":
    main()
