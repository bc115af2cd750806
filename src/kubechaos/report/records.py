"""How runs look as JSON: the names are those of the public page of fields in the README."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import isfinite
from typing import Any, Final

from ..judge.alerts import Alert
from ..judge.outage import Outage
from ..judge.verdict import worst

SCHEMA: Final = "kubechaos/v1"

Json = dict[str, Any]


def experiment(outage: Outage) -> Json:
    """Return one experiment of `metadata.chaos` and of `outage.json`; unknown and never-reached times are null."""
    return {
        "fault": {"name": outage.fault, "args": list(outage.args)},
        "target": {
            "kind": outage.target.kind,
            "namespace": outage.target.namespace,
            "name": outage.target.name,
            "uid": outage.target.uid,
        },
        "started": outage.started,
        "wanted": outage.wanted,
        "within": outage.within,
        "hold": outage.hold,
        "stable_for": outage.stable_for,
        "victims": [
            {"name": each.name, "uid": each.uid, "node": each.node, "gone": each.gone} for each in outage.victims
        ],
        "recovery_time": outage.recovery_time if isfinite(outage.recovery_time) else None,
        "availability": outage.availability,
        "probe_availability": dict(outage.probe_availability),
        "probes": {name: asdict(each) for name, each in outage.probes.items()},
        "min_ready": outage.min_ready,
        "proof": {"kind": outage.proof[0], "at": outage.proof[1]} if outage.proof else None,
        "cause": outage.cause,
        "phases": {
            "removed": [asdict(each) for each in outage.phases.removed],
            "added": [asdict(each) for each in outage.phases.added],
        },
        "alerts": alerts(outage.alerts.all),
        "gaps": [{"kind": gap.kind, "since": gap.since, "at": gap.at, "why": gap.why} for gap in outage.gaps],
        "delays": [{"kind": each.kind, "since": each.since, "at": each.at, "why": each.why} for each in outage.delays],
        "unobserved": list(outage.unobserved),
        "verdict": outage.verdict,
    }


def alerts(raised: Sequence[Alert]) -> list[Json]:
    """Return alerts in the order in which they were raised."""
    return [asdict(alert) for alert in raised]


def test(verdicts: Sequence[str], artifacts: str | None, outages: Sequence[Outage]) -> Json:
    """Return `metadata.chaos` of one test: its verdict is the worst of its experiments."""
    return {
        "schema": SCHEMA,
        "verdict": worst(verdicts),
        "artifacts": artifacts,
        "experiments": [experiment(each) for each in outages],
    }


def run(
    *,
    version: str,
    run: str,
    started: str,
    seed: str,
    gate: str,
    factor: float | None,
    cluster: Mapping[str, str | None],
    tests: Sequence[Json],
) -> Json:
    """Return the top level `chaos` of the report; `factor` is that of a simulated clock, None on a real cluster."""
    words = [test["verdict"] for test in tests if test["verdict"]]
    return {
        "schema": SCHEMA,
        "version": version,
        "run": run,
        "started": started,
        "seed": seed,
        "gate": gate,
        "simulated": factor is not None,
        "clock": {"kind": "scaled", "factor": factor} if factor else {"kind": "monotonic", "factor": 1.0},
        "cluster": dict(cluster),
        "experiments": sum(len(test["experiments"]) for test in tests),
        "verdicts": {word: words.count(word) for word in sorted(set(words))},
    }
