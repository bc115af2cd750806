"""Every option of a run, parsed once, as one frozen value."""

from dataclasses import dataclass
from typing import Final

EMBEDDED: Final = "embedded"
"""The context that names the simulated cluster."""
FACTOR: Final = 20.0
"""How many seconds of the simulated cluster pass in one."""
LONGEST: Final = 365 * 86400.0
"""The seconds that anything may take at most, a year: locks and sockets of Python can wait for some 292 years."""
RESOLUTION: Final = 0.05
"""The seconds of the simulated cluster below which a busy machine's own delays show."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run; durations are seconds of the run's clock."""

    context: str
    """The kubeconfig context, "embedded", or "in-cluster"; empty where no cluster is named."""
    namespace: str | None
    """The namespace of the targets; None for the context's own."""
    target: tuple[str, str]
    """The kind and the name of the default target, like ("Deployment", "web")."""
    within: float
    """The longest that a recovery may take."""
    settle: float
    """How long to wait for a target to be steady before its fault."""
    stable_for: float
    """How long a recovery must last to count."""
    seed: str
    """The choice of victims depends on it, the test and the number of the fault."""
    results: str
    """The folder of all artifacts, relative to the rootdir."""
    manifests: tuple[str, ...]
    """The files, folders and globs with the objects of an embedded cluster; none for the example of the package."""
    run: str
    """The run's id, the name of its folder."""
    started: str
    """When the run began, as an RFC 3339 timestamp."""

    @property
    def simulated(self) -> bool:
        """True for the embedded cluster."""
        return self.context == EMBEDDED
