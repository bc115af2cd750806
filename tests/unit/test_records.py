"""What is written down: the names of the design, strict JSON, null for what is unknown."""

from dataclasses import replace
from math import inf

import pytest

from kubechaos import Outage
from kubechaos.report import records

from .worlds import Story, strict


def recovered() -> Outage:
    story = Story().kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    return story.outage()


def not_recovered() -> Outage:
    return Story().kill("a", within=1.0).outage()


def test_an_experiment_has_the_fields_of_the_design() -> None:
    assert set(records.experiment(recovered())) == {
        "fault",
        "target",
        "started",
        "wanted",
        "within",
        "hold",
        "stable_for",
        "victims",
        "recovery_time",
        "availability",
        "probe_availability",
        "probes",
        "min_ready",
        "proof",
        "cause",
        "phases",
        "alerts",
        "gaps",
        "delays",
        "unobserved",
        "verdict",
    }


def test_a_recovered_experiment_reads_like_this() -> None:
    told = strict(records.experiment(recovered()))
    assert told["fault"] == {"name": "kill", "args": ["1"]}
    assert told["target"] == {"kind": "Deployment", "namespace": "shop", "name": "web", "uid": "web"}
    assert told["victims"] == [{"name": "web-a", "uid": "a", "node": "node-1", "gone": 1.25}]
    assert told["proof"] == {"kind": "stopped", "at": 0.75}
    assert (told["recovery_time"], told["verdict"], told["hold"]) == (2.0, "recovered", None)
    assert told["phases"] == {
        "removed": [
            {"name": "web-a", "uid": "a", "node": "node-1", "deleted": 0.25, "stopped": 0.75, "gone": 1.25},
        ],
        "added": [
            {
                "name": "web-d",
                "uid": "d",
                "node": "node-2",
                "created": 1.5,
                "scheduled": 1.5,
                "started": 2.0,
                "ready": 2.0,
                "serving": None,
                "replaces": None,
            },
        ],
    }


def test_an_alert_has_the_fields_of_the_design() -> None:
    first, *_ = strict(records.alerts(recovered().alerts.all))
    assert (
        first.items()
        >= {
            "sequence": 1,
            "name": "ChaosStarted",
            "severity": "info",
            "object": "deployment/web",
            "at": 0.0,
            "seen": 0.0,
        }.items()
    )


def test_what_was_never_reached_is_null() -> None:
    told = strict(records.experiment(not_recovered()))
    assert (told["recovery_time"], told["proof"], told["victims"][0]["gone"]) == (None, None, None)


@pytest.mark.parametrize("unknown", [inf, -inf, float("nan")])
def test_infinity_is_null_in_json(unknown: float) -> None:
    assert strict({"at": unknown, "deep": [unknown]}) == {"at": None, "deep": [None]}
    assert strict(records.experiment(replace(recovered(), recovery_time=unknown)))["recovery_time"] is None


def test_a_test_has_the_worst_verdict_of_its_experiments() -> None:
    outages = [recovered(), not_recovered()]
    told = strict(records.test([each.verdict for each in outages], "chaos-results/x", outages))
    assert set(told) == {"schema", "verdict", "artifacts", "experiments"}
    assert (told["schema"], told["verdict"], told["artifacts"]) == (
        "kubechaos/v1",
        "fault_not_proven",
        "chaos-results/x",
    )
    assert [each["verdict"] for each in told["experiments"]] == ["recovered", "fault_not_proven"]


def test_a_test_without_an_experiment_has_no_verdict() -> None:
    assert strict(records.test([], None, [])) == {
        "schema": "kubechaos/v1",
        "verdict": None,
        "artifacts": None,
        "experiments": [],
    }


def test_the_run_has_the_fields_of_the_design() -> None:
    tests = [
        records.test(["recovered"], None, [recovered(), recovered()]),
        records.test(["fault_not_proven"], None, [not_recovered()]),
    ]
    cluster = {"context": "kind", "server_version": "v1.37.0", "uid": None}
    told = strict(
        records.run(
            version="0.1.0",
            run="run-1",
            started="2026",
            seed="7",
            gate="fail",
            factor=None,
            cluster=cluster,
            tests=tests,
        )
    )
    assert told == {
        "schema": "kubechaos/v1",
        "version": "0.1.0",
        "run": "run-1",
        "started": "2026",
        "seed": "7",
        "gate": "fail",
        "simulated": False,
        "clock": {"kind": "monotonic", "factor": 1.0},
        "cluster": cluster,
        "experiments": 3,
        "verdicts": {"fault_not_proven": 1, "recovered": 1},
    }
