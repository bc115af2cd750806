"""Scenarios: pods are deleted, evicted and held."""

import json
import time
from urllib.request import Request, urlopen

from .manifests import IGNORES_TERM, budget, quota, service
from .script import Script, deleting, is_ready, name, restarts, uid

STRATEGIC = "application/strategic-merge-patch+json"


def create(run: Script) -> None:
    """A Deployment of 3, its Service and its PodDisruptionBudget are created."""
    run.create("services", service(run.name))
    run.create("poddisruptionbudgets", budget(run.name, run.name, minAvailable=2))
    run.deploy()
    run.settled(3)


def kill(run: Script) -> None:
    """One of 3 pods is deleted, with a Service and a PodDisruptionBudget looking on."""
    create(run)
    run.cut()
    run.delete(run.pods()[0], "delete a pod")
    run.settled(3)


def kill_force(run: Script) -> None:
    """One of 3 pods is deleted with grace 0."""
    create(run)
    run.cut()
    run.delete(run.pods()[0], "delete a pod with grace 0", gracePeriodSeconds=0)
    run.settled(3)


def kill_half(run: Script) -> None:
    """Two of 4 pods are deleted, in two calls right after each other."""
    run.create("services", service(run.name))
    run.deploy(4)
    run.settled(4)
    run.cut()
    run.delete_all(run.pods()[:2], "delete a pod")
    run.settled(4)


def kill_hard_of_hearing(run: Script) -> None:
    """One of 2 pods is deleted that ignores SIGTERM; its grace is 2 s."""
    run.deploy(2, script=IGNORES_TERM, failure="ignores-sigterm")
    run.settled(2)
    run.cut()
    run.delete(run.pods()[0], "delete a pod")
    run.settled(2)


def kill_wrong_uid(run: Script) -> None:
    """A pod is deleted and evicted under another's uid: nothing happens."""
    run.deploy(2)
    run.settled(2)
    run.cut()
    pod = {"metadata": {"name": name(run.pods()[0]), "uid": "00000000-0000-0000-0000-000000000000"}}
    run.delete(pod, "delete a pod, wrong uid")
    run.evict(pod, "evict a pod, wrong uid")
    run.quiet()


def kill_twice(run: Script) -> None:
    """A pod is deleted, and again while it terminates, and again when it is gone."""
    run.deploy(2, script=IGNORES_TERM, grace=4, failure="ignores-sigterm")
    run.settled(2)
    run.cut()
    pod = run.pods()[0]
    run.delete(pod, "delete a pod")
    run.delete(pod, "delete it again")
    run.delete(pod, "delete it with a longer grace", gracePeriodSeconds=30)
    run.delete(pod, "delete it with a shorter grace", gracePeriodSeconds=2)
    run.settled(2)
    run.delete(pod, "delete what is gone")


def finalizer(run: Script) -> None:
    """One of 2 pods has a finalizer: it outlives its containers until the finalizer goes."""
    run.deploy(2)
    run.settled(2)
    pod = run.pods()[0]
    run.cut()
    where = run.of("pods", name(pod))
    run.ask("add a finalizer", "PATCH", where, {"metadata": {"uid": uid(pod), "finalizers": ["kubechaos.test/held"]}})
    run.delete(pod, "delete the pod")
    run.until("the held pod has ended", lambda: any(_ended(each) for each in run.pods()))
    run.ask("remove the finalizer", "PATCH", where, {"metadata": {"uid": uid(pod), "finalizers": None}})
    run.settled(2)


def _ended(pod: dict[str, object]) -> bool:
    status = pod["status"]
    assert isinstance(status, dict)
    return deleting(pod) and status["phase"] in ("Succeeded", "Failed")


def container_restart(run: Script) -> None:
    """The image of one of 2 pods is named by its own digest: its container is restarted in place."""
    run.create("services", service(run.name))
    run.deploy(2)
    run.settled(2)
    pod = run.pods()[0]
    (told,) = pod["status"]["containerStatuses"]
    container = {"name": "web", "image": told["imageID"].rpartition("//")[2]}
    run.cut()
    patch = {"metadata": {"uid": uid(pod)}, "spec": {"containers": [container]}}
    run.ask("patch the image", "PATCH", run.of("pods", name(pod)), patch, Content_Type=STRATEGIC)
    run.until("a restart", lambda: any(restarts(each) == 1 and is_ready(each) for each in run.pods()))
    run.settled(2)


def evict_allowed(run: Script) -> None:
    """One of 3 pods is evicted, 2 must stay."""
    create(run)
    run.cut()
    run.evict(run.pods()[0], "evict a pod")
    run.settled(3)


def evict_blocked(run: Script) -> None:
    """One of 2 pods is evicted, 2 must stay: refused."""
    run.create("poddisruptionbudgets", budget(run.name, run.name, minAvailable=2))
    run.deploy(2)
    run.settled(2)
    run.cut()
    run.evict(run.pods()[0], "evict a pod")
    run.quiet()


def evict_two_budgets(run: Script) -> None:
    """One of 2 pods is evicted that two budgets claim: an error of the server."""
    run.create("poddisruptionbudgets", budget(run.name, run.name, minAvailable=1))
    run.create("poddisruptionbudgets", budget(f"{run.name}-2", run.name, maxUnavailable=1))
    run.deploy(2)
    run.settled(2)
    run.cut()
    run.evict(run.pods()[0], "evict a pod")
    run.quiet()


def quota_full(run: Script) -> None:
    """The quota shrinks below the pods there are; then one of 2 is deleted and cannot come back."""
    run.deploy(2)
    run.settled(2)
    limit(run, 1)
    run.cut()
    run.delete(run.pods()[0], "delete a pod")
    run.until("one pod and a failure", lambda: len(run.pods()) == 1 and _failing(run))


def limit(run: Script, pods: int) -> None:
    """Allow no more pods than this, and wait until that is in force."""
    run.create("resourcequotas", quota(run.name, pods))
    until = time.monotonic() + 10
    where = run.of("resourcequotas", run.name)
    while not run.api.call("GET", where).body.get("status", {}).get("hard"):
        assert time.monotonic() < until, "the quota never came into force"


def _failing(run: Script) -> bool:
    conditions = run.owned().get("status", {}).get("conditions", ())
    return any(each["type"] == "ReplicaFailure" and each["status"] == "True" for each in conditions)


def compacted(run: Script) -> None:
    """History is forgotten: a watch, a listing and the next page of an old version are told so.

    Of events, which the API server does not cache: of what it does cache it knows old versions that etcd has forgotten.
    """
    run.deploy(2)
    run.settled(2)
    page = run.api.call("GET", run.of("events"), query={"limit": "1"}).body["metadata"]
    run.delete(run.pods()[0], "delete a pod")
    run.settled(2)
    run.compact()
    run.cut()
    old = {"resourceVersion": page["resourceVersion"]}
    run.ask("watch from an old version", "GET", run.of("events"), query={"watch": "1", "timeoutSeconds": "1", **old})
    run.ask("list an old version", "GET", run.of("events"), query={**old, "resourceVersionMatch": "Exact"})
    run.ask("ask for its next page", "GET", run.of("events"), query={"limit": "1", "continue": page["continue"]})


def etcd_compaction(address: str = "http://127.0.0.1:2379") -> None:
    """Compact the dev cluster's etcd through its own gateway: the API server has no call for it."""
    found = _etcd(address, "range", {"key": "AA=="})
    _etcd(address, "compaction", {"revision": found["header"]["revision"], "physical": True})


def _etcd(address: str, verb: str, body: dict[str, object]) -> dict[str, dict[str, str]]:
    request = Request(f"{address}/v3/kv/{verb}", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as answer:
        content: dict[str, dict[str, str]] = json.load(answer)
    return content
