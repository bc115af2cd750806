"""A namespace of a test's own on the dev cluster."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.real.parts import kubectl

NEEDED = ("serviceaccount/default", "configmap/kube-root-ca.crt")
"""What pods wait for in a new namespace."""


@contextmanager
def namespace(name: str) -> Iterator[None]:
    """Make a namespace, and delete it with all that is in it; nobody waits for the end of that."""
    kubectl("create", "namespace", name)
    try:
        # One by one: where two are missing, kubectl 1.32 takes the two errors for another one, and does not wait.
        for each in NEEDED:
            kubectl("--namespace", name, "wait", "--for=create", each, "--timeout=20s")
        yield
    finally:
        kubectl("delete", "namespace", name, "--wait=false")
        now = ("--force", "--grace-period=0", "--wait=false")
        # Not before the namespace: these pods would be replaced.
        kubectl("--namespace", name, "delete", "pods", "--all", *now)


def kubeconfig_within(name: str, path: Path) -> Path:
    """Write a kubeconfig like the current one, but that its context is in this namespace; return its path."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config["contexts"][0]["context"]["namespace"] = name
    path.write_text(json.dumps(config))
    return path
