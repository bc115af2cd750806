"""The JSON of results: its names, strict JSON with null for infinity, and reading it back."""

import json as stdlib_json
from math import inf
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace

from kubechaos import AlertRule, Outage, Verdict
from kubechaos.errors import UnknownAlertError
from kubechaos.report import json, schema
from kubechaos.report.formats import FORMATS
from kubechaos.report.run import ChaosResult, ClusterFacts, ItemResult, Run, make_run, result
from tests.unit.stories import Story, endpoints, pod, strict

CLUSTER = ClusterFacts("kind", "v1.37.0")


def recovered(*rules: AlertRule) -> Outage:
    story = Story(rules=rules).kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    return story.outage()


def served() -> Outage:
    story = Story(pod("a"), pod("b"), pod("c"), endpoints("abc")).kill("a")
    story.dies(0.25, "a")
    story.comes(1.5, "d", ready=2.0)
    story.see(2.25, endpoints("bcd"))
    return story.outage()


def not_recovered() -> Outage:
    return Story().kill("a", within=1.0).outage()


def inconclusive() -> Outage:
    story = Story().kill("a")
    story.gap("Pod", 1.0, 3.0)
    story.dies(4.0, "a")
    return story.outage()


def as_json(outage: Outage) -> Any:
    """The outage as a reader of its JSON has it."""
    return strict(json.plain(outage))


def item(nodeid: str, *outages: Outage, outcome: str = "passed") -> ItemResult:
    made = result([each.verdict for each in outages], f"chaos-results/{nodeid}", outages)
    return ItemResult(nodeid, outcome, made.verdict, False, False, True, (), made.artifacts, made.experiments)


def a_run(*tests: ItemResult, selected: int = 0, broken: bool = False, factor: float | None = None) -> Run:
    header: dict[str, Any] = {"version": "0.1.0", "run": "run-1", "started": "2026-01-01T00:00:00Z", "seed": "7"}
    return make_run(**header, factor=factor, cluster=CLUSTER, selected=selected, broken=broken, tests=tests)


def test_an_experiment_has_these_fields_in_json() -> None:
    assert set(as_json(recovered())) == {
        "fault",
        "target",
        "started",
        "wanted",
        "within",
        "hold",
        "stable_for",
        "liveness_fails_after",
        "victims",
        "blocked_for",
        "recovery_time",
        "availability",
        "probe_availability",
        "probes",
        "min_ready",
        "proof",
        "cause",
        "cause_code",
        "phases",
        "alerts",
        "gaps",
        "delays",
        "undone",
        "unobserved",
        "verdict",
    }


def test_a_recovered_experiment_has_this_json() -> None:
    found = as_json(recovered())
    assert found["fault"] == {"name": "kill", "args": ["1"]}
    assert found["target"] == {"kind": "Deployment", "namespace": "shop", "name": "web", "uid": "web"}
    assert found["victims"] == [{"name": "web-a", "uid": "a", "node": "node-1", "gone": 1.25}]
    assert found["proof"] == {"kind": "stopped", "at": 0.75}
    assert (found["recovery_time"], found["verdict"], found["hold"]) == (2.0, "recovered", None)
    assert (found["cause_code"], found["cause"]) == ("Creating", "1.5 s of it until its replacement was created")
    assert found["phases"] == {
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


def test_an_alert_has_these_fields_in_json() -> None:
    first, *_ = as_json(recovered())["alerts"]
    assert first == {
        "sequence": 1,
        "name": "ChaosStarted",
        "severity": "info",
        "object": "deployment/web",
        "at": 0.0,
        "seen": 0.0,
        "message": "kill(1)",
    }


def test_a_gap_has_this_json() -> None:
    assert as_json(inconclusive())["gaps"] == [{"kind": "Pod", "since": 1.0, "at": 3.0, "why": "410 Gone"}]


def test_a_recovery_time_without_a_recovery_is_null() -> None:
    found = as_json(not_recovered())
    assert (found["recovery_time"], found["proof"], found["victims"][0]["gone"]) == (None, None, None)


@pytest.mark.parametrize("unknown", [inf, -inf, float("nan")])
def test_infinity_is_null_in_json(unknown: float) -> None:
    assert strict({"at": unknown, "deep": [unknown]}) == {"at": None, "deep": [None]}
    assert as_json(replace(recovered(), recovery_time=unknown))["recovery_time"] is None


@pytest.mark.parametrize("make", [recovered, served, not_recovered, inconclusive])
def test_an_outage_that_is_read_from_its_json_is_equal(make: Any) -> None:
    outage = make()
    assert json.decode(json.encode(outage), Outage) == outage
    again = json.from_plain(json.plain(outage), Outage)
    assert again == outage
    assert again.alerts.all == outage.alerts.all
    assert repr(again) == repr(outage)


def test_a_recovery_time_of_null_is_read_as_infinity() -> None:
    assert json.decode(json.encode(not_recovered()), Outage).recovery_time == inf


def test_alerts_that_are_read_from_json_accept_the_names_of_built_in_and_raised_alerts() -> None:
    outage = recovered(AlertRule("Degraded", lambda moment: moment.ready < moment.wanted))
    again = json.decode(json.encode(outage), Outage)
    assert again.alerts["Degraded"] == outage.alerts["Degraded"]
    assert "ServiceDown" not in again.alerts
    with pytest.raises(UnknownAlertError):
        again.alerts["Degradde"]


def test_outages_with_other_alerts_are_not_the_same() -> None:
    outage = recovered()
    assert outage != recovered(AlertRule("Degraded", lambda moment: moment.ready < moment.wanted))


def test_json_that_is_no_outage_raises_an_error() -> None:
    for change in ({"verdict": "fine"}, {"availability": 2.0}, {"alerts": [{}]}, {"phases": None}):
        with pytest.raises(msgspec.ValidationError):
            json.from_plain({**as_json(recovered()), **change}, Outage)


def test_a_report_of_version_0_1_fits_the_schema_and_is_read() -> None:
    stored = (Path(__file__).parent / "outage-0.1.json").read_bytes()
    test = stdlib_json.loads(stored)
    summary = json.summary(a_run())
    report = {"chaos": summary, "tests": [{"metadata": {"chaos": test}}]}
    jsonschema.Draft202012Validator(schema.schema()).validate(report)
    (outage,) = json.decode(stored, ChaosResult).experiments
    assert (str(outage.fault), outage.verdict, outage.cause_code) == ("kill(1)", Verdict.RECOVERED, "")
    (before,) = test["experiments"]
    assert {name: value for name, value in as_json(outage).items() if name in before} == before


def test_a_test_has_the_worst_verdict_of_its_experiments() -> None:
    outages = [recovered(), not_recovered()]
    found = strict(json.plain(result([each.verdict for each in outages], "chaos-results/x", outages)))
    assert set(found) == {"schema", "verdict", "artifacts", "experiments"}
    assert (found["schema"], found["verdict"], found["artifacts"]) == (
        "kubechaos/v1",
        "fault_not_proven",
        "chaos-results/x",
    )
    assert [each["verdict"] for each in found["experiments"]] == ["recovered", "fault_not_proven"]


def test_a_test_without_an_experiment_has_no_verdict() -> None:
    assert strict(json.plain(result([], None, []))) == {
        "schema": "kubechaos/v1",
        "verdict": None,
        "artifacts": None,
        "experiments": [],
    }


def test_a_run_has_these_fields_in_json() -> None:
    run = a_run(item("one", recovered(), recovered()), item("two", not_recovered(), outcome="failed"))
    assert strict(json.summary(run)) == {
        "schema": "kubechaos/v1",
        "version": "0.1.0",
        "run": "run-1",
        "started": "2026-01-01T00:00:00Z",
        "seed": "7",
        "gate": "fail",
        "simulated": False,
        "clock": {"kind": "monotonic", "factor": 1.0},
        "cluster": {"context": "kind", "server_version": "v1.37.0", "uid": None},
        "experiments": 3,
        "verdicts": {"fault_not_proven": 1, "recovered": 1},
        "earlier": {},
        "injected_nothing": [],
    }


def test_a_run_counts_the_attempts_before_a_rerun_and_names_the_tests_that_injected_nothing() -> None:
    again = replace(item("one", recovered()), rerun=True, earlier=(Verdict.NOT_STEADY, Verdict.NOT_STEADY))
    found = a_run(again, item("empty"))
    assert (found.earlier, found.gate, found.injected_nothing) == ({Verdict.NOT_STEADY: 2}, "incomplete", ("empty",))


def test_a_simulated_run_has_the_factor_of_its_clock() -> None:
    run = a_run(item("one", recovered()), factor=20.0)
    found = json.plain(run)
    assert (found["gate"], found["clock"]) == ("simulated", {"kind": "scaled", "factor": 20.0})


@pytest.mark.parametrize(("selected", "broken", "gate"), [(1, False, "pass"), (2, False, "incomplete")])
def test_the_gate_of_a_run_is_incomplete_if_items_were_not_reported(selected: int, broken: bool, gate: str) -> None:
    assert a_run(item("one", recovered()), selected=selected, broken=broken).gate == gate


def test_a_run_that_is_read_from_its_json_is_equal() -> None:
    run = a_run(item("one", recovered(), served()), item("two", not_recovered()), item("three", outcome="skipped"))
    written = FORMATS["json"](run)
    assert written.endswith(b"\n")
    assert json.decode(written, Run) == run


@pytest.mark.parametrize("make", [recovered, served, not_recovered, inconclusive])
def test_every_report_is_valid_by_the_published_schema(make: Any) -> None:
    outage = make()
    run = a_run(item("one", outage))
    test = {"metadata": {"chaos": json.plain(result([outage.verdict], None, [outage]))}}
    jsonschema.Draft202012Validator(schema.schema()).validate({"chaos": json.summary(run), "tests": [test]})


@pytest.mark.parametrize("path", [("tests", 0, "verdict"), ("tests", 0, "experiments", 0, "wanted"), ("chaos", "gate")])
def test_a_wrong_report_is_invalid_by_the_published_schema(path: tuple[Any, ...]) -> None:
    outage = recovered()
    report = {
        "chaos": json.summary(a_run(item("one", outage))),
        "tests": [json.plain(result([outage.verdict], None, [outage]))],
    }
    spot: Any = report
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = "nonsense"
    report["tests"] = [{"metadata": {"chaos": each}} for each in report["tests"]]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema.schema()).validate(report)


@pytest.mark.parametrize("type_", [Outage, ChaosResult, Run])
def test_every_field_is_documented(type_: type) -> None:
    """The docstring is all that users and readers of the schema have."""
    names = [each.name for each in msgspec.structs.fields(type_)]
    documented = stdlib_json.dumps([each.__doc__ for each in type_.__mro__])
    assert [name for name in names if f"{name}:" not in documented and f"`{name}`" not in documented] == []


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_written_as_its_word(verdict: Verdict) -> None:
    assert (strict(json.plain({"verdict": verdict})), f"{verdict}") == ({"verdict": verdict.value}, verdict.value)
