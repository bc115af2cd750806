"""How long the preStop hooks of a pod take, which run before its containers are sent SIGTERM."""

import re
from typing import Final

from ..store.objects import Body, Stored
from . import statuses

_SLEEP: Final = re.compile(r"(?:^|[\s;&|(])(?:/\S*/)?sleep\s+(\d+(?:\.\d+)?)s?(?![\w.])")
"""A sleep of so many seconds, by itself or in a line of a shell."""


def seconds(pod: Stored) -> float:
    """Return how long they take together: as long as the longest, since they run side by side."""
    return max(map(_of_container, statuses.running_on(pod)))


def _of_container(container: Body) -> float:
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    slept = (hook.get("sleep") or {}).get("seconds", 0)
    # What else a hook does is taken to be done at once: programs do not run in the simulation.
    words = " ".join((hook.get("exec") or {}).get("command") or ())
    return float(slept) + sum(map(float, _SLEEP.findall(words)))
