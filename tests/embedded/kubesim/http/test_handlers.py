"""The API that is served, through our own client."""

import json
from pathlib import Path
from typing import Any

import pytest

from kubechaos.errors import ApiError, ConflictError, ExpiredError, NotFoundError, UnauthorizedError, UnreachableError
from kubesim import Scaled, Simulation
from tests.embedded.client import DEPLOYMENTS, PODS, Client
from tests.embedded.shop import budget, deployment

NOBODY = "00000000-0000-0000-0000-000000000000"
BUDGETS = "/apis/policy/v1/namespaces/default/poddisruptionbudgets"


def patch(client: Client, path: str, body: object) -> Any:
    """Send a merge patch: the product has none yet."""
    answer = client.cluster.client.rest_client.pool_manager.request(
        "PATCH",
        client.transport.pinned.connection.server + path,
        body=json.dumps(body).encode(),
        headers={"Content-Type": "application/merge-patch+json", "Authorization": token(client)},
    )
    return json.loads(answer.data)


def token(client: Client) -> str:
    return str(client.cluster.client.configuration.auth_settings()["BearerToken"]["value"])


def lines(client: Client, path: str, **query: str) -> list[tuple[str, Any]]:
    """What a watch of a second says."""
    with client.transport.stream(path, {"watch": "1", "timeoutSeconds": "1", **query}) as stream:
        events = [json.loads(line) for line in stream]
    return [(event["type"], event["object"]) for event in events]


@pytest.fixture
def ready(client: Client) -> Client:
    """A client of a cluster in which all is Ready."""
    client.sim.settle()
    return client


def test_the_version_says_that_it_is_simulated(client: Client) -> None:
    assert client.get("/version")["gitVersion"] == "v1.37.2+sim"


def test_a_stranger_is_unauthorized(client: Client) -> None:
    client.sim.network.expire_token()
    with pytest.raises(UnauthorizedError, match="401 Unauthorized"):
        client.get(PODS)


def test_a_resource_that_is_not_simulated_is_not_found(client: Client) -> None:
    with pytest.raises(NotFoundError):
        client.get("/api/v1/namespaces/default/things")


@pytest.mark.parametrize("path", ["/nope", "/apis/nope.example/v1/things"])
def test_a_path_that_is_not_simulated_is_answered_without_a_status_as_by_the_real_one(
    client: Client, path: str
) -> None:
    with pytest.raises(UnreachableError, match="404 with a body of text/plain"):
        client.get(path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", DEPLOYMENTS),
        ("POST", f"{DEPLOYMENTS}/web"),
        ("DELETE", "/apis/apps/v1/deployments"),
        ("DELETE", "/api/v1/nodes/node-1"),
        ("DELETE", "/api/v1/namespaces/default"),
        ("POST", "/apis"),
    ],
)
def test_what_cannot_be_done_is_not_allowed(client: Client, method: str, path: str) -> None:
    with pytest.raises(ApiError, match="405 the server does not allow this method"):
        client.send(method, path, {})


@pytest.mark.parametrize(
    ("selector", "number"),
    [("app=web", 3), ("app==web", 3), ("app!=web", 0), ("app in (web, x)", 3), ("app notin (web)", 0), ("!app", 0)],
)
def test_a_label_selector_selects(ready: Client, selector: str, number: int) -> None:
    assert len(ready.get(PODS, {"labelSelector": selector})["items"]) == number


def test_a_field_selector_selects(ready: Client) -> None:
    name = ready.names()[0]
    found = ready.get(PODS, {"fieldSelector": f"metadata.name={name},status.phase=Running"})
    assert [pod["metadata"]["name"] for pod in found["items"]] == [name]
    events = ready.get("/api/v1/namespaces/default/events", {"fieldSelector": "involvedObject.name=web"})["items"]
    assert {event["reason"] for event in events} == {"ScalingReplicaSet"}
    with pytest.raises(ApiError, match=r"400 field label not supported: spec\.nope"):
        ready.get(PODS, {"fieldSelector": "spec.nope=1"})


def test_pages_show_one_revision_whatever_happens_between_them(ready: Client) -> None:
    names = ready.names()
    first = ready.get(PODS, {"limit": "2"})
    assert first["metadata"]["remainingItemCount"] == 1
    ready.send("DELETE", f"{PODS}/{names[2]}", {"gracePeriodSeconds": 0})
    second = ready.get(PODS, {"limit": "2", "continue": first["metadata"]["continue"]})
    assert [pod["metadata"]["name"] for pod in first["items"] + second["items"]] == names
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


def test_a_forgotten_page_or_version_is_expired(ready: Client) -> None:
    first = ready.get(PODS, {"limit": "2"})["metadata"]
    ready.sim.apply(deployment("other", 1))
    ready.sim.settle()
    ready.sim.compact()
    with pytest.raises(ExpiredError, match="The provided continue parameter is too old"):
        ready.get(PODS, {"continue": first["continue"]})
    ((type_, status),) = lines(ready, PODS, resourceVersion=first["resourceVersion"])
    assert (type_, status["code"], status["reason"]) == ("ERROR", 410, "Expired")


@pytest.mark.parametrize("number", ["\u00b2", "\u0663", "1\u00b2", "--1", "-", "one"])
@pytest.mark.parametrize("option", ["limit", "resourceVersion"])
def test_only_ascii_digits_are_a_number(client: Client, option: str, number: str) -> None:
    with pytest.raises(ApiError, match=r" 400 .*strconv\.Parse"):
        client.get(PODS, {option: number})


def test_a_watch_resumes_at_a_version_without_a_gap_or_a_repetition(ready: Client) -> None:
    version = ready.get(PODS)["metadata"]["resourceVersion"]
    ready.send("DELETE", f"{PODS}/{ready.names()[0]}", {})
    ready.sim.settle()
    events = lines(ready, PODS, resourceVersion=version)
    versions = [int(pod["metadata"]["resourceVersion"]) for _, pod in events]
    assert versions == sorted(set(versions))
    assert versions[0] > int(version)
    assert [type_ for type_, _ in events].count("DELETED") == 1
    half = str(versions[len(versions) // 2])
    again = lines(ready, PODS, resourceVersion=half)
    assert again == events[len(versions) // 2 + 1 :]


def test_who_enters_a_selection_is_added_and_who_leaves_is_deleted(ready: Client) -> None:
    version = ready.get(DEPLOYMENTS)["metadata"]["resourceVersion"]
    for tier in ("red", None):
        patch(ready, f"{DEPLOYMENTS}/web", {"metadata": {"labels": {"tier": tier}}})
    events = lines(ready, DEPLOYMENTS, resourceVersion=version, labelSelector="tier=red")
    assert [type_ for type_, _ in events] == ["ADDED", "DELETED"]


def test_a_patch_that_changes_nothing_is_no_new_version(ready: Client) -> None:
    version = ready.get(f"{DEPLOYMENTS}/web")["metadata"]["resourceVersion"]
    answer = patch(ready, f"{DEPLOYMENTS}/web", {"spec": {"replicas": 3}})
    assert answer["metadata"]["resourceVersion"] == version


@pytest.mark.parametrize(
    ("body", "code"),
    [({"resourceVersion": "1"}, 409), ({"uid": NOBODY}, 422), ({"name": "other"}, 400)],
)
def test_a_patch_with_a_precondition_that_does_not_hold_is_refused(
    ready: Client, body: dict[str, str], code: int
) -> None:
    assert patch(ready, f"{DEPLOYMENTS}/web", {"metadata": body, "spec": {"replicas": 1}})["code"] == code
    assert ready.get(f"{DEPLOYMENTS}/web")["spec"]["replicas"] == 3


def test_scaling_is_a_patch_of_the_scale(ready: Client) -> None:
    answer = patch(ready, f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 1}})
    assert (answer["kind"], answer["spec"]) == ("Scale", {"replicas": 1})
    ready.sim.settle()
    assert len(ready.names()) == 1
    wrong = patch(ready, f"{DEPLOYMENTS}/web/scale", {"metadata": {"uid": NOBODY}, "spec": {"replicas": 2}})
    assert (wrong["code"], wrong["reason"]) == (409, "Conflict")


def test_a_deletion_with_another_uid_is_a_conflict(ready: Client) -> None:
    with pytest.raises(ConflictError, match="the UID in the precondition"):
        ready.send("DELETE", f"{PODS}/{ready.names()[0]}", {"preconditions": {"uid": NOBODY}})


def test_options_in_the_body_win_over_the_query(ready: Client) -> None:
    names = ready.names()
    ready.send("DELETE", f"{PODS}/{names[0]}", {"dryRun": ["All"]})
    ready.send("DELETE", f"{PODS}/{names[1]}?dryRun=All", {"gracePeriodSeconds": 0})
    left = ready.names()
    assert names[0] in left
    assert names[1] not in left


def test_an_eviction_is_allowed_once_and_then_refused_by_the_budget(ready: Client) -> None:
    ready.send("POST", BUDGETS, budget(minAvailable=2))
    for _ in range(50):
        if ready.get(f"{BUDGETS}/web")["status"].get("disruptionsAllowed"):
            break
    first, second, _ = ready.names()
    ready.sim.inject("never-ready", "web", replacements=True)  # a Ready one would let the budget allow another
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction"}
    ready.send("POST", f"{PODS}/{first}/eviction", {**eviction, "metadata": {"name": first}})
    pod = ready.get(f"{PODS}/{first}")
    assert pod["status"]["conditions"][0]["type"] == "DisruptionTarget"
    assert "deletionTimestamp" in pod["metadata"]
    with pytest.raises(ApiError, match="429 Cannot evict pod as it would violate") as caught:
        ready.send("POST", f"{PODS}/{second}/eviction", {**eviction, "metadata": {"name": second}})
    assert caught.value.retry_after is None


def test_two_budgets_over_one_pod_are_an_error_of_the_server(ready: Client) -> None:
    for name in ("one", "two"):
        ready.send("POST", BUDGETS, budget(name, minAvailable=1))
    victim = ready.names()[0]
    with pytest.raises(ApiError, match="500 This pod has more than one PodDisruptionBudget"):
        ready.send("POST", f"{PODS}/{victim}/eviction", {"metadata": {"name": victim}})


def test_an_injected_budget_blocks_every_eviction(ready: Client) -> None:
    ready.sim.inject("blocking-budget", "web")
    victim = ready.names()[0]
    with pytest.raises(ApiError, match="429"):
        ready.send("POST", f"{PODS}/{victim}/eviction", {"metadata": {"name": victim}})


def test_a_service_answers_through_the_proxy_while_an_endpoint_is_ready(ready: Client) -> None:
    proxy = "/api/v1/namespaces/default/services/web:80/proxy/health"
    assert ready.transport.get(proxy) == b"web answers\n"
    patch(ready, f"{DEPLOYMENTS}/web/scale", {"spec": {"replicas": 0}})
    ready.sim.settle()
    with pytest.raises(ApiError, match='503 no endpoints available for service "web:80"'):
        ready.get(proxy)


def test_the_log_of_a_pod_is_there(ready: Client) -> None:
    assert ready.transport.get(f"{PODS}/{ready.names()[0]}/log") == b""
    with pytest.raises(NotFoundError, match='pods "none" not found'):
        ready.get(f"{PODS}/none/log")


def test_an_object_that_is_there_cannot_be_created_again(ready: Client) -> None:
    with pytest.raises(ConflictError, match=r'deployments.apps "web" already exists'):
        ready.send("POST", DEPLOYMENTS, deployment())


def test_a_deletion_is_answered_with_a_status_for_a_deployment_and_with_the_pod_for_a_pod(ready: Client) -> None:
    assert ready.send("DELETE", f"{PODS}/{ready.names()[0]}", {})["kind"] == "Pod"
    answer = ready.send("DELETE", f"{DEPLOYMENTS}/web", {})
    assert (answer["kind"], answer["status"], answer["details"]["kind"]) == ("Status", "Success", "deployments")


def test_bookmarks_come_about_once_a_minute(tmp_path: Path) -> None:
    with Simulation(clock=Scaled(400)) as sim:
        client = Client(sim, tmp_path)
        events = lines(client, PODS, resourceVersion="1000", allowWatchBookmarks="true", timeoutSeconds="130")
        client.close()
    assert [type_ for type_, _ in events] == ["BOOKMARK", "BOOKMARK"]


@pytest.mark.parametrize("body", [{"propagationPolicy": "Orphan"}, {"propagationPolicy": "Foreground"}])
def test_a_deletion_that_is_not_supported_is_refused(ready: Client, body: dict[str, str]) -> None:
    with pytest.raises(ApiError, match="400 propagationPolicy: the simulated cluster does not support"):
        ready.send("DELETE", f"{DEPLOYMENTS}/web", body)


def test_a_patch_that_is_not_supported_is_refused(ready: Client) -> None:
    spec = {"template": {"spec": {"runtimeClassName": "gvisor"}}}
    assert patch(ready, f"{DEPLOYMENTS}/web", {"spec": spec})["code"] == 422
