"""What is fitted of the modulator's microscope, against slmsuite's light and the path's frames."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from drivers.types import Value
from hil.rig.driver_kinds import driver_kind
from sim.modulator.path import MARGIN_PX, PITCH_UM, SCENE_PX, ModulatedPath
from sim.modulator.unknown import ModulatedUnknown
from tests.drivers.slm.panels import PANEL, write_table

MODES = ("z4_nm", "z5_nm", "z7_nm", "z8_nm", "z9_nm", "z11_nm")
TABLE: dict[str, Any] = {**PANEL, "modes": MODES, "seed": 5, "aberration_rms_nm": 70.0}
STOOD: dict[str, Value] = {"light.power_mw": 2.0, "camera.exposure_ms": 5.0}
PLACE: dict[str, Value] = {"stage.x_um": 2.4, "stage.y_um": -1.6}
CASES = [
    ("as it is", {}),
    ("a grating between samples", {"grating": {"period_px": 7.3, "angle_deg": -50.0}}),
    ("no grating", {"grating": None}),
    ("odd sides", {"width_px": 97, "height_px": 81}),
    ("a wide pupil", {"pupil": {"radius_px": 39.0}}),
]


class Rig:
    """An open rig, and what may be unknown of it."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        write_table(folder)
        kind = driver_kind("slm.simulated")
        options = kind.options({**TABLE, **changes}, folder)
        self.open: Any = kind.open(options)
        self.path: ModulatedPath = self.open.truth.path
        self.optics = kind.optics(options)  # type: ignore[attr-defined]
        assert isinstance(self.optics, ModulatedUnknown)
        self.hidden = torch.tensor(list(self.path.hidden_nm.values()), dtype=torch.float64)

    def move(self, modes: dict[str, Value]) -> dict[str, Value]:
        slm = self.open.devices["slm"]
        slm.start(modes)
        slm.settle(1.0)
        others = {one.name: slm.read(one.name) for one in slm.describe()}
        return {**others, **modes, **STOOD, **PLACE}


def drawn(number: int, rms_nm: float = 45.0) -> dict[str, Value]:
    amounts = np.random.default_rng(number).standard_normal(len(MODES))
    amounts *= rms_nm / np.linalg.norm(amounts)
    return {f"slm.{mode}": value for mode, value in zip(MODES, amounts.tolist(), strict=True)}


@pytest.mark.parametrize("changes", [one[1] for one in CASES], ids=[one[0] for one in CASES])
def test_the_point_image_is_the_light_of_slmsuite(tmp_path: Path, changes: dict[str, Any]) -> None:
    rig = Rig(tmp_path, **changes)
    for number in range(3):
        settings = rig.move(drawn(number))
        wanted = rig.path.point_image()
        found = rig.optics.point_image(rig.hidden, settings).numpy()
        assert np.abs(found - wanted).max() < 0.01 * wanted.max()


def test_flat_and_modes_of_ones_own_are_in_it_and_the_flat_is_undone(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:80, 0:96]
    across, down = (columns - 50.0) / 30.0, (41.0 - rows) / 30.0
    # Z6's polynomial, 25 nm rms of it, which the table's modes lack but for what is theirs: Z5
    np.save(tmp_path / "flat.npy", 25.0 * np.sqrt(6.0) * 2 * across * down)
    np.save(tmp_path / "own.npy", np.cos(3 * across)[None] + 0 * rows)
    own = {"flat": "flat.npy", "basis": "own.npy", "basis_modes": ["kl1_nm"]}
    rig = Rig(tmp_path, **own)
    settings = rig.move({**drawn(1, 30.0), "slm.kl1_nm": 20.0})
    wanted = rig.path.point_image()
    found = rig.optics.point_image(rig.hidden, settings).numpy()
    assert np.abs(found - wanted).max() < 0.02 * wanted.max()
    correction = rig.optics.correction(rig.hidden.tolist())
    assert list(correction) == [f"slm.{mode}" for mode in MODES]
    assert correction["slm.z5_nm"] == pytest.approx(-(rig.path.hidden_nm[5] + 25.0), abs=0.5)
    assert correction["slm.z4_nm"] == pytest.approx(-rig.path.hidden_nm[4], abs=0.5)


def test_a_known_scene_gives_the_electrons_of_the_path(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    settings = rig.move(drawn(4))
    wanted = rig.path.expected_electrons(settings)
    grid = rig.optics.grid([settings])
    answer = rig.optics.respond(rig.hidden, settings, grid)
    down, across = (
        (np.arange(size) - MARGIN_PX + round(float(PLACE[name]) / PITCH_UM)) % SCENE_PX
        for size, name in zip(grid, ("stage.y_um", "stage.x_um"), strict=True)
    )
    photons = 80.0 * rig.path.scene[np.ix_(down, across)].astype(np.float64)
    spectrum = torch.fft.rfft2(torch.from_numpy(photons)) * answer.transfer[0]
    image = torch.fft.irfft2(spectrum, s=grid)
    found = (answer.sampling.sample(image) + answer.even_e).numpy()
    assert found.shape == rig.optics.frame_shape(settings) == wanted.shape
    assert np.abs(found - wanted).max() < 0.005 * wanted.max()
    assert rig.optics.converter(settings) == rig.path.noise_model(settings)


def test_gradients_are_those_of_finite_differences(tmp_path: Path) -> None:
    optics = Rig(tmp_path).optics
    settings = {**drawn(2), **STOOD}
    grid = optics.grid([settings])

    def power(values: torch.Tensor) -> torch.Tensor:
        return optics.respond(values, settings, grid).transfer.abs().square().mean()

    at = torch.linspace(-30, 40, len(MODES), dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(power(at), at)
    for number in range(len(MODES)):
        step = torch.zeros(len(MODES), dtype=torch.float64)
        step[number] = 0.01
        with torch.no_grad():
            difference = (power(at + step) - power(at - step)) / 0.02
        assert float(slope[number]) == pytest.approx(float(difference), rel=1e-4)


def test_the_truth_is_not_where_a_fit_begins(tmp_path: Path) -> None:
    optics = Rig(tmp_path).optics
    assert [one.start for one in optics.unknowns] == [0.0] * len(MODES)
    assert [one.name for one in optics.unknowns][:2] == ["aberration_nm.z4", "aberration_nm.z5"]


def test_no_twin_of_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no twin of it can be written"):
        Rig(tmp_path).optics.with_further([])


def test_gradients_flow_from_the_modes_as_from_what_is_hidden(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    stood = rig.move(drawn(3))
    assert rig.optics.graded == tuple(f"slm.{mode}" for mode in MODES)
    modes = {
        name: torch.tensor(float(stood[name]), dtype=torch.float64, requires_grad=True)
        for name in rig.optics.graded
    }
    hidden = rig.hidden.clone().requires_grad_()
    grid = rig.optics.grid([stood])
    at: Any = {**stood, **modes}
    found = rig.optics.respond(hidden, at, grid).transfer
    assert torch.equal(found, rig.optics.respond(rig.hidden, stood, grid).transfer)
    by_hidden, *by_mode = torch.autograd.grad(found.abs().sum(), [hidden, *modes.values()])
    assert by_hidden.abs().min() > 0
    assert torch.allclose(torch.stack(by_mode), by_hidden)
