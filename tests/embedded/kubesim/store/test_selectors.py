"""Label selectors: what is selected, and what is said of those that cannot be parsed."""

import pytest

from kubesim.store.selectors import of_object, parse_labels

LABELS = {"app": "web", "tier": "front"}


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", True),
        ("app", True),
        ("!app", False),
        ("!nope", True),
        ("app=web", True),
        ("app = web", True),
        ("app==web,tier=front", True),
        ("app=web,tier=back", False),
        ("app!=web", False),
        ("nope!=web", True),
        ("app in (web,x)", True),
        ("app in (x)", False),
        ("app notin (x, y)", True),
        ("nope notin (x)", True),
        ("app=", False),
        ("app=web,tier in (back, front),!nope", True),
    ],
)
def test_a_selector_selects_as_apimachinery_does(text: str, selected: bool) -> None:
    assert parse_labels(text).holds(LABELS) is selected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("===", "found '==', expected: !, identifier, or 'end of string'"),
        ("app==(web)", "unable to parse requirement: found '(', expected: identifier"),
        ("app in", "unable to parse requirement: found '' expected: '('"),
        ("app in (x", "unable to parse requirement: found '', expected: ')'"),
        ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
        ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ("a=b,", "found '', expected: identifier after ','"),
        ("!=b", "found '!=', expected: !, identifier, or 'end of string'"),
    ],
)
def test_a_selector_that_cannot_be_parsed_is_answered_in_apimachinery_s_words(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="found") as caught:
        parse_labels(text)
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("operator", "values", "selected"),
    [("In", ["web"], True), ("NotIn", ["web"], False), ("Exists", None, True), ("DoesNotExist", None, False)],
)
def test_the_selector_of_an_object_selects(operator: str, values: list[str] | None, selected: bool) -> None:
    selector = {"matchLabels": {"tier": "front"}, "matchExpressions": [{"key": "app", "operator": operator}]}
    if values:
        selector["matchExpressions"][0]["values"] = values
    assert of_object(selector).holds(LABELS) is selected
