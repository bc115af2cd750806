"""Break each rule of the verdict in turn: at least one unit test must fail for each.

Run it with `make mutations`. Each mutant is made in a copy of the source; the checkout is not changed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
JUDGE = "judge"
MUTATIONS = {
    "a terminating pod counts": (
        "kube/objects.py",
        "return not self.deleting and not self.terminal",
        "return not self.terminal",
    ),
    "an ended pod counts": (
        "kube/objects.py",
        "return not self.deleting and not self.terminal",
        "return not self.deleting",
    ),
    "what somebody changed after the target was found steady is hurt all the same": (
        "run/preflight.py",
        "if workload is not None and (workload.uid, workload.generation) != (plan.ref.uid, plan.generation):",
        "if False:",
    ),
    "what is not steady any more is hurt all the same": (
        "run/preflight.py",
        "why = why_unsteady(state)",
        "why = None",
    ),
    "no stable window": (f"{JUDGE}/recovery.py", ".due) + limits.stable_for", ".due)"),
    "the status is trusted before the loss is seen": (
        f"{JUDGE}/health.py",
        "if pod.uid in unproven:",
        "if False:",
    ),
    "nothing waits for the barrier": (f"{JUDGE}/health.py", "if not target.complete:", "if False:"),
    "the generation need not be observed": (
        f"{JUDGE}/health.py",
        "if workload and workload.observed_generation < workload.generation:",
        "if False:",
    ),
    "pods belong by label, not by owner": (
        f"{JUDGE}/target_state.py",
        "tuple([pod for pod in self.pods.values() if pod.owner in self.owners])",
        "tuple(self.pods.values())",
    ),
    "any template counts": (
        f"{JUDGE}/target_state.py",
        "if template and pod.owner == template]",
        "if template]",
    ),
    "pods are distinguished by name": (
        f"{JUDGE}/target_state.py",
        "{**known, value.uid: value}",
        "{**known, value.name: value}",
    ),
    "a gap is accepted": (
        f"{JUDGE}/verdict.py",
        "gap = _gap(state, stable_at(state, limits))",
        "gap = None",
    ),
    "the answer of the API is proof": (
        f"{JUDGE}/verdict.py",
        "injection = unproven(state)",
        "injection = None",
    ),
    "fewer than before are enough": (f"{JUDGE}/health.py", "if target.wanted < max(1, wanted_before):", "if False:"),
    "a change by somebody else is nothing": (
        f"{JUDGE}/verdict.py",
        "if change.final or change.undid or (change.spec and not recovered)",
        "if False",
    ),
    "a held fault may be undone by somebody else": (f"{JUDGE}/verdict.py", "or change.undid or", "or"),
    "the recovery from an undone fault has a time": (
        f"{JUDGE}/recovery.py",
        "if any(change.undid for change in experiment.changes):",
        "if False:",
    ),
    "what was seen late was late": (f"{JUDGE}/verdict.py", "delay = hides_recovery(state, limits)", "delay = None"),
    "a recovery after a delay was in it": (f"{JUDGE}/delays.py", "<= delay.at + CATCH_UP", "< 1e9"),
    "an Event explains what came before it": (
        f"{JUDGE}/pod_history.py",
        "if 0.0 < event.last < history.ready_since or",
        "if",
    ),
    "a container that runs waits for its mount": (
        f"{JUDGE}/pod_history.py",
        'event.type == "Warning" and event.reason not in BEFORE_PULL',
        'event.type == "Warning"',
    ),
    "an absence need not last": (
        f"{JUDGE}/absence.py",
        "return max([experiment.recovery_starts, *lost, *wanted])",
        "return experiment.recovery_starts",
    ),
    "what OnDelete keeps is waited for": (f"{JUDGE}/recovery.py", "    if kept:", "    if False:"),
    "a late recovery is a recovery": (f"{JUDGE}/verdict.py", "<= limits.within", "< float('inf')"),
    "a flap is forgotten": (
        f"{JUDGE}/state.py",
        "if not now.good:\n        return None",
        "if not now.good:\n        return state.stable_since",
    ),
    "older versions are believed": ("kube/objects.py", "(len(version), version) < (len(other), other)", "False"),
    "a version that cannot be compared is up to date": ("observe/confirmation.py", "is not False:", "is True:"),
    "what cannot be compared has not ended": (
        "observe/confirmation.py",
        "precedes(page.resource_version, each.resource_version) is True",
        "precedes(page.resource_version, each.resource_version) is not False",
    ),
    "whom the kubeconfig acts as is ignored": ("api/contexts.py", "if not user.as_user:", "if user.as_user or True:"),
    "the kubeconfig of the last file counts": (
        "api/kubeconfig.py",
        "merged.setdefault(name, entry)",
        "merged[name] = entry",
    ),
    "a permission is for any name": ("faults/fault.py", "._replace(name=target.name)", ""),
    "whatever is named proxy is a page's answer": ("api/client.py", "PROXIED.fullmatch(", "re.search('/proxy/', "),
    "an exec plugin's answer of another version will do": (
        "api/exec_plugin.py",
        '!= ("ExecCredential", api_version)',
        '!= ("ExecCredential", printed.api_version)',
    ),
    "an inexcusable verdict passes the gate": ("report/gate.py", "item.verdict not in EXCUSABLE", "False"),
    "an empty test passes the gate": (
        "report/gate.py",
        "return self.uses_chaos and self.verdict is None",
        "return False and self.verdict is None",
    ),
    "a rerun passes the gate": ("report/gate.py", 'return "flaky"', 'return "pass"'),
    "a silent probe passes": (f"{JUDGE}/recovery.py", "return all(sample and", "return True or all(sample and"),
    "a failing probe is nothing": (f"{JUDGE}/health.py", "if not sample.passed:", "if False:"),
    "a fault in force is recovered from": (f"{JUDGE}/health.py", "    if prevents_recovery:", "    if False:"),
    "a restart before the fault proves it": ("effects.py", "if at >= injection.t0 and", "if"),
    "a restart of any container will do": ("effects.py", "and name in names:", "and True:"),
    "a sidecar that is restarted is not seen": (
        f"{JUDGE}/pod_history.py",
        "now = (*pod.containers, *pod.init_containers)",
        "now = pod.containers",
    ),
    "what is waited for a budget is recovery time": (
        f"{JUDGE}/own_records.py",
        "due = injection.t0 + injection.blocked_since_t0",
        "due = injection.t0",
    ),
    "the last eviction has no proof deadline of its own": (
        f"{JUDGE}/recovery.py",
        "return injection.t0 + injection.blocked_since_t0 +",
        "return injection.t0 +",
    ),
    "a refusal after something was done is one": (
        "run/failures.py",
        "(landed and error.verdict is Verdict.REFUSED)",
        "False",
    ),
    "an error of another target is the verdict": ("run/failures.py", "return of_another_target or", "return"),
    "one victim proves all": ("effects.py", "if not seen or len(seen) < len(found):", "if not seen:"),
    "a heal is not waited for": (
        f"{JUDGE}/own_records.py",
        "return replace(experiment, due=at, healed=True)",
        "return replace(experiment, healed=True)",
    ),
    "a further fault owes nothing": (f"{JUDGE}/own_records.py", "due=max(experiment.due, due)", "due=experiment.due"),
    "the number of pods is no proof of a scale": ("effects.py", "== self.pods:", "!= 0:"),
    "an effect after the heal proves the fault": (f"{JUDGE}/state.py", "and not injection.healed:", "and True:"),
    "the first template of a DaemonSet counts": (
        f"{JUDGE}/target_state.py",
        "newest = max(revisions",
        "newest = min(revisions",
    ),
    "an undo overwrites a newer value": ("changes.py", "value_at(live, edit.path) == edit.after]", "True]"),
    "an undo of what was made again": ("changes.py", 'live["metadata"]["uid"] != change.ref.uid', "False"),
    "what somebody else created is deleted": ("changes.py", ".get(RUN_LABEL) != change.run:", ".get(RUN_LABEL) == 0:"),
    "a write that may still land is forgotten": (
        "changes.py",
        "Outcome.WAITING if may_land else",
        "Outcome.ALREADY if may_land else",
    ),
    "an answer is not compared": ("changes.py", "if found != edit.after:", "if False:"),
    "a cut recording has a result": (f"{JUDGE}/replay.py", "experiment.running", "False"),
    "a victim may be not Ready": (f"{JUDGE}/victims.py", "if p.active and p.ready)", "if p.active)"),
    "a steady target may be rolling out": (f"{JUDGE}/recovery.py", "or still_changing(state.target)", "or None"),
    "an error prints what others have written": ("errors.py", "*cleaned(args)", "*args"),
    "an object keeps what others have written": ("kube/decode.py", "made: AnyT = cleaned(value)", "made: AnyT = value"),
    "a report keeps what others have written": (
        "report/json.py",
        "cleaned(msgspec.to_builtins(",
        "(msgspec.to_builtins(",
    ),
    "a CI runner obeys the start of a line": ("untrusted.py", 'AT_LINE_START.sub(r"\\1?", text)', "text"),
    "a CI runner obeys the middle of a line": ("untrusted.py", 'ANYWHERE.sub("#?", ', "(lambda each: each)("),
    "an edited recording crashes the replay": (
        f"{JUDGE}/replay.py",
        "(LookupError, ArithmeticError, AttributeError, TypeError, ValueError)",
        "ZeroDivisionError",
    ),
}


def main() -> int:
    """Print which mutants no test noticed; return how many."""
    if not _survives("nothing", "errors.py", "", ""):
        raise SystemExit("the unit tests fail without any mutation")
    unnoticed = [name for name, mutation in MUTATIONS.items() if _survives(name, *mutation)]
    sys.stdout.write(f"{len(MUTATIONS) - len(unnoticed)} of {len(MUTATIONS)} mutants were noticed\n")
    return len(unnoticed)


def _survives(name: str, file: str, old: str, new: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(ROOT / "src", source)
        path = source / "kubechaos" / file
        text = path.read_text()
        if old not in text:
            raise SystemExit(f"{name}: {file} has no {old!r} to break")
        path.write_text(text.replace(old, new))
        command = [sys.executable, "-m", "pytest", "tests/unit", "-x", "-q"]
        environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    first = next((line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "nothing noticed")
    sys.stdout.write(f"{'survived' if done.returncode == 0 else 'noticed'}: {name}: {first[:140]}\n")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
