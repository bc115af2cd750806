"""The part of the conversation that is about StatefulSets, DaemonSets and their revisions."""

from typing import Any

from .manifests import deployment
from .recorder import PLURALS
from .script import Script

NOBODY = "00000000-0000-0000-0000-000000000000"


def about_sets(run: Script) -> None:
    """Hold it; the Deployment of the conversation is gone after it."""
    run.ask("delete the deployment", "DELETE", run.of("deployments", run.name))
    run.recorder.until("no pods", lambda: not run.pods(), 30)
    run.recorder.until("no deployment", lambda: not run.recorder.live["Deployment"], 10)
    for plural in ("statefulsets", "daemonsets", "controllerrevisions"):
        run.ask(f"missing: {plural}", "GET", run.of(plural, "none"))
    run.ask("missing: stateful set's scale", "GET", run.of("statefulsets", "none", "scale"))
    _stateful_set(run)
    _daemon_set(run)


def _manifest(run: Script, kind: str, **spec: Any) -> dict[str, Any]:
    """Return one whose template no other kind has: revisions are then named differently."""
    return deployment(run.name, 2, kind=kind, grace=2 if kind == "StatefulSet" else 3, **spec)


def _begin(run: Script, kind: str, **spec: Any) -> str:
    """Create one and wait until it is settled; return its path."""
    run.kind = kind
    run.ask(f"create {kind}", "POST", run.of(PLURALS[kind]), _manifest(run, kind, **spec))
    run.settled(2)
    where = run.of(PLURALS[kind], run.name)
    run.ask(f"create {kind} again", "POST", run.of(PLURALS[kind]), _manifest(run, kind, **spec))
    run.ask(f"get {kind}", "GET", where)
    run.ask(f"get status of {kind}", "GET", f"{where}/status")
    mine = {"labelSelector": f"app={run.name}"}
    run.ask(f"list {kind}s", "GET", run.of(PLURALS[kind]), query=mine)
    run.ask(f"list revisions of {kind}", "GET", run.of("controllerrevisions"), query=mine)
    run.ask(f"watch {kind}s", "GET", run.of(PLURALS[kind]), query={**mine, "watch": "1", "timeoutSeconds": "1"})
    return where


def _end(run: Script, where: str) -> None:
    run.ask(f"delete {run.kind}", "DELETE", where)
    run.recorder.until("no pods", lambda: not run.pods(), 30)
    run.recorder.until("nothing owned", lambda: not run.recorder.live["ControllerRevision"], 30)
    run.ask(f"{run.kind} is gone", "GET", where)


def _stateful_set(run: Script) -> None:
    kind, every = "StatefulSet", run.of("statefulsets")
    run.ask("create, pods in no order", "POST", every, _manifest(run, kind, podManagementPolicy="Sideways"))
    stray = _manifest(run, kind)
    stray["spec"]["selector"]["matchLabels"] = {"app": "other"}
    run.ask("create StatefulSet with a selector that misses its pods", "POST", every, stray)
    where = _begin(run, kind, serviceName=run.name)
    _pod_and_revision(run)
    run.ask("get scale of StatefulSet", "GET", f"{where}/scale")
    run.ask("patch serviceName", "PATCH", where, {"spec": {"serviceName": "other"}})
    run.ask("patch podManagementPolicy", "PATCH", where, {"spec": {"podManagementPolicy": "Parallel"}})
    run.ask("patch selector of StatefulSet", "PATCH", where, {"spec": {"selector": {"matchLabels": {"app": "x"}}}})
    run.ask("patch StatefulSet to fewer than none", "PATCH", where, {"spec": {"replicas": -1}})
    run.ask("patch StatefulSet with another uid", "PATCH", where, {"metadata": {"uid": NOBODY}})
    run.ask("patch StatefulSet with a stale version", "PATCH", where, {"metadata": {"resourceVersion": "1"}})
    run.ask("patch StatefulSet, dry", "PATCH", where, {"spec": {"replicas": 1}}, {"dryRun": "All"})
    run.ask("annotate StatefulSet: no generation", "PATCH", where, {"metadata": {"annotations": {"a": "b"}}})
    run.settled(2)
    run.ask("scale StatefulSet with another uid", "PATCH", f"{where}/scale", {"metadata": {"uid": NOBODY}})
    run.ask("scale StatefulSet to fewer than none", "PATCH", f"{where}/scale", {"spec": {"replicas": -1}})
    run.ask("scale StatefulSet, dry", "PATCH", f"{where}/scale", {"spec": {"replicas": 1}}, {"dryRun": "All"})
    run.ask("scale StatefulSet to what it is", "PATCH", f"{where}/scale", {"spec": {"replicas": 2}})
    _end(run, where)


def _pod_and_revision(run: Script) -> None:
    run.ask("get pod by its ordinal", "GET", run.of("pods", f"{run.name}-0"))
    by_label = {"labelSelector": f"statefulset.kubernetes.io/pod-name={run.name}-1,apps.kubernetes.io/pod-index=1"}
    run.ask("list the pod of an ordinal", "GET", run.of("pods"), query=by_label)
    (revision,) = run.recorder.live["ControllerRevision"].values()
    where = run.of("controllerrevisions", str(revision["metadata"]["name"]))
    run.ask("get revision", "GET", where)
    run.ask("patch revision's label", "PATCH", where, {"metadata": {"labels": {"colour": "red"}}})
    run.ask("patch revision with another uid", "PATCH", where, {"metadata": {"uid": NOBODY}})


def _daemon_set(run: Script) -> None:
    kind, every = "DaemonSet", run.of("daemonsets")
    nothing = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}}
    run.ask("create, none may be unavailable", "POST", every, _manifest(run, kind, updateStrategy=nothing))
    where = _begin(run, kind)
    run.ask("get scale of DaemonSet", "GET", f"{where}/scale")
    run.ask("patch selector of DaemonSet", "PATCH", where, {"spec": {"selector": {"matchLabels": {"app": "x"}}}})
    run.ask("patch DaemonSet with another uid", "PATCH", where, {"metadata": {"uid": NOBODY}})
    again = {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}
    run.ask("patch DaemonSet, dry", "PATCH", where, again, {"dryRun": "All"})
    run.ask("annotate DaemonSet: no generation", "PATCH", where, {"metadata": {"annotations": {"a": "b"}}})
    run.settled(2)
    _end(run, where)
