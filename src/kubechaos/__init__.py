"""Resilience tests for Kubernetes, written as pytest tests. Only the names in `__all__` are public.

`import kubechaos` loads none of them yet: a test module imports this package also in runs that select no chaos test.
"""

from typing import TYPE_CHECKING, Any

# Each public name, and the module that it is loaded from at its first use. The same list stands below for type checkers
# and editors, which do not run __getattr__.
_MODULES = {
    "Accepted": "effects",
    "Act": "act.act",
    "Alert": "judge.alerts",
    "AlertRule": "judge.alerts",
    "Chaos": "run.chaos",
    "ChaosError": "errors",
    "Cluster": "observe.cluster",
    "EvictionBlockedError": "errors",
    "Fault": "faults.fault",
    "FaultNotProvenError": "errors",
    "INSTANT": "faults.fault",
    "InconclusiveError": "errors",
    "InterruptedOutage": "errors",
    "Moment": "judge.alerts",
    "NotRecoveredError": "errors",
    "NotSteadyError": "errors",
    "Ongoing": "run.ongoing",
    "Outage": "judge.outage",
    "PodCount": "effects",
    "PodsGone": "effects",
    "PodsRestarted": "effects",
    "Ref": "kube.objects",
    "RefusedError": "errors",
    "Rehearsal": "run.rehearsal",
    "Target": "target",
    "TemplateReplaced": "effects",
    "UNTIL_HEALED": "faults.fault",
    "UNTIL_RECOVERED": "faults.fault",
    "UnknownAlertError": "errors",
    "Verdict": "errors",
    "evict": "faults.pods",
    "fault": "faults.fault",
    "kill": "faults.pods",
    "kill_container": "faults.pods",
    "newest": "judge.victims",
    "oldest": "judge.victims",
    "on_node": "judge.victims",
    "rollout_restart": "faults.workloads",
    "scale": "faults.workloads",
    "where": "judge.victims",
}

__all__ = sorted(_MODULES)

if TYPE_CHECKING:
    from .act.act import Act as Act
    from .effects import Accepted as Accepted
    from .effects import PodCount as PodCount
    from .effects import PodsGone as PodsGone
    from .effects import PodsRestarted as PodsRestarted
    from .effects import TemplateReplaced as TemplateReplaced
    from .errors import ChaosError as ChaosError
    from .errors import EvictionBlockedError as EvictionBlockedError
    from .errors import FaultNotProvenError as FaultNotProvenError
    from .errors import InconclusiveError as InconclusiveError
    from .errors import InterruptedOutage as InterruptedOutage
    from .errors import NotRecoveredError as NotRecoveredError
    from .errors import NotSteadyError as NotSteadyError
    from .errors import RefusedError as RefusedError
    from .errors import UnknownAlertError as UnknownAlertError
    from .errors import Verdict as Verdict
    from .faults.fault import INSTANT as INSTANT
    from .faults.fault import UNTIL_HEALED as UNTIL_HEALED
    from .faults.fault import UNTIL_RECOVERED as UNTIL_RECOVERED
    from .faults.fault import Fault as Fault
    from .faults.fault import fault as fault
    from .faults.pods import evict as evict
    from .faults.pods import kill as kill
    from .faults.pods import kill_container as kill_container
    from .faults.workloads import rollout_restart as rollout_restart
    from .faults.workloads import scale as scale
    from .judge.alerts import Alert as Alert
    from .judge.alerts import AlertRule as AlertRule
    from .judge.alerts import Moment as Moment
    from .judge.outage import Outage as Outage
    from .judge.victims import newest as newest
    from .judge.victims import oldest as oldest
    from .judge.victims import on_node as on_node
    from .judge.victims import where as where
    from .kube.objects import Ref as Ref
    from .observe.cluster import Cluster as Cluster
    from .run.chaos import Chaos as Chaos
    from .run.ongoing import Ongoing as Ongoing
    from .run.rehearsal import Rehearsal as Rehearsal
    from .target import Target as Target


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return value
