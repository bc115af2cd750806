"""Threads switch more often while an experiment runs, so that a busy test does not keep the streams waiting.

A record's time is taken when its thread gets to run. With Python's default a test that computes in the main thread
delays each record by 5 ms for every thread in the queue.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

QUICK: Final = 0.0001
"""Seconds after which a thread that computes must let others run; Python's own default is 0.005."""


@contextmanager
def quick_switching() -> Iterator[None]:
    """Switch threads quickly inside of the block; then restore the interval, unless somebody else has set it since."""
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
