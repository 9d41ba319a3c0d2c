"""A short session on each simulated rig finds the optimum that its physics has inside the range."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

import hil
from hil.spec import GpSampler, load_session_file
from hil.spec.session import EstimatorSpec
from tests.sim.rigs import Settings

EXAMPLES = Path(__file__).parents[2] / "examples"


class Case(NamedTuple):
    """One setting of an example's search space, the others held."""

    example: str
    setting: str
    others: Settings
    low: float
    high: float
    trials: int = 12


CASES = [
    # the hidden aberration has a sharpest focus of its own, at 0.2 um
    Case("microscope", "focus.z_um", {"camera.exposure_ms": 20.0}, 0.0, 0.4),
    # coherence against light and resolution
    Case("ledarray", "led.outer_na", {"led.pattern": "brightfield", "focus.z_um": 2.0}, 0.1, 0.3),
    # haze against silicon
    Case(
        "satellite",
        "filter.centre_nm",
        {"telescope.focus_um": 0.0, "camera.exposure_ms": 1.0, "camera.gain": "low"},
        600.0,
        740.0,
    ),
    # sampling against the electronic noise of each reading
    Case("tomography", "gantry.views", {"source.voltage_kv": 80.0}, 16, 32, 8),
    # light against sharpness
    Case(
        "hyperspectral",
        "spectrometer.slit_um",
        {"filter.centre3_nm": 660.0, "filter.width3_nm": 40.0},
        8.0,
        24.0,
    ),
    # lenslets of 4 mm are sharp there; nearer ones bring more light, and more of the scene
    Case(
        "lensless", "mask.distance_mm", {"mask.apertures": 2, "camera.exposure_ms": 40.0}, 3.1, 3.8
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.example)
def test_a_session_finds_the_best_inside(case: Case, tmp_path: Path) -> None:
    file = load_session_file(EXAMPLES / case.example / "session.toml")
    search = tuple(axis for axis in file.spec.search if axis.setting == case.setting)
    changes = {
        "search": search,
        "fixed": {**file.spec.fixed, **case.others},
        "trials": case.trials,
        "reference": None,
        "estimator": EstimatorSpec(patch_size=file.spec.estimator.patch_size),
        "measure": file.spec.measure.model_copy(update={"keep_frames": "none"}),
        "sampler": GpSampler(kind="gp", startup_trials=5),
    }
    spec = file.spec.model_copy(update=changes)
    file = replace(file, spec=spec, text=spec.model_dump_json(exclude_unset=True))
    result = hil.run_session(file, f"sqlite:///{(tmp_path / 'hil.db').as_posix()}")
    assert result.best is not None
    assert case.low <= float(result.best_settings[case.setting]) <= case.high
