"""A simulated Kubernetes in this process: it speaks the API on loopback, and it can be made to fail on purpose.

It stands on its own: nothing of kubechaos is known here, and importing it loads nothing before it is used.
`kubesim.failures` has the classes of failures.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .clock import Clock, Real, Scaled, Stepped
    from .manifests import EXAMPLE, Loaded, ManifestError, check
    from .simulation import Simulation

__all__ = ["EXAMPLE", "Clock", "Loaded", "ManifestError", "Real", "Scaled", "Simulation", "Stepped", "check"]

_HOMES = {
    "Clock": "clock",
    "Real": "clock",
    "Scaled": "clock",
    "Stepped": "clock",
    "EXAMPLE": "manifests",
    "Loaded": "manifests",
    "ManifestError": "manifests",
    "check": "manifests",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES.get(name, 'simulation')}", __name__), name)
