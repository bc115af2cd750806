"""Outages and runs as lines for people."""

from collections.abc import Iterator, Mapping, Sequence

from ..changes import Outcome
from ..errors import Verdict
from ..judge.alerts import Alert
from ..judge.outage import Outage
from ..judge.phases import Added, Removed
from ..untrusted import safe
from .run import RunSummary


def verdict_line(outage: Outage) -> str:
    """Return the first line on an outage: what happened, or did not happen, and the cause."""
    what = f"{outage.target} after {outage.fault}"
    match outage.verdict:
        case Verdict.RECOVERED:
            recovered = f"{what}: recovered in {outage.recovery_time:.1f} s ({_stayed(outage)})"
            return safe(f"{recovered}, {outage.cause}".rstrip(", "))
        case Verdict.NOT_RECOVERED:
            return safe(f"{what}: not recovered within {outage.within:g} s: {outage.cause}")
        case Verdict.FAULT_NOT_PROVEN:
            return safe(f"{what}: no effect of the fault was seen: {outage.cause}")
    return safe(f"{what}: {outage.verdict}: {outage.cause}{_put_back(outage)}")


def _put_back(outage: Outage) -> str:
    """Return the end of a line on an experiment that had no ordinary one: what became of what the fault changed."""
    done = [each.object for each in outage.undone if each.outcome is Outcome.DONE]
    left = [each.object for each in outage.undone if each.outcome is Outcome.SUPERSEDED]
    text = ""
    if done:
        text += f"; put back: {', '.join(done)}"
    if left:
        text += f"; left as somebody else has set it since: {', '.join(left)}"
    return text


def _stayed(outage: Outage) -> str:
    """Return how long a recovery was seen to last, and what would have shown only later."""
    stayed = f"stayed so for {outage.stable_for:g} s"
    if outage.liveness_fails_after <= outage.stable_for:
        return stayed
    return f"{stayed}; a liveness probe needs {outage.liveness_fails_after} s to fail"


def timeline(outage: Outage) -> str:
    """Return what happened in the order of time, one line for each, in seconds from t0."""
    ready = f"{outage.wanted} wanted, never fewer than {outage.min_ready} Ready"
    head = f"{outage.target} in {outage.target.namespace}: {ready}, availability {outage.availability:.3f}"
    moments = [*_alerts(outage.alerts.all), *_pods(outage)]
    lines = [f"{at:+9.3f} s  {text}" for at, text in sorted(moments, key=lambda moment: moment[0])]
    gaps = [f"gap: {gap.kind}: {gap.why}" for gap in outage.gaps]
    return "\n".join(safe(line) for line in (head, *lines, *gaps))


def _alerts(alerts: Sequence[Alert]) -> Iterator[tuple[float, str]]:
    for alert in alerts:
        message = f": {alert.message}" if alert.message else ""
        yield alert.at, f"{alert.name:18}  {alert.object}{message}"


def _pods(outage: Outage) -> Iterator[tuple[float, str]]:
    pods: list[Added | Removed] = [*outage.phases.removed, *outage.phases.added]
    for pod in pods:
        for stage, at in _stages(pod):
            if at is not None:
                node = f" on {pod.node}" if stage == "scheduled" else ""
                yield at, f"{stage:18}  pod/{pod.name}{node}"


def _stages(pod: Added | Removed) -> Iterator[tuple[str, float | None]]:
    """Return the name of each stage of a pod, and when it was reached."""
    names: tuple[str, ...] = ("created", "scheduled", "started", "ready", "serving")
    if isinstance(pod, Removed):
        names = ("deleted", "stopped", "gone")
    return ((name, getattr(pod, name)) for name in names)


def summary(run: RunSummary, results: str) -> str:
    """Return the last line of the run; `results` is the folder of its artifacts."""
    facts = [_counts(run.verdicts) or "no experiment"]
    if run.earlier:
        facts.append(f"before a rerun {_counts(run.earlier)}")
    if run.injected_nothing:
        facts.append(f"{len(run.injected_nothing)} passed without injecting a fault ({run.injected_nothing[0]})")
    if run.simulated:
        facts.append("SIMULATED")
    return safe(f"kubechaos: gate {run.gate}: {', '.join(facts)}; seed {run.seed}; artifacts in {results}")


def _counts(verdicts: Mapping[Verdict, int]) -> str:
    return ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
