"""Every objective can be driven to an answer of no use; the file has to close that way."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hil.spec.objective import RULES, Constraints, Objective

FREE = Constraints()


@pytest.mark.parametrize("name", RULES)
def test_what_rises_with_light_needs_a_bound_on_it(name: str) -> None:
    objective = Objective(maximize=name)
    assert bool(objective.degenerates(FREE, "lamp.mw", "light")) == (
        RULES[name].more_light or RULES[name].floor == "light"
    )
    bounded = Constraints(max_dose_mj=1, min_bits_per_pixel=0.1)
    assert objective.degenerates(bounded, "lamp.mw", "light") == ""
    assert objective.degenerates(bounded, "camera.exposure_ms", "exposure") == ""


@pytest.mark.parametrize("name", RULES)
def test_pixels_change_only_where_the_objective_compares_them(name: str) -> None:
    said = Objective(maximize=name).degenerates(FREE, "camera.binning", "binning")
    assert bool(said) == RULES[name].same_pixels
    assert "bits_per_pixel" not in said.split("allowed:")[-1]


@pytest.mark.parametrize("name", RULES)
def test_a_ratio_to_light_needs_a_floor(name: str) -> None:
    objective = Objective(maximize=name)
    assert bool(objective.needs_floor(FREE)) == (RULES[name].floor == "always")
    assert objective.needs_floor(Constraints(min_bits_per_pixel=0.1)) == ""


def test_other_settings_are_free() -> None:
    assert Objective().degenerates(FREE, "focus.z_um", "position") == ""


def test_a_bound_counts_when_it_is_written() -> None:
    assert not FREE.bounds_light
    assert Constraints(max_saturated_share=0.001).bounds_light
    assert not Constraints(max_saturated_share=1).bounds_light
    assert Constraints(max_exposure_s=1).bounds_light
    assert not Constraints(min_bits_per_pixel=1).bounds_light


@pytest.mark.parametrize("names", [(), ("bits_per_frame", "bits_per_frame"), "sharpness"])
def test_names_that_say_nothing_are_refused(names: object) -> None:
    with pytest.raises(ValidationError):
        Objective(maximize=names)


@pytest.mark.parametrize("names", ["bits_about_label", ("bits_about_label", "bits_per_pixel")])
def test_information_about_a_label_is_not_the_first_objective(names: str | tuple[str, ...]) -> None:
    assert Objective(maximize=("bits_per_pixel", "bits_about_label")).names[1] == "bits_about_label"
    with pytest.raises(ValidationError, match="follows another objective"):
        Objective(maximize=names)
