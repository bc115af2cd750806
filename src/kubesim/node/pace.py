"""How many seconds the stages of a pod's life take, as measured on a real cluster."""

from typing import Final

CREATING: Final = 0.02
STARTED: Final = 0.4
STAGGER: Final = 0.035
"""So far apart do four pods start that are made together: each is Ready before the next one runs, as often seen."""
TERM: Final = 0.05
STOPPED: Final = 0.15
RELIST: Final = 0.9
"""From the end of a changed container to the status in which it runs again: the kubelet looks once a second."""
GONE: Final = 0.85
"""From the end of the containers to the pod's: the kubelet looks once a second."""
NEVER_RAN: Final = 0.3
PULLED: Final = 0.75
PULL_BACK_OFF: Final = 11.7
FIRST_PULL: Final = 27.0
SOON: Final = 0.5
"""What needs no pull to fail is tried again sooner."""
LONGEST_BACK_OFF: Final = 300.0
