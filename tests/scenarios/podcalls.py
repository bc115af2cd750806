"""The part of the conversation that is about what pods have beside their containers."""

from typing import Any

from .manifests import SERVER, deployment
from .pods import STRATEGIC, init
from .script import Script, name


def about_pods(run: Script) -> None:
    """Hold it; nothing of the conversation is there before it and after it."""
    run.kind = "Deployment"
    every = run.of("deployments")
    for seconds in (20, -1):
        hook = {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}
        run.ask(f"create, a hook of {seconds} s", "POST", every, deployment(run.name, 1, container=hook))
    pod = {"initContainers": [init("proxy", SERVER, restartPolicy="Always"), init("first", "exit 0")]}
    run.ask("create with init containers", "POST", every, deployment(run.name, 1, pod=pod))
    run.settled(1)
    where = run.of("pods", name(run.pods()[0]))
    run.ask("get a pod with init containers", "GET", where)
    patch = {"Content_Type": STRATEGIC}
    run.ask("patch the image of a sidecar, dry", "PATCH", where, _proxy(image="x:1"), {"dryRun": "All"}, **patch)
    run.ask("patch the command of a sidecar", "PATCH", where, _proxy(command=["true"]), **patch)
    run.ask("delete a Deployment with sidecars", "DELETE", run.of("deployments", run.name))
    run.recorder.until("no pods", lambda: not run.pods(), 30)


def _proxy(**fields: Any) -> dict[str, Any]:
    return {"spec": {"initContainers": [{"name": "proxy", **fields}]}}
