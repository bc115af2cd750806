"""The formats of the report on a run: a new one is one file and one row here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from . import json
from .run import Run

FORMATS: Final[Mapping[str, Callable[[Run], bytes]]] = MappingProxyType({"json": json.document})
"""From the name of each format to the function that makes its content: the file `chaos-results/RUN/run.NAME`."""
