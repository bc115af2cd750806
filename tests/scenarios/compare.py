"""An answer as the product understands it, without what differs from cluster to cluster."""

import json
import re
from typing import Any

from kubechaos.kube.kinds import KINDS

from .api import Answer
from .normal import Normal

DECODED = {*(name for name, kind in KINDS.items() if kind.decoder), "PodDisruptionBudget"}
VERSIONS = re.compile(r"\b\d{8,}\b|(?<=version: )\d+|(?<=current: )\d+|(?<=in record \()\d+")
DUMPS = re.compile(r"((?<=Invalid value: \\\")\{|\\n@@ ).*?(?=\", \"|$)")
"""All of an object, or what has changed of it, at the end of a message."""


def understood(normal: Normal, answer: Answer) -> dict[str, Any]:
    """Return status code and body: the fields that our client decodes, and of a Status what it says."""
    body = answer.body
    if isinstance(body, str) and body.startswith('{"type"'):
        shown: Any = [_event(normal, json.loads(line)) for line in body.splitlines()]
    else:
        shown = [_event(normal, body)] if _is_event(body) else _body(normal, body)
    return {"status": answer.status, "retry_after": answer.headers.get("Retry-After"), "body": shown}


def _is_event(body: Any) -> bool:
    return isinstance(body, dict) and "object" in body and "type" in body


def _event(normal: Normal, event: dict[str, Any]) -> Any:
    if not _is_event(event):
        return _body(normal, event)
    if event["type"] == "BOOKMARK":
        return f"BOOKMARK of a {event['object'].get('kind')} with {sorted(event['object'].get('metadata', ()))}"
    return f"{event['type']} {_body(normal, event['object'])}"


def _body(normal: Normal, body: Any) -> Any:
    if not isinstance(body, dict):
        return normal.text(str(body)).strip()
    kind = str(body.get("kind", ""))
    if kind == "Status":
        return _status(normal, body)
    if kind.endswith("List"):
        return _list(normal, body, kind.removesuffix("List"))
    if kind in DECODED:
        return f"{kind}: {normal.object(body)}"
    return {"kind": kind, **_other(kind, body)}


def _status(normal: Normal, body: dict[str, Any]) -> dict[str, Any]:
    details = {key: value for key, value in (body.get("details") or {}).items() if key != "uid"}
    shown = {key: body[key] for key in ("status", "reason", "message", "code") if key in body}
    text = normal.text(json.dumps({**shown, "details": details}))
    plain: dict[str, Any] = json.loads(DUMPS.sub("", VERSIONS.sub("<version>", text)))
    return plain


def _list(normal: Normal, body: dict[str, Any], kind: str) -> dict[str, Any]:
    meta = body["metadata"]
    items = [_body(normal, {"kind": kind, **item}) for item in body["items"]]
    shown = {"kind": body["kind"], "items": items, "continues": bool(meta.get("continue"))}
    return {**shown, "remaining": meta.get("remainingItemCount")}


def _other(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    if kind == "Scale":
        return {"spec": body["spec"], "status": {key: body["status"].get(key) for key in ("replicas",)}}
    if kind == "SelfSubjectAccessReview":
        return {"allowed": body["status"]["allowed"]}
    if kind == "Node":
        ready = [each["status"] for each in body["status"]["conditions"] if each["type"] == "Ready"]
        return {"ready": ready, "unschedulable": body["spec"].get("unschedulable", False)}
    if "gitVersion" in body:
        return {"gitVersion": bool(re.match(r"v\d+\.\d+\.\d+", body["gitVersion"]))}
    meta = body.get("metadata", {})
    return {"uid": bool(meta.get("uid")), **_written(kind, body, meta)}


def _written(kind: str, body: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    """Return what a client has written into an object that nothing acts upon."""
    if kind == "ConfigMap":
        return {"data": body.get("data"), "labels": sorted(meta.get("labels", ()))}
    if kind == "PodTemplate":
        spec = body["template"]["spec"]
        env = [f"{each['name']}={each['value']}" for each in spec["containers"][0].get("env", ())]
        volumes = [sorted(each) for each in spec.get("volumes", ())]
        return {"env": env, "volumes": volumes, "finalizers": meta.get("finalizers")}
    return {}
