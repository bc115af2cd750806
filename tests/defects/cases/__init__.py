"""The table of planted defects, and of healthy workloads that only look bad."""

from tests.defects.cases import beginnings, faults, healthy, kinds, replacements, somebody

CASES = [
    *healthy.CASES,
    *replacements.CASES,
    *somebody.CASES,
    *kinds.CASES,
    *faults.CASES,
    *beginnings.CASES,
]
