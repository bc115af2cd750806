"""Every option of a run, parsed once, as one frozen value."""

from dataclasses import dataclass
from typing import Final

EMBEDDED: Final = "embedded"
"""The context that names the simulated cluster."""
FACTOR: Final = 20.0
"""How many seconds of the simulated cluster pass in one."""
RESOLUTION: Final = 0.05
"""The seconds of the simulated cluster below which a busy machine's own delays show."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The options of a run; durations are seconds."""

    context: str
    namespace: str | None
    target: tuple[str, str]
    within: float
    settle: float
    stable_for: float
    seed: str
    results: str
    manifests: tuple[str, ...]
    run: str
    started: str

    @property
    def simulated(self) -> bool:
        """Whether the cluster is the embedded one."""
        return self.context == EMBEDDED
