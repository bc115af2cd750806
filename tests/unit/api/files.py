"""Kubeconfig files for the unit tests."""

import json
from pathlib import Path
from typing import Any

from kubechaos.api import contexts, kubeconfig
from kubechaos.api.connection import Connection

EXEC = {"apiVersion": "client.authentication.k8s.io/v1", "command": "plugin", "interactiveMode": "Never"}


def config(user: Any = None, cluster: Any = None, name: str = "it", **context: Any) -> dict[str, Any]:
    """A kubeconfig with one context, one cluster and one user, all of one name."""
    return {
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, **context}}],
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}:6443", **(cluster or {})}}],
        "users": [{"name": name, "user": user or {}}],
    }


class Files:
    """Kubeconfig files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, content: Any, name: str = "config") -> str:
        """Write one, as JSON unless it is text; return its path."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def read(self, content: Any, context: str = "it", **environment: str) -> Connection:
        """Write one and read a context of it."""
        return contexts.connection(kubeconfig.load([self.write(content)]), context, environment)
