"""Tables of metrics, and the names by which a session file goes by them."""

from __future__ import annotations

import pytest

from hil.errors import InputError
from hil.spec import SessionSpec
from hil.spec.load import parse
from hil.spec.metric import MetricBound
from tests.hil.small_session import SESSION

SNR = '[[metric]]\nkind = "snr"\n'


def spec(text: str) -> SessionSpec:
    return parse(SessionSpec, SESSION + text, "s.toml")


def test_a_metric_has_its_kind_s_name_or_one_of_its_own_and_options() -> None:
    found = spec(SNR + '[[metric]]\nkind = "brenner"\nname = "sharp"\nstep_px = 3\n').metric
    assert [(one.called, one.options) for one in found] == [("snr", {}), ("sharp", {"step_px": 3})]


@pytest.mark.parametrize("name", ["metric.snr", "-metric.snr", "metric.snr.green"])
def test_it_can_be_an_objective_and_a_constraint(name: str) -> None:
    found = spec(f'{SNR}[objective]\nmaximize = ["{name}", "bits_per_pixel"]\n')
    assert found.objective.names == (name, "bits_per_pixel")
    bounds = spec(f"{SNR}[constraints.metrics]\nsnr = {{ low = 2, high = 9 }}\n").constraints
    assert bounds.bounds_of_metrics == {"snr": MetricBound(low=2, high=9)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (SNR + SNR, "metric.1.name: 'snr' is named twice"),
        ('[[metric]]\nname = "snr"\n', "metric.0.kind: missing"),
        ('[[metric]]\nkind = "snr"\nname = "a b"\n', "metric.0.name: 'a b' is wrong"),
        ('[objective]\nmaximize = "metric.snr"\n', "no [[metric]] is called 'snr', there is none"),
        (SNR + '[objective]\nmaximize = "metric.snt"\n', "is called 'snt', did you mean 'snr'?"),
        (SNR + '[objective]\nmaximize = "metric."\n', "'metric.', "),
        ('[objective]\nmaximize = "bits_per_pixl"\n', "'bits_per_pixl', allowed: 'bits_per_pixel', "),
        (SNR + "[constraints.metrics]\nsr = { low = 1 }\n", "is called 'sr', did you mean 'snr'?"),
        (SNR + "[constraints.metrics]\nsnr = {}\n", "give low or high"),
        (SNR + "[constraints.metrics]\nsnr = { low = 2, high = 1 }\n", "low = 2 is above high = 1"),
        (SNR + "[constraints.metrics]\nsnr = { least = 2 }\n", "unknown key"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as error:
        spec(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_how_far_a_value_lies_outside() -> None:
    bound = MetricBound(low=2, high=5)
    assert [bound.excess(value) for value in (1, 2, 3, 5, 7)] == [1, 0, -1, 0, 2]
    assert MetricBound(low=2).excess(9) == -7 and MetricBound(high=2).excess(9) == 7
