"""The reports of a whole run: a new one is one file and one row here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from . import json
from .run import Run

FORMATS: Final[Mapping[str, Callable[[Run], bytes]]] = MappingProxyType({"json": json.document})
"""What is written at the end of a run as `chaos-results/RUN/run.NAME`: from the name to what makes the content."""
