"""The published JSON Schema."""

import json
from importlib import resources
from typing import Any

from kubechaos.report import schema


def test_the_published_schema_is_that_of_the_types() -> None:
    published = (resources.files("kubechaos") / "report" / "v1.schema.json").read_bytes()
    assert _sorted(json.loads(schema.document())) == _sorted(json.loads(published)), (
        "python -m kubechaos.report.schema > src/kubechaos/report/v1.schema.json"
    )


def _sorted(value: Any) -> Any:
    """The same JSON with every list in one order; that of alternatives differs between versions of msgspec."""
    if isinstance(value, dict):
        return {name: _sorted(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=json.dumps)
    return value
