"""The part of the conversation about what users' own tests write: complete objects, and patches of every type."""

from typing import Any

from .manifests import deployment
from .script import Script

NOBODY = "00000000-0000-0000-0000-000000000000"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
STEPS = "application/json-patch+json"


def about_writes(run: Script) -> None:
    """Hold it; what is made for it is gone after it."""
    _without_behaviour(run)
    _replacing(run)
    _by_steps(run)
    _strategically(run)
    _at_once(run)


def _config_map(run: Script, name: str = "cm", **more: Any) -> dict[str, Any]:
    meta = {"name": f"{run.name}-{name}", "labels": {"app": run.name}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"a": "1", "b": "2"}, **more}


def _without_behaviour(run: Script) -> None:
    """Objects that nothing acts upon."""
    where = run.of("configmaps")
    run.ask("create a ConfigMap, dry", "POST", where, _config_map(run), {"dryRun": "All"})
    run.ask("create a ConfigMap", "POST", where, _config_map(run))
    run.ask("create a ConfigMap again", "POST", where, _config_map(run))
    run.ask("get a ConfigMap", "GET", f"{where}/{run.name}-cm")
    run.ask("get a ConfigMap's status", "GET", f"{where}/{run.name}-cm/status")
    run.ask("missing: ConfigMap", "GET", f"{where}/none")
    mine = {"labelSelector": f"app={run.name}"}
    run.ask("list ConfigMaps", "GET", where, query=mine)
    run.ask("list ConfigMaps of all namespaces", "GET", "/api/v1/configmaps", query=mine)
    run.ask("list ConfigMaps by name", "GET", where, query={"fieldSelector": f"metadata.name={run.name}-cm"})
    run.ask("create in all namespaces", "POST", "/api/v1/configmaps", _config_map(run))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": f"{run.name}-s"}, "stringData": {"a": "b"}}
    run.ask("create a Secret", "POST", run.of("secrets"), secret)
    run.ask("delete a Secret", "DELETE", run.of("secrets", f"{run.name}-s"))
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": f"{run.name}-a"}}
    run.ask("create a ServiceAccount", "POST", run.of("serviceaccounts"), account)
    run.ask("delete a ServiceAccount", "DELETE", run.of("serviceaccounts", f"{run.name}-a"))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "calls-dry"}}
    run.ask("create a Namespace, dry", "POST", "/api/v1/namespaces", space, {"dryRun": "All"})


def _replacing(run: Script) -> None:
    where = run.of("configmaps", f"{run.name}-cm")
    run.ask("replace", "PUT", where, _config_map(run, data={"a": "3"}))
    run.ask("replace, dry", "PUT", where, _config_map(run, data={"a": "4"}), {"dryRun": "All"})
    run.ask("replace by the same", "PUT", where, _config_map(run, data={"a": "3"}))
    run.ask("replace what is missing", "PUT", run.of("configmaps", f"{run.name}-none"), _config_map(run, "none"))
    run.ask("replace under another name", "PUT", where, _config_map(run, "other"))
    stale = _config_map(run)
    stale["metadata"] |= {"resourceVersion": "1"}
    run.ask("replace a stale version", "PUT", where, stale)
    run.ask("replace by no JSON", "PUT", where, b"{nope")
    run.ask("replace all", "PUT", run.of("configmaps"), _config_map(run))
    web = run.of("deployments", run.name)
    live = {**run.api.call("GET", web).body, "apiVersion": "apps/v1", "kind": "Deployment"}
    run.ask("replace a Deployment by itself", "PUT", web, live)
    live["metadata"] = {"name": run.name, "labels": {"replaced": "1"}, "annotations": live["metadata"]["annotations"]}
    run.ask("replace the labels of a Deployment", "PUT", web, live)
    other = deployment(run.name)
    other["spec"]["selector"]["matchLabels"] = {"app": "other"}
    other["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    run.ask("replace the selector of a Deployment", "PUT", web, other)
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": run.name}, "spec": {"replicas": 3}}
    run.ask("replace a scale by the same", "PUT", f"{web}/scale", scale)
    run.ask("replace a scale by fewer than none", "PUT", f"{web}/scale", {**scale, "spec": {"replicas": -1}})


def _by_steps(run: Script) -> None:
    """JSON patches."""
    where = run.of("configmaps", f"{run.name}-cm")

    def steps(what: str, *of: Any) -> None:
        run.ask(f"patch by steps: {what}", "PATCH", where, list(of), Content_Type=STEPS)

    steps("add", {"op": "add", "path": "/data/c", "value": "5"})
    steps("replace", {"op": "replace", "path": "/data/c", "value": "6"})
    steps("test and remove", {"op": "test", "path": "/data/c", "value": "6"}, {"op": "remove", "path": "/data/c"})
    steps(
        "copy and move",
        {"op": "copy", "from": "/data/a", "path": "/data/d"},
        {"op": "move", "from": "/data/d", "path": "/data/e"},
    )
    steps("a label whose name has a slash", {"op": "add", "path": "/metadata/labels/x~1y", "value": "z"})
    steps("none")
    steps("test what is not so", {"op": "test", "path": "/data/a", "value": "nope"})
    steps("remove what is missing", {"op": "remove", "path": "/data/nope"})
    steps("replace what is missing", {"op": "replace", "path": "/data/nope", "value": "1"})
    steps("add below what is missing", {"op": "add", "path": "/nope/deep", "value": "1"})
    steps("nonsense", {"op": "nope", "path": "/data/a"})
    steps("another name", {"op": "replace", "path": "/metadata/name", "value": "other"})
    run.ask("patch by steps that are no list", "PATCH", where, {"op": "remove"}, Content_Type=STEPS)
    run.ask("patch by steps that are no JSON", "PATCH", where, b"{nope", Content_Type=STEPS)
    web = [{"op": "replace", "path": "/spec/replicas", "value": -1}]
    run.ask("patch by steps to fewer than none", "PATCH", run.of("deployments", run.name), web, Content_Type=STEPS)


def _strategically(run: Script) -> None:
    """Strategic merge patches, of a template that nobody makes pods of."""
    container = {"name": "app", "image": "busybox:1.35.0"}
    template = {"metadata": {"labels": {"app": run.name}}, "spec": {"containers": [container]}}
    made = {"apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": run.name}, "template": template}
    run.ask("create a template", "POST", run.of("podtemplates"), made)
    where = run.of("podtemplates", run.name)

    def patch(what: str, container: dict[str, Any], **spec: Any) -> None:
        body = {"template": {"spec": {"containers": [{"name": "app", **container}], **spec}}}
        run.ask(f"patch strategically: {what}", "PATCH", where, body, Content_Type=STRATEGIC)

    one, two, three = ({"name": letter, "value": letter} for letter in "ABC")
    order = [{"name": letter} for letter in "CAB"]
    patch("two variables", {"env": [one, two]})
    patch("a third one", {"env": [three]})
    patch("an order of none", {"env": [], "$setElementOrder/env": order})
    patch("an order alone", {"$setElementOrder/env": order})
    patch("an order and a value", {"env": [{**one, "value": "new"}], "$setElementOrder/env": [*order[1:], order[0]]})
    patch("an order of some", {"env": [{"name": "D", "value": "D"}], "$setElementOrder/env": [{"name": "D"}, order[0]]})
    patch("delete one", {"env": [{"name": "A", "$patch": "delete"}]})
    patch("delete what is missing", {"env": [{"name": "nope", "$patch": "delete"}]})
    patch("replace all", {"env": [{"$patch": "replace"}, two, one]})
    volume = {"name": "v", "emptyDir": {}}
    patch("a volume", {}, volumes=[volume])
    other = {"name": "v", "configMap": {"name": "c"}, "emptyDir": None}
    patch("another source", {}, volumes=[{**other, "$retainKeys": ["name", "configMap"]}])
    patch("no such directive", {"$patch": "nope"})
    labels = {"metadata": {"labels": {"a": "1"}, "finalizers": ["kubechaos.test/a", "kubechaos.test/b"]}}
    run.ask("patch strategically: finalizers", "PATCH", where, labels, Content_Type=STRATEGIC)
    without = {"metadata": {"$deleteFromPrimitiveList/finalizers": ["kubechaos.test/a"]}}
    run.ask("patch strategically: without one of them", "PATCH", where, without, Content_Type=STRATEGIC)
    run.ask("patch by merging: without any", "PATCH", where, {"metadata": {"finalizers": None}}, Content_Type=MERGE)
    run.ask("delete the template", "DELETE", where)


def _at_once(run: Script) -> None:
    """Deleting all that are chosen."""
    where, mine = run.of("configmaps"), {"labelSelector": f"app={run.name}"}
    run.ask("create a second ConfigMap", "POST", where, _config_map(run, "cm2"))
    run.ask("delete none of all", "DELETE", where, query={"labelSelector": "app=none"})
    run.ask("delete all, dry", "DELETE", where, query={**mine, "dryRun": "All"})
    run.ask("delete all", "DELETE", where, query=mine)
    run.ask("none is left", "GET", where, query=mine)
