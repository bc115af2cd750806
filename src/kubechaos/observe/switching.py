"""The interpreter's lock handed over more often than usual, so that a busy test does not keep the observer waiting."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

QUICK: Final = 0.0001
"""Seconds after which a thread that computes must let others run; Python's own default is 0.005."""


@contextmanager
def quick_switching() -> Iterator[None]:
    """Switch threads quickly; put back what was set before, unless somebody else has set it since."""
    before = sys.getswitchinterval()
    if before <= QUICK:
        yield
        return
    sys.setswitchinterval(QUICK)
    ours = sys.getswitchinterval()
    try:
        yield
    finally:
        if sys.getswitchinterval() == ours:
            sys.setswitchinterval(before)
