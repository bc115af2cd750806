"""The complete path without a cluster: a Deployment that recovers at once, and one that does not."""

import json

import pytest

from tests.loopback.rawserver import Exchange, cut, failure, reset
from tests.plugin.conftest import KILL, Runner
from tests.plugin.tiny import NAMESPACE, REVIEW, Tiny


def test_a_kill_that_is_recovered_from_passes_in_every_report(run: Runner, tiny: Tiny) -> None:
    result = run(KILL)
    assert (result.code, result.gate) == (0, "pass")
    assert (result.outcomes, result.verdicts) == ({"test_it": "passed"}, {"test_it": "recovered"})
    assert result.junit == {"test_it": []}
    where = f"context tiny ({tiny.server.url}, kubeconfig {tiny.kubeconfig}), namespace shop"
    assert f"1 chaos tests on {where}, default target deployment/timeserver, seed 7" in result.out


def test_the_report_names_run_cluster_and_experiment(run: Runner, tiny: Tiny) -> None:
    report = run(KILL).json
    (test,) = report["tests"]
    (experiment,) = test["metadata"]["chaos"]["experiments"]
    assert report["chaos"]["cluster"] == {"context": "tiny", "server_version": "v1.36.2", "uid": "kube-system-1"}
    assert (report["chaos"]["seed"], report["chaos"]["experiments"]) == ("7", 1)
    assert experiment["fault"] == {"name": "kill", "args": ["1"]}
    assert experiment["proof"]["kind"] == "gone"
    assert tiny.writes[0].path == f"{NAMESPACE}/pods/{experiment['victims'][0]['name']}"


def test_the_same_seed_kills_the_same_pod(run: Runner, tiny: Tiny) -> None:
    for _ in range(3):
        tiny.reset()
        assert run(KILL).code == 0
    assert len(tiny.writes) == 3
    assert len({request.path for request in tiny.writes}) == 1


def test_a_delete_carries_its_uid_in_the_body_and_nothing_in_the_query(run: Runner, tiny: Tiny) -> None:
    run(KILL)
    (request,) = tiny.writes
    uid = f"p-{request.path[-1]}"
    assert (request.method, request.query) == ("DELETE", "")
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {
        "apiVersion": "v1",
        "kind": "DeleteOptions",
        "preconditions": {"uid": uid},
    }


def test_a_forced_delete_carries_its_grace_of_zero_in_the_body(run: Runner, tiny: Tiny) -> None:
    run(KILL.replace("kill(1)", "kill(1, force=True)"))
    (request,) = tiny.writes
    assert request.query == ""
    assert json.loads(request.body)["gracePeriodSeconds"] == 0
    assert json.loads(request.body)["preconditions"]["uid"]


@pytest.mark.parametrize("loss", [cut, reset], ids=["cut", "reset"])
def test_a_delete_whose_answer_is_lost_is_sent_once_and_proven_by_the_watch(run: Runner, tiny: Tiny, loss) -> None:  # type: ignore[no-untyped-def]
    def lose(exchange: Exchange) -> None:
        tiny.recover(exchange.request.path.rpartition("/")[2])
        loss(exchange)

    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", lose)
    result = run(KILL)
    assert (result.code, result.verdicts, len(tiny.writes)) == (0, {"test_it": "recovered"}, 1)


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_delete_that_the_server_fails_is_not_repeated(run: Runner, tiny: Tiny, code: int) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(code, "no luck", headers={"Retry-After": "1"}))
    result = run(KILL)
    assert (result.code, result.gate, len(tiny.writes)) == (1, "fail", 1)
    assert result.verdicts == {"test_it": "interrupted"}
    assert f"{code} no luck" in result.out


@pytest.mark.parametrize("code", [404, 409])
def test_a_pod_that_is_gone_before_the_delete_is_no_proof(run: Runner, tiny: Tiny, code: int) -> None:
    tiny.server.on("DELETE", f"{NAMESPACE}/pods/*", failure(code, "the UID in the precondition does not match"))
    result = run(KILL)
    assert (result.code, result.verdicts, len(tiny.writes)) == (1, {"test_it": "fault_not_proven"}, 1)
    assert "FaultNotProvenError" in result.out


def test_a_replacement_that_is_never_created_is_not_recovered(run: Runner, tiny: Tiny) -> None:
    tiny.on_delete = lambda name: tiny.remove(f"{NAMESPACE}/pods", name)
    result = run(KILL, "--chaos-within=0.3")
    assert (result.code, result.gate, result.verdicts) == (1, "fail", {"test_it": "not_recovered"})
    assert "NotRecoveredError: deployment/timeserver after kill(1): not recovered within 0.3 s" in result.out
    assert "kubechaos timeline" in result.out


def test_permission_is_asked_for_before_anything_is_touched(run: Runner, tiny: Tiny) -> None:
    run(KILL)
    review = next(request for request in tiny.server.requests if request.path == REVIEW)
    order = [request.path for request in tiny.server.requests]
    assert order.index(REVIEW) < order.index(tiny.writes[0].path)
    assert json.loads(review.body)["spec"]["resourceAttributes"] == {
        "namespace": "shop",
        "verb": "delete",
        "group": "",
        "resource": "pods",
    }


def test_events_and_endpoint_slices_that_may_not_be_read_are_named_and_done_without(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("GET", f"{NAMESPACE}/events", failure(403, "no events for you", "Forbidden"))
    result = run(KILL)
    (experiment,) = result.json["tests"][0]["metadata"]["chaos"]["experiments"]
    assert (result.code, experiment["unobserved"]) == (0, ["Event"])


def test_pods_that_may_not_be_watched_are_a_refusal(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("GET", f"{NAMESPACE}/pods", failure(403, "no pods for you", "Forbidden"))
    result = run(KILL)
    assert (result.verdicts, tiny.writes) == ({"test_it": "refused"}, [])
    assert "ForbiddenError: GET /api/v1/namespaces/shop/pods: 403 no pods for you" in result.out
