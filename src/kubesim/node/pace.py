"""How many seconds each state of a pod lasts, as measured on a real cluster."""

from typing import Final

# tests/scenarios compares only the order of what is seen with that of a real cluster, not the times. But where several
# pods change at once, these numbers decide that order.
CREATING: Final = 0.02
STARTED: Final = 0.4
STAGGER: Final = 0.035
"""Between the starts of pods that are created together, four in a row: each is Ready before the next one runs."""
TERM: Final = 0.05
"""From the deletion to the event Killing."""
STOPPED: Final = 0.15
"""From SIGTERM to the end of containers that obey it."""
LEAST_TERM: Final = 2.0
"""What containers have between SIGTERM and SIGKILL, however little a hook or the grace period has left of it."""
RELIST: Final = 0.9
"""From the end of a changed container to the status in which it runs again: the kubelet looks once a second."""
GONE: Final = 0.85
"""From the end of the containers to the pod's: the kubelet looks once a second."""
NEVER_RAN: Final = 0.3
PULLED: Final = 0.35
"""From when its containers would have started to the failure of a pull."""
PULL_BACK_OFF: Final = 11.7
FIRST_PULL: Final = 27.0
SOON: Final = 0.5
"""From a change of the image to the next pull, and between two looks at an image that needs no pull to fail."""
FIRST_RESTART: Final = 1.0
EXIT_SEEN: Final = 0.5
"""From the exit of a container to CrashLoopBackOff."""
FIRST_BACK_OFF: Final = 10.0
LONGEST_BACK_OFF: Final = 300.0
INIT: Final = 0.3
"""How long an init container runs that nothing is wrong with."""
INIT_FAILS: Final = 0.05
"""How long one runs that fails."""
INIT_SEEN: Final = 0.1
"""From the end of an init container, or the start of a sidecar, to the start of the next one."""
FIRST_MOUNT: Final = 0.5
"""From a volume that cannot be mounted to the next try, which comes twice as late each time."""
LONGEST_MOUNT: Final = 122.0
CONFIG_SEEN: Final = 0.7
"""From a container that cannot be created for the lack of a ConfigMap or Secret to the status that says so."""
CONFIG_WAIT: Final = 12.5
"""From there to the next try."""
