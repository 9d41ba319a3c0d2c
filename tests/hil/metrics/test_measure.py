"""Whatever a person's function does, a trial has its number or says why there is none."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hil.metrics.measure import MetricValues, measure_metrics
from hil.metrics.registry import NamedMetric
from hil.noise import GaussianNoise

FRAMES = np.full((4, 1, 8, 8), 7, dtype=np.uint16)


def measured(function: Callable[..., Any], name: str = "own") -> MetricValues:
    return measure_metrics([NamedMetric(name, function)], FRAMES, GaussianNoise(1.0), {"a.b": 2.0})


def of(value: Any) -> Callable[..., Any]:
    return lambda frames, noise, settings: value


@pytest.mark.parametrize(
    "value", [2, 2.0, True + 1, np.float32(2), np.array(2), [2, 2, 2, 2], np.array([0, 4, 1, 3])]
)
def test_numbers_of_all_kinds(value: Any) -> None:
    number = measured(of(value)).numbers["own"]
    assert len(number.per_field) == (0 if np.ndim(value) == 0 else 4)
    assert number.value == 2


def test_fields_give_the_mean_and_its_interval() -> None:
    number = measured(of([1.0, 2.0, 3.0, 4.0])).numbers["own"]
    assert number.value == 2.5 and number.per_field == (1, 2, 3, 4)
    low, high = number.interval(0.95)
    # Student's t with 3 degrees of freedom, standard error of 1, 2, 3, 4
    assert (low, high) == pytest.approx((2.5 - 3.182 * 0.6455, 2.5 + 3.182 * 0.6455), rel=1e-3)
    assert math.isnan(measured(of(2.5)).numbers["own"].interval(0.95)[0])


def test_several_numbers_have_names_of_their_own() -> None:
    found = measured(of({"x": 1.0, "y": [1, 2, 3, 4], "z": math.nan}))
    assert {name: one.value for name, one in found.numbers.items()} == {"own.x": 1, "own.y": 2.5}
    assert found.absent == {"own.z": "gave nan"}
    assert found.why_not("own.y") == "" and found.why_not("own.z") == "gave nan"
    assert found.why_not("own.w") == "its function gives own.x, own.y"


def fails(frames: Any, noise: Any, settings: Any) -> float:
    raise ValueError("two\nlines " + "x" * 999)


def changes(frames: Any, noise: Any, settings: Any) -> float:
    frames += 1
    return 1.0


class Odd:
    def __array__(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("odd")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (fails, "ValueError: two lines xx"),
        (lambda frames, noise, settings: sys.exit(3), "SystemExit: 3"),
        (changes, "ValueError: output array is read-only"),
        (of(math.nan), "gave nan"),
        (of(-math.inf), "gave -inf"),
        (of([1, math.inf, 1, 1]), "gave inf"),
        (of(None), "gave None, which is no number"),
        (of("3"), "gave '3', which is no number"),
        (of(1j), "gave a complex number"),
        (of([1, 2, 3]), "gave an array of shape (3,), allowed: a number, or 4 of fields"),
        (of([]), "gave an array of shape (0,)"),
        (of(object()), "gave no number: TypeError"),
        (of(Odd()), "gave no number: RuntimeError: odd"),
    ],
)
def test_what_is_no_number_is_absent_with_its_reason(
    function: Callable[..., Any], why: str
) -> None:
    found = measured(function)
    assert not found.numbers
    assert found.absent["own"].startswith(why) and len(found.absent["own"]) <= 200
    assert found.why_not("own.part").startswith(why)
    assert FRAMES.max() == 7


def test_one_that_fails_takes_no_other_with_it() -> None:
    both = [NamedMetric("bad", fails), NamedMetric("good", of(1.0))]
    found = measure_metrics(both, FRAMES, GaussianNoise(1.0), {})
    assert list(found.numbers) == ["good"] and list(found.absent) == ["bad"]
    assert found.to_details() == {
        "metrics": {"good": 1.0}, "metric_fields": {}, "metrics_absent": dict(found.absent),
    }  # fmt: skip
    assert MetricValues().to_details() == {}
