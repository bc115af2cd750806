"""Every way in which Kubernetes writes a quantity."""

import pytest

from kubesim.store.quantity import quantity, units


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        (2, 2),
        (0.5, 0.5),
        ("500m", 0.5),
        ("250000u", 0.25),
        ("1000000000n", 1),
        ("1k", 1000),
        ("1e3", 1000),
        ("1E3", 1000),
        ("15e-1", 1.5),
        ("1E", 10**18),
        ("2P", 2 * 10**15),
        (".5Gi", 2**29),
        ("0.5Gi", 2**29),
        ("1.", 1),
        ("+1", 1),
        ("3Ki", 3072),
        ("1Ei", 2**60),
    ],
)
def test_a_quantity_is_read_as_kubernetes_reads_it(text: str | float, value: float) -> None:
    assert quantity(text) == value


@pytest.mark.parametrize(
    "text", ["", "Gi", "1 Gi", "1gi", "1K", "m500", "1e", "0x10", "1_000", "½", "nan", "1e1000000"]
)
def test_what_is_no_quantity_is_an_error_that_says_what_one_is(text: str) -> None:
    with pytest.raises(ValueError, match="quantities must match the regular expression"):
        quantity(text)


def test_a_part_of_a_unit_is_rounded_up() -> None:
    assert (units("100u", 1000), units("0.1", 1000), units("1m"), units("0")) == (1, 100, 1, 0)
