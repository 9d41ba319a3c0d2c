from __future__ import annotations

import pytest

from hil.twin.advice.expected import ExpectedInformation
from hil.twin.fit import fit
from tests.hil.twin.small_microscope import PLACES, frames, path, settings, unknown

SMALL = {"height_px": 48, "width_px": 48}


@pytest.fixture(scope="module")
def expected() -> ExpectedInformation:
    scope = path(seed=3, aberration_nm=(0.0, 40.0, *[0.0] * 6), scene="fibres", **SMALL)
    trials = [settings(mirror__z5_nm=value, focus__z_um=z) for value, z in ((0, 0), (-40, 0.5))]
    taken = frames(scope, trials, PLACES[:1])
    twin = fit(taken, unknown(**SMALL), all_scenes=False)
    twin.values[:] = 0.0
    twin.values[1] = 40.0
    return ExpectedInformation(twin, taken)


def test_information_is_most_without_aberration_and_grows_with_light(
    expected: ExpectedInformation,
) -> None:
    curve = [expected.nats(settings(mirror__z5_nm=value)) for value in (0, -20, -40, -60, -80)]
    assert max(curve) == curve[2]
    assert curve[0] == pytest.approx(curve[4], rel=0.02), "an even mode: both sides alike"
    brighter = settings(mirror__z5_nm=-40) | {"light.power_mw": 4.0}
    assert expected.nats(brighter) > curve[2]


def test_the_best_is_found_from_afar_and_within_its_range(expected: ExpectedInformation) -> None:
    def stood(one: object) -> dict[str, object]:
        return settings() | one  # type: ignore[operator, no-any-return]

    name = "mirror.z5_nm"
    found = expected.best([(name, -100.0, 100.0)], {name: -5.0}, stood)  # type: ignore[arg-type]
    assert found[name] == pytest.approx(-40, abs=2)
    bound = expected.best([(name, -30.0, 100.0)], {name: 20.0}, stood)  # type: ignore[arg-type]
    assert bound[name] == pytest.approx(-30, abs=0.5)
