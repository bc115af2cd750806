"""A closing line on the kubeconfigs that were compared with kubectl, from whichever process compared them."""

from typing import Final

import pytest

EQUAL: Final = "kubeconfig"
"""The property of a test that has compared one."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many were equal, and with -v what was said of each."""
    reports = [each for some in terminalreporter.stats.values() for each in some if isinstance(each, pytest.TestReport)]
    ran = [each for each in reports if each.when == "call" and "/test_kubeconfigs.py::" in each.nodeid]
    if not ran:
        return
    equal = [each for each in ran if each.passed]
    if terminalreporter.config.get_verbosity() > 0:
        for each in equal:
            terminalreporter.write_line(f"  {dict(each.user_properties)[EQUAL]}")
    terminalreporter.write_line(f"kubeconfigs: {len(equal)} of {len(ran)} equal")
