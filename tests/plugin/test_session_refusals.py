"""What cannot be meant is refused with one clear error, and nothing but reads and reviews has been on the wire."""

import json
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from kubechaos.api.client import Client
from tests.loopback.rawserver import RawServer, cut, failure, hang, reply, reset
from tests.plugin.conftest import KILL, Run, Runner
from tests.plugin.tiny import APPS, NAMESPACE, REVIEW, WHOAMI, Tiny, deployment, kubeconfig, pod


def refused(result: Run, tiny: Tiny, message: str, *, verdict: str = "refused") -> None:
    """Assert that the run was refused with this message before anything was touched, in every report."""
    assert message in result.out
    assert (result.code, result.gate, result.verdicts) == (1, "fail", {"test_it": verdict})
    assert tiny.writes == []
    assert "passed" not in result.outcomes.values()
    assert result.junit["test_it"] in (["error"], ["failure"])


def body(call: str) -> str:
    """A test with one call in it."""
    return f"""
        from math import inf, nan
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            chaos.{call}
    """


def test_a_missing_deployment_names_what_there_is_and_the_option(run: Runner, tiny: Tiny) -> None:
    tiny.put(f"{APPS}/deployments", {"metadata": {"name": "cart"}})
    result = run(KILL, "--chaos-target=deployment/web")
    refused(
        result,
        tiny,
        'NotFoundTargetError: no Deployment "web" in namespace "shop" of context "tiny" (there are: cart, timeserver); '
        "name yours: --chaos-target deployment/NAME",
    )


def test_a_missing_namespace_is_named(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("GET", "/api/v1/namespaces/*", failure(404, "not found", "NotFound"))
    tiny.server.on("GET", f"{APPS}/deployments/*", failure(404, "not found", "NotFound"))
    refused(
        run(KILL),
        tiny,
        'NotFoundTargetError: no namespace "shop" in context "tiny"; name yours: --chaos-namespace NAME',
    )


def test_fewer_than_two_replicas_are_refused_at_once(run: Runner, tiny: Tiny) -> None:
    tiny.put(f"{APPS}/deployments", deployment(replicas=1))
    refused(run(KILL, "--chaos-settle=60"), tiny, "TooFewReplicasError: deployment/timeserver wants 1 replicas")


def test_pods_that_are_not_ready_are_not_steady(run: Runner, tiny: Tiny) -> None:
    tiny.put(f"{NAMESPACE}/pods", pod(2, ready=False))
    result = run(KILL)
    refused(result, tiny, "NotSteadyError: deployment/timeserver in namespace shop", verdict="not_steady")
    assert "2 of 3 pods of the current template are Ready; pod timeserver-2" in result.out


def test_a_pod_that_is_terminating_is_not_steady(run: Runner, tiny: Tiny) -> None:
    tiny.put(f"{NAMESPACE}/pods", pod(9, deleting=True))
    refused(run(KILL), tiny, "pod timeserver-9 is terminating", verdict="not_steady")


def test_a_rollout_in_progress_is_not_steady(run: Runner, tiny: Tiny) -> None:
    rolling = deployment()
    rolling["status"]["updatedReplicas"] = 1
    tiny.put(f"{APPS}/deployments", rolling)
    refused(run(KILL), tiny, "a rollout is in progress: 1 of 3 replicas are updated", verdict="not_steady")


def test_a_user_who_may_not_delete_pods_is_refused_with_verb_resource_and_user(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("POST", REVIEW, reply({"status": {"allowed": False}}, 201))
    refused(
        run(KILL),
        tiny,
        'PermissionRefusedError: user "system:serviceaccount:shop:tester" may not delete pods in namespace "shop"; '
        "nothing was touched: grant the verb in a Role",
    )
    others = [r for r in tiny.server.requests if r.method != "GET"]
    assert {request.path for request in others} == {REVIEW, WHOAMI}


def test_a_user_who_may_not_even_ask_is_refused(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("POST", REVIEW, failure(403, "no reviews for you", "Forbidden"))
    refused(run(KILL), tiny, f"ForbiddenError: POST {REVIEW}: 403 no reviews for you")


@pytest.mark.parametrize("value", ["-1", "nan", "inf", "True", "'60'"])
def test_a_within_that_is_no_duration_is_refused(run: Runner, tiny: Tiny, value: str) -> None:
    refused(run(body(f"run(kill(1), healthy_deployment, within={value})")), tiny, "ArgumentError: within is")


@pytest.mark.parametrize("value", ["0", "5", "-1", "nan"])
def test_hold_on_an_instant_fault_is_a_refusal_and_a_type_error(run: Runner, tiny: Tiny, value: str) -> None:
    result = run(body(f"run(kill(1), healthy_deployment, hold={value})"))
    refused(result, tiny, "HoldError: kill(1) is over at once and cannot be held; leave out hold=")
    caught = """
        import pytest
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with pytest.raises(TypeError):
                chaos.run(kill(1), healthy_deployment, hold=1)
    """
    assert run(caught).outcomes == {"test_it": "error"}


@pytest.mark.parametrize("who", ["0", "-1", "True", "'150%'", "'x'", "1.5", "None"])
def test_a_who_that_chooses_nobody_is_refused(run: Runner, tiny: Tiny, who: str) -> None:
    refused(run(body(f"run(kill({who}), healthy_deployment)")), tiny, "ArgumentError: who is")


def test_more_victims_than_candidates_are_refused_with_the_candidates(run: Runner, tiny: Tiny) -> None:
    refused(
        run(body("run(kill(4), healthy_deployment)")),
        tiny,
        "TooFewCandidatesError: 4 asks for 4, but only 3 Ready pods may be chosen: "
        "timeserver-1, timeserver-2, timeserver-3",
    )


def test_an_alert_that_no_rule_raises_is_an_error_that_names_the_known(run: Runner) -> None:
    result = run(body("run(kill(1), healthy_deployment).alerts['ServiceDwon']"))
    assert "UnknownAlertError: no alert rule is named 'ServiceDwon'; known: ChaosStarted, " in result.out
    assert (result.code, result.gate) == (1, "fail")


def test_a_fault_inside_a_fault_on_the_same_target_is_refused(run: Runner) -> None:
    code = """
        from kubechaos import kill

        def test_it(chaos, healthy_deployment):
            with chaos.inject(kill(1), healthy_deployment):
                chaos.run(kill(1), healthy_deployment)
    """
    result = run(code)
    assert "RefusedError: deployment/timeserver: kill(1) on deployment/timeserver is being injected" in result.out
    assert (result.code, result.gate) == (1, "fail")


def test_a_results_folder_that_cannot_be_written_is_refused(run: Runner, tiny: Tiny) -> None:
    run.pytester.makefile(".txt", file="a file")
    refused(run(KILL, "--chaos-results=file.txt"), tiny, "ArtifactsError: the artifacts cannot be written:")


def test_a_server_that_refuses_connections_is_unreachable(run: Runner, tiny: Tiny) -> None:
    with RawServer() as gone:
        pass
    tiny.kubeconfig.write_text(json.dumps(kubeconfig(gone.url)))
    refused(run(KILL), tiny, "UnreachableError: GET /version: ")


@pytest.mark.parametrize("answer", [cut, reset], ids=["cut", "reset"])
def test_a_server_that_cuts_the_connection_is_unreachable(run: Runner, tiny: Tiny, answer: Any) -> None:
    tiny.server.on("GET", "/version", answer)
    refused(run(KILL), tiny, "UnreachableError: GET /version: ")


def test_a_server_that_does_not_answer_is_unreachable_at_the_deadline(
    run: Runner, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(Client.get.__kwdefaults__, "deadline", 0.2)
    tiny.server.on("GET", "/version", hang)
    refused(run(KILL), tiny, "UnreachableError: GET /version: TimeoutError")


def test_a_server_that_does_not_speak_tls_is_unreachable(run: Runner, tiny: Tiny) -> None:
    tiny.kubeconfig.write_text(json.dumps(kubeconfig(tiny.server.url.replace("http:", "https:"))))
    refused(run(KILL), tiny, "UnreachableError: GET /version: SSLError")


def test_a_certificate_of_an_unknown_authority_is_unreachable(run: Runner, tiny: Tiny, tmp_path: Path) -> None:
    pem = tmp_path / "server.pem"
    openssl = shutil.which("openssl") or "openssl"
    subject = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", pem, "-out", pem)
    subprocess.run([openssl, "req", "-x509", *key, *subject], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with RawServer(tls=context) as server:
        tiny.kubeconfig.write_text(json.dumps(kubeconfig(server.url)))
        refused(run(KILL), tiny, "certificate verify failed")


def test_credentials_that_are_not_accepted_are_refused(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("GET", "*", failure(401, "Unauthorized", "Unauthorized"))
    refused(run(KILL), tiny, "UnauthorizedError: GET /version: 401 Unauthorized")


def test_a_user_who_may_not_read_the_deployment_is_refused(run: Runner, tiny: Tiny) -> None:
    denied = 'deployments.apps "timeserver" is forbidden: User "eve" cannot get resource "deployments"'
    tiny.server.on("GET", f"{APPS}/deployments/*", failure(403, denied, "Forbidden"))
    refused(run(KILL), tiny, denied)


def test_the_token_is_in_no_report_and_on_no_terminal(run: Runner, tiny: Tiny) -> None:
    tiny.server.on("GET", "*", failure(401, "Unauthorized", "Unauthorized"))
    result = run(KILL, "-vv", "--showlocals")
    outputs = result.out + (result.folder / "report.json").read_text() + (result.folder / "junit.xml").read_text()
    assert "Bearer secret" not in outputs


@pytest.mark.parametrize("path", ["/version", "DEPLOY", "PODS", "REVIEW"])
@pytest.mark.parametrize("data", [b"<html>login</html>", b"[]"])
def test_an_answer_that_is_no_kubernetes_api_is_refused(run: Runner, tiny: Tiny, data: bytes, path: str) -> None:
    path = {"DEPLOY": f"{APPS}/deployments/*", "PODS": f"{NAMESPACE}/pods", "REVIEW": REVIEW}.get(path, path)
    tiny.server.on("POST" if path == REVIEW else "GET", path, reply(data))
    result = run(KILL)
    assert result.code == 1
    assert result.verdicts == {"test_it": "refused"}, result.verdicts
    assert "msgspec" not in result.out
    assert "TypeError" not in result.out
    assert "AttributeError" not in result.out
