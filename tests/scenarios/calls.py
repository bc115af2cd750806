"""One conversation with an API server, call by call: what the product may ask, and what can be wrong with it."""

from .api import Api
from .manifests import budget, deployment, service
from .podcalls import about_pods
from .script import Script, name, uid
from .setcalls import about_sets
from .writecalls import about_writes

NOBODY = "00000000-0000-0000-0000-000000000000"
AGAIN = "kubechaos.test/again"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


def conversation(run: Script, stranger: Api) -> None:
    """Hold it; `stranger` is a client that the cluster does not know."""
    run.answers.append(("list pods as a stranger", stranger.call("GET", run.of("pods"))))
    _paths(run)
    _creations(run)
    run.settled(3)
    _reads(run)
    _selections(run)
    _pages(run)
    _watches(run)
    _patches(run)
    _scaling(run)
    _rights(run)
    _deletions(run)
    run.settled(3)
    _evictions(run)
    about_writes(run)
    about_sets(run)
    about_pods(run)
    run.quiet()


def _paths(run: Script) -> None:
    """What there is, and what there is not."""
    run.ask("version", "GET", "/version")
    run.ask("version with a slash", "GET", "/version/")
    run.ask("unknown path", "GET", "/nope")
    run.ask("unknown group", "GET", f"/apis/nope.example/v1/namespaces/{run.api.namespace}/things")
    run.ask("unknown version", "GET", f"/apis/apps/v9/namespaces/{run.api.namespace}/deployments")
    run.ask("unknown kind", "GET", f"/apis/apps/v1/namespaces/{run.api.namespace}/things")
    run.ask("unknown core kind", "GET", f"/api/v1/namespaces/{run.api.namespace}/things")
    run.ask("unknown subresource", "GET", run.of("pods", "none", "nope"))
    run.ask("namespace", "GET", f"/api/v1/namespaces/{run.api.namespace}")
    run.ask("missing namespace", "GET", "/api/v1/namespaces/none")
    run.ask("pods of a missing namespace", "GET", "/api/v1/namespaces/none/pods")
    run.ask("nodes", "GET", "/api/v1/nodes")
    run.ask("missing node", "GET", "/api/v1/nodes/none")
    for plural in ("pods", "deployments", "replicasets", "endpointslices", "events", "poddisruptionbudgets"):
        run.ask(f"missing: {plural}", "GET", run.of(plural, "none"))
    run.ask("missing: scale", "GET", run.of("deployments", "none", "scale"))
    run.ask("missing: status", "GET", run.of("deployments", "none", "status"))
    run.ask("missing: log", "GET", run.of("pods", "none", "log"))
    run.ask("missing: service through the proxy", "GET", run.of("services", "none:80", "proxy/"))


def _creations(run: Script) -> None:
    manifest, where = deployment(run.name), run.of("deployments")
    run.ask("create, dry", "POST", where, manifest, {"dryRun": "All"})
    run.ask("the dry one is not there", "GET", run.of("deployments", run.name))
    run.ask("create, dry in a way that is none", "POST", where, manifest, {"dryRun": "Some"})
    run.ask("create", "POST", where, manifest)
    run.ask("create again", "POST", where, manifest)
    run.ask("create in another namespace than the body's", "POST", where, _with(manifest, namespace="none"))
    run.ask("create in a missing namespace", "POST", "/apis/apps/v1/namespaces/none/deployments", manifest)
    run.ask("create without a name", "POST", where, _with(manifest, name=None))
    run.ask("create with a bad name", "POST", where, _with(manifest, name="Not_A_Name"))
    run.ask("create under another kind", "POST", where, {**manifest, "kind": "ReplicaSet"})
    run.ask("create what is no JSON", "POST", where, b"{nope")
    stray = deployment(run.name)
    stray["spec"]["selector"]["matchLabels"] = {"app": "other"}
    run.ask("create with a selector that misses its pods", "POST", where, _with(stray, name=f"{run.name}-2"))
    run.ask("create onto a name", "POST", run.of("deployments", run.name), manifest)
    run.create("services", service(run.name))


def _with(manifest: dict[str, object], **meta: object) -> dict[str, object]:
    metadata = manifest["metadata"]
    assert isinstance(metadata, dict)
    return {**manifest, "metadata": {key: value for key, value in {**metadata, **meta}.items() if value is not None}}


def _reads(run: Script) -> None:
    pod = name(run.pods()[0])
    run.ask("get deployment", "GET", run.of("deployments", run.name))
    run.ask("get status", "GET", run.of("deployments", run.name, "status"))
    run.ask("get scale", "GET", run.of("deployments", run.name, "scale"))
    run.ask("get pod", "GET", run.of("pods", pod))
    run.ask("get pod's status", "GET", run.of("pods", pod, "status"))
    run.ask("get pod's log", "GET", run.of("pods", pod, "log"))
    run.ask("get pod's log, no such container", "GET", run.of("pods", pod, "log"), query={"container": "nope"})
    run.ask("get service", "GET", run.of("services", run.name))
    run.ask("list replica sets", "GET", run.of("replicasets"), query=_mine(run))
    run.ask("list slices", "GET", run.of("endpointslices"), query=_slices(run))
    run.ask("list pods of all namespaces", "GET", "/api/v1/pods", query=_mine(run))


def _mine(run: Script) -> dict[str, str]:
    return {"labelSelector": f"app={run.name}"}


def _slices(run: Script) -> dict[str, str]:
    return {"labelSelector": f"kubernetes.io/service-name={run.name}"}


def _selections(run: Script) -> None:
    mine, pod = f"app={run.name}", name(run.pods()[0])
    for text in (f"app in ({run.name},x)", f"app==({run.name})", f"app=={run.name}", f"{mine},!nope", "app,app=x"):
        run.ask(f"label selector {text.replace(run.name, 'W')}", "GET", run.of("pods"), query={"labelSelector": text})
    for text in (f"app!={run.name},app", f"{mine},app notin (x)", "app in", "===", "a b", f"{mine},pod-template-hash"):
        run.ask(f"label selector {text.replace(run.name, 'W')}", "GET", run.of("pods"), query={"labelSelector": text})
    for text in (f"metadata.name={pod}", "metadata.name=none", "status.phase=Running", "status.phase!=Running"):
        query = {"fieldSelector": text, **_mine(run)}
        run.ask(f"field selector {text.replace(pod, 'P')}", "GET", run.of("pods"), query=query)
    for text in ("spec.nope=1", "metadata.name", f"metadata.name={pod},status.phase=Running"):
        run.ask(f"field selector {text.replace(pod, 'P')}", "GET", run.of("pods"), query={"fieldSelector": text})
    about = {"fieldSelector": f"involvedObject.name={run.name},reason=ScalingReplicaSet"}
    run.ask("events about the deployment", "GET", run.of("events"), query=about)


def _pages(run: Script) -> None:
    where, mine = run.of("pods"), _mine(run)
    first = run.ask("first page of pods", "GET", where, query={**mine, "limit": "2"}).body["metadata"]
    following = {**mine, "limit": "2", "continue": first.get("continue", "")}
    run.ask("second page of pods", "GET", where, query=following)
    run.ask("page of one, not selected", "GET", where, query={"limit": "1"})
    run.ask("page with a token that is none", "GET", where, query={**mine, "limit": "2", "continue": "nope"})
    run.ask("page of nope", "GET", where, query={**mine, "limit": "nope"})
    run.ask("page of none", "GET", where, query={**mine, "limit": "0"})
    run.ask("list any version", "GET", where, query={**mine, "resourceVersion": "0"})
    run.ask("list any version, limit", "GET", where, query={**mine, "resourceVersion": "0", "limit": "2"})
    version = {**mine, "resourceVersion": first["resourceVersion"]}
    run.ask("list not older than", "GET", where, query={**version, "resourceVersionMatch": "NotOlderThan"})
    run.ask("list exactly", "GET", where, query={**version, "resourceVersionMatch": "Exact"})
    run.ask("list a match without a version", "GET", where, query={**mine, "resourceVersionMatch": "Exact"})
    run.ask("list a version that is none", "GET", where, query={**mine, "resourceVersion": "nope"})
    run.ask("list a version of the future", "GET", where, query={**mine, "resourceVersion": "99999999"})


def _watches(run: Script) -> None:
    where, mine = run.of("pods"), {**_mine(run), "watch": "1", "timeoutSeconds": "1"}
    now = str(run.api.call("GET", where).body["metadata"]["resourceVersion"])
    run.ask("watch from now", "GET", where, query={**mine, "resourceVersion": now})
    run.ask("watch from anything", "GET", where, query={**mine, "resourceVersion": "0"})
    run.ask("watch from nothing", "GET", where, query=mine)
    run.ask("watch said true", "GET", where, query={**mine, "watch": "true", "resourceVersion": now})
    run.ask("watch with bookmarks", "GET", where, query={**mine, "resourceVersion": now, "allowWatchBookmarks": "true"})
    run.compact()
    old = {"watch": "1", "timeoutSeconds": "1", "resourceVersion": "1"}
    run.ask("watch from a version that is forgotten", "GET", run.of("events"), query=old)
    run.ask("watch from a version that is none", "GET", where, query={**mine, "resourceVersion": "nope"})
    far = {"resourceVersion": "99999999", "timeoutSeconds": "5"}
    run.ask("watch from the future", "GET", where, query={**mine, **far})
    run.ask("watch a bad selector", "GET", where, query={**mine, "labelSelector": "==="})
    run.ask("watch with a match", "GET", where, query={**mine, "resourceVersion": now, "resourceVersionMatch": "Exact"})
    run.ask("watch for nope seconds", "GET", where, query={**mine, "resourceVersion": now, "timeoutSeconds": "nope"})
    run.ask("watch a deployment", "GET", run.of("deployments"), query={**mine, "resourceVersion": "0"})
    _watched_change(run)


def _watched_change(run: Script) -> None:
    """A label comes and goes: who selects by it sees the deployment come and go."""
    where = run.of("deployments", run.name)
    # Of the collection: the deployment's own may be older than what has just been compacted.
    version = run.api.call("GET", run.of("deployments")).body["metadata"]["resourceVersion"]
    run.ask("add a label", "PATCH", where, {"metadata": {"labels": {"colour": "red"}}})
    run.ask("add it again", "PATCH", where, {"metadata": {"labels": {"colour": "red"}}})
    run.ask("change an annotation", "PATCH", where, {"metadata": {"annotations": {AGAIN: "1"}}})
    run.settled(3)
    run.ask("take the label away", "PATCH", where, {"metadata": {"labels": {"colour": None}}})
    query = {"watch": "1", "timeoutSeconds": "1", "resourceVersion": version, "labelSelector": "colour=red"}
    run.ask("watch who has the label", "GET", run.of("deployments"), query=query)


def _patches(run: Script) -> None:
    where, pod = run.of("deployments", run.name), run.of("pods", name(run.pods()[0]))
    run.ask("patch what is missing", "PATCH", run.of("deployments", "none"), {"spec": {"replicas": 1}})
    run.ask("patch with a stale version", "PATCH", where, {"metadata": {"resourceVersion": "1"}})
    run.ask("patch with another uid", "PATCH", where, {"metadata": {"uid": NOBODY}})
    run.ask("patch with another name", "PATCH", where, {"metadata": {"name": "other"}})
    run.ask("patch the selector", "PATCH", where, {"spec": {"selector": {"matchLabels": {"app": "other"}}}})
    run.ask("patch to fewer than none", "PATCH", where, {"spec": {"replicas": -1}})
    run.ask("patch to a word", "PATCH", where, {"spec": {"replicas": "x"}})
    run.ask("patch, dry", "PATCH", where, {"spec": {"replicas": 1}}, {"dryRun": "All"})
    run.ask("the dry patch is not there", "GET", where)
    run.ask("patch with no JSON", "PATCH", where, b"{nope")
    run.ask("patch with a list", "PATCH", where, [])
    run.ask("patch as plain JSON", "PATCH", where, {}, Content_Type="application/json")
    run.ask("patch the collection", "PATCH", run.of("deployments"), {})
    run.ask("patch the status through the object", "PATCH", where, {"status": {"replicas": 77}})
    run.ask("patch the spec through the status", "PATCH", f"{where}/status", {"spec": {"replicas": 7}})
    run.ask("patch a pod's node", "PATCH", pod, {"spec": {"nodeName": "other"}})
    run.ask("patch a pod with another uid", "PATCH", pod, {"metadata": {"uid": NOBODY}})
    run.ask("patch a pod's annotation", "PATCH", pod, {"metadata": {"annotations": {AGAIN: "1"}}})
    run.ask("replace a deployment by nothing", "PUT", where, {})


def _scaling(run: Script) -> None:
    where = run.of("deployments", run.name, "scale")
    run.ask(
        "scale with a stale version", "PATCH", where, {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 1}}
    )
    run.ask("scale with another uid", "PATCH", where, {"metadata": {"uid": NOBODY}, "spec": {"replicas": 1}})
    run.ask("scale to fewer than none", "PATCH", where, {"spec": {"replicas": -1}})
    run.ask("scale to a word", "PATCH", where, {"spec": {"replicas": "x"}})
    run.ask("scale, dry", "PATCH", where, {"spec": {"replicas": 1}}, {"dryRun": "All"})
    run.ask("scale what is missing", "PATCH", run.of("deployments", "none", "scale"), {"spec": {"replicas": 1}})
    run.ask("scale to what it is", "PATCH", where, {"spec": {"replicas": 3}})
    run.settled(3)


def _rights(run: Script) -> None:
    asked = {"namespace": run.api.namespace, "verb": "delete", "resource": "pods"}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    run.ask("may I delete pods", "POST", REVIEWS, {**review, "spec": {"resourceAttributes": asked}})
    run.ask("may I do nothing", "POST", REVIEWS, {**review, "spec": {}})
    run.ask("list access reviews", "GET", REVIEWS)


def _deletions(run: Script) -> None:
    victim = run.pods()[0]
    where = run.of("pods", name(victim))
    run.ask("delete what is missing", "DELETE", run.of("pods", "none"))
    run.ask("delete what is missing, by uid", "DELETE", run.of("pods", "none"), _options(preconditions={"uid": NOBODY}))
    run.ask("delete with another uid", "DELETE", where, _options(preconditions={"uid": NOBODY}))
    run.ask("delete a stale version", "DELETE", where, _options(preconditions={"resourceVersion": "1"}))
    run.ask("delete, dry in the query", "DELETE", where, query={"dryRun": "All"})
    run.ask("delete, dry in the body", "DELETE", where, _options(dryRun=["All"]))
    run.ask("delete, dry in a way that is none", "DELETE", where, _options(dryRun=["Some"]))
    run.ask("delete with a negative grace", "DELETE", where, _options(gracePeriodSeconds=-5, dryRun=["All"]))
    run.ask("delete a pod's scale", "DELETE", f"{where}/scale")
    run.ask("all that were not deleted", "GET", run.of("pods"), query=_mine(run))
    body = _options(preconditions={"uid": uid(victim)})
    run.ask("delete, dry in the query beside a body: it is real", "DELETE", where, body, {"dryRun": "All"})
    run.ask("delete with options that are none", "DELETE", where, b"{nope")
    run.delete(victim, "delete what is being deleted")
    run.settled(3)
    run.delete(victim, "delete what is gone")
    run.ask("create a second deployment", "POST", run.of("deployments"), deployment(f"{run.name}-2", 0))
    run.ask("delete the second deployment", "DELETE", run.of("deployments", f"{run.name}-2"))
    run.recorder.until("only one deployment", lambda: len(run.recorder.live["Deployment"]) == 1, 10)


def _options(**options: object) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "DeleteOptions", **options}


def _evictions(run: Script) -> None:
    pod = run.pods()[0]
    where, body = run.of("pods", name(pod), "eviction"), _eviction(name(pod))
    run.ask("evict what is missing", "POST", run.of("pods", "none", "eviction"), _eviction("none"))
    run.ask("evict under another name", "POST", where, _eviction("other"))
    run.ask("evict with another uid", "POST", where, {**body, "deleteOptions": {"preconditions": {"uid": NOBODY}}})
    run.ask("evict, dry in the query", "POST", where, body, {"dryRun": "All"})
    run.ask("evict, dry in the body", "POST", where, {**body, "deleteOptions": {"dryRun": ["All"]}})
    run.ask("evict nothing", "POST", where, {})
    run.ask("get an eviction", "GET", where)
    run.create("poddisruptionbudgets", budget(run.name, run.name, maxUnavailable=0))
    run.recorder.until(
        "a budget that has counted three healthy pods",
        lambda: any(map(_has_counted, run.recorder.live["PodDisruptionBudget"].values())),
        10,
    )
    run.ask("get the budget", "GET", run.of("poddisruptionbudgets", run.name))
    run.evict(pod, "evict what a budget holds")
    run.ask("evict what a budget holds, dry", "POST", where, body, {"dryRun": "All"})
    run.create("poddisruptionbudgets", budget(f"{run.name}-2", run.name, minAvailable=1))
    run.evict(pod, "evict what two budgets hold")
    for each in (run.name, f"{run.name}-2"):
        run.ask(f"delete budget {each.removeprefix(run.name)}", "DELETE", run.of("poddisruptionbudgets", each))
    run.evict(pod, "evict what nothing holds")
    run.evict(pod, "evict what is being evicted")
    run.settled(3)
    run.evict(pod, "evict what is gone")


def _has_counted(budget: dict[str, dict[str, object]]) -> bool:
    """Return whether its controller has seen all three pods Ready: its view of the pods may lag behind ours."""
    status = budget.get("status", {})
    return status.get("expectedPods") == status.get("currentHealthy") == 3


def _eviction(pod: str) -> dict[str, object]:
    return {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
