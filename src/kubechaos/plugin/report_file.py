"""The file of pytest-json-report, before it is written."""

import os
from pathlib import Path

import pytest


def empty(config: pytest.Config) -> str:
    """Empty the report of an earlier run: a gate must not read it if this run dies before it writes its own.

    Returns why that was not possible; "" if it was, or if there is none.
    """
    path = config.getoption("json_report_file", None)
    if not path or not config.getoption("json_report", False):
        return ""
    try:
        # Looked at before it is opened: the reader of a FIFO would take our opening for the report. Emptied where it
        # lies, not removed, as the name may be a link, or a device that the machine needs.
        if Path(path).is_file():
            os.truncate(path, 0)
    except FileNotFoundError:
        pass
    except OSError as error:
        return f"the report of an earlier run cannot be emptied: {error}; a gate must not read it"
    return ""
