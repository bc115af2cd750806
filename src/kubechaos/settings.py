"""Every knob of a run, parsed once, as one frozen value."""

from dataclasses import dataclass


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
    run: str
    started: str
