from __future__ import annotations

import numpy as np
import pytest
import torch

from drivers.types import Value
from sim.microscope.fluorescence.path import FluorescencePath
from sim.microscope.fluorescence.unknown import FluorescenceUnknown
from sim.microscope.options import MicroscopeOptions
from sim.microscope.rig import KIND
from sim.microscope.stand.mirror import MIRROR_SETTINGS

FORMS = {
    "one sample a pixel": {},
    "two samples a pixel": {"magnification": 40.0, "scene_um": 80.0},
}


def scope(**options: object) -> FluorescencePath:
    table = {"seed": 2, "height_px": 48, "width_px": 48, "scene_um": 40.1, **options}
    return FluorescencePath(MicroscopeOptions.model_validate(table))


def settings(binning: int = 1) -> dict[str, Value]:
    stood: dict[str, Value] = {"light.power_mw": 2.0, "camera.exposure_ms": 20.0}
    stood |= {"camera.binning": binning, "focus.z_um": 0.4}
    return stood | dict.fromkeys(MIRROR_SETTINGS, 10.0)


def shine(path: FluorescencePath, grid: tuple[int, int], top: int, left: int) -> torch.Tensor:
    """The scene's light around the middle, haze and all."""
    options = path.options
    rows = (np.arange(grid[0]) + top) % path.scene.shape[0]
    columns = (np.arange(grid[1]) + left) % path.scene.shape[1]
    cut = path.scene[np.ix_(rows, columns)] + np.float32(options.background)
    return torch.from_numpy(cut * np.float32(options.photons_per_uj))


def first(path: FluorescencePath, grid: tuple[int, int]) -> int:
    """Where the grid around the middle field begins in the scene."""
    pixels = 48 * path.options.samples_per_pixel
    return (path.scene.shape[0] - pixels) // 2 - (grid[0] - pixels) // 2


@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("binning", [1, 2])
def test_the_response_makes_the_rigs_own_frames(options: dict[str, object], binning: int) -> None:
    path = scope(**options)
    unknown = FluorescenceUnknown(path)
    stood = settings(binning)
    grid = unknown.grid([stood])
    values = torch.tensor(path.aberration_nm, dtype=torch.float64)
    answer = unknown.respond(values, stood, grid)
    begin = first(path, grid)
    spectrum = torch.fft.rfft2(shine(path, grid, begin, begin))
    light = torch.fft.irfft2(spectrum * answer.transfer[0], s=grid)
    found = (answer.sampling.sample(light[None])[0] + answer.even_e).numpy()
    there = {"stage.x_um": 0.0, "stage.y_um": 0.0, **stood}
    wanted = path.expected_electrons(there)
    wanted = wanted.reshape(48 // binning, binning, 48 // binning, binning).sum(axis=(1, 3))
    assert found.shape == unknown.frame_shape(stood)
    assert np.abs(found - wanted).max() < 0.02 * wanted.mean()


def test_what_is_finished_opens_and_shows_the_same_frames(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = scope()
    unknown = FluorescenceUnknown(path)
    stood = settings()
    grid = unknown.grid([stood])
    places: list[dict[str, Value]] = [
        {"stage.x_um": 0.0, "stage.y_um": 0.0},
        {"stage.x_um": 100 * path.pitch_um, "stage.y_um": -80 * path.pitch_um},
    ]
    begin = first(path, grid)
    scenes = torch.stack(
        [shine(path, grid, begin, begin), shine(path, grid, begin - 80, begin + 100)]
    )
    done = unknown.finish(path.aberration_nm, scenes[:, None].numpy(), places, (1.0, 2.0))
    np.save(tmp_path / "scene.npy", done.scene)
    table = {"height_px": 48, "width_px": 48, "scene": "scene.npy", **done.options}
    again = FluorescencePath(KIND.options(table, tmp_path))
    for place in places:
        one, other = (some.expected_electrons({**place, **stood}) for some in (path, again))
        assert np.abs(one - other).max() < 0.03 * one.mean()


def test_what_cannot_be_fitted_is_said() -> None:
    assert KIND.optics is not None
    with pytest.raises(ValueError, match="phase"):
        KIND.optics(KIND.model.model_validate({"contrast": "phase"}))
    with pytest.raises(ValueError, match="bleaches"):
        KIND.optics(KIND.model.model_validate({"bleaching": True}))
