"""The JSON Schema of a report, made from the types.

`python -m kubechaos.report.schema` prints the content of `v1.schema.json`, which is published.
"""

import sys
from inspect import cleandoc
from typing import Any

import msgspec

from ..judge.alerts import Alert, Alerts
from .run import ChaosResult, RunSummary

Json = dict[str, Any]
REFERENCE = "#/$defs/{name}"


def schema() -> Json:
    """Return the schema of what kubechaos adds to a report of pytest-json-report."""
    types = (RunSummary, ChaosResult, Alert)
    (run, test, _), definitions = msgspec.json.schema_components(types, schema_hook=_alerts, ref_template=REFERENCE)
    metadata = {"type": "object", "properties": {"chaos": test}}
    item = {"type": "object", "properties": {"metadata": metadata}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What kubechaos adds to a report of pytest-json-report",
        "type": "object",
        "properties": {"chaos": run, "tests": {"type": "array", "items": item}},
        "required": ["chaos"],
        "$defs": {name: _dedented(each) for name, each in definitions.items()},
    }


def document() -> bytes:
    """Return the content of the file `v1.schema.json`."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=1) + b"\n"


def _dedented(definition: Json) -> Json:
    """Return a definition without the indentation of the source in its description."""
    # Python 3.13 does this when it compiles a docstring, earlier versions do not; the file must be the same for all.
    return {**definition, "description": cleandoc(definition.get("description", ""))}


def _alerts(type_: type) -> Json:
    """Return the schema of Alerts, which msgspec does not know: a list, as in `report/json.py`."""
    if type_ is not Alerts:
        raise TypeError(f"{type_.__name__} has no schema")
    return {"type": "array", "items": {"$ref": REFERENCE.format(name="Alert")}}


if __name__ == "__main__":
    sys.stdout.buffer.write(document())
