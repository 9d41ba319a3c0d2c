"""What the unknowns do, against the simulator itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from drivers.types import Value
from sim.parts.unknown import Settings
from sim.satellite.options import SatelliteOptions
from sim.satellite.path import SatellitePath
from sim.satellite.unknown import HAZE, OFFSET, SCALE, SHUTTER, SatelliteUnknown

SIDE = 48
PLACE: dict[str, Value] = {"pointing.along_km": 0.31, "pointing.across_km": -0.42}
SETTINGS: dict[str, Value] = {
    **{"telescope.focus_um": 12.0, "filter.centre_nm": 560.0, "filter.width_nm": 60.0},
    **{"camera.line_rate_khz": 0.35, "camera.exposure_ms": 2.0},
    **{"camera.gain": "low", "camera.binning": 1},
}


def path(**options: float) -> SatellitePath:
    return SatellitePath(SatelliteOptions(side_px=SIDE, seed=5, **options))  # type: ignore[arg-type]


def both(**moved: float) -> list[Settings]:
    """Trials that tell all there is to tell."""
    others = [{"telescope.focus_um": -20.0, "camera.exposure_ms": 1.0}, {"telescope.focus_um": 5.0}]
    return [SETTINGS | moved, *(SETTINGS | other for other in others)]


def test_focus_and_shutter_are_off_by_what_the_options_say() -> None:
    off = path(focus_offset_um=20.0, focus_scale=0.5, exposure_offset_ms=0.1)
    really = {**SETTINGS, **PLACE, "telescope.focus_um": 26.0, "camera.exposure_ms": 2.1}
    there = path().expected_electrons(really)
    np.testing.assert_array_equal(off.expected_electrons({**SETTINGS, **PLACE}), there)


def test_a_finished_rig_shows_what_its_scene_and_unknowns_foretell() -> None:
    blank = SatelliteUnknown(path())
    grid = blank.grid(both())
    values = torch.tensor([9.0, 0.8, 0.05], dtype=torch.float64)
    rng = np.random.default_rng(0)
    rough = np.fft.rfft2(rng.standard_normal(grid))
    fy, fx = np.fft.fftfreq(grid[0])[:, None], np.fft.rfftfreq(grid[1])[None, :]
    soft = np.fft.irfft2(rough * np.exp(-((fy**2 + fx**2) / 0.02)), s=grid)
    scene = (0.3 + 0.05 * soft / soft.std()).astype(np.float32)[None, None]
    answer = blank.respond(values, SETTINGS, grid)
    spectrum = torch.fft.rfft2(torch.from_numpy(scene[0]))
    image = torch.fft.irfft2(spectrum * answer.transfer, s=grid)[0]
    wanted = (answer.sampling.sample(image) + answer.even_e).numpy()
    floor = (float(scene.min()), float(scene.min()))
    done = blank.finish(values.tolist(), scene, [PLACE], floor)
    assert [done.options[name] for name in (OFFSET, SCALE, SHUTTER)] == [9.0, 0.8, 0.05]
    again = path(**{name: float(value) for name, value in done.options.items()})
    again.scene = done.scene  # type: ignore[misc]
    found = again.expected_electrons({**SETTINGS, **PLACE})
    inner = (slice(4, -4), slice(4, -4))  # around a field nobody knows the ground
    off = (found - wanted)[inner]
    assert np.sqrt(np.mean(off**2)) < 0.02 * wanted.std()
    assert abs(off.mean()) < 2e-3 * wanted.mean()


def test_haze_is_what_the_darkest_place_allows() -> None:
    hazy = path(haze=0.4)
    blank = SatelliteUnknown(path(haze=0.1))
    grid = blank.grid(both())
    hazy.scene = np.zeros((4, 256, 256), np.float32)  # type: ignore[misc]
    black = float(hazy.expected_electrons({**SETTINGS, **PLACE}).mean())
    answer = blank.respond(torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64), SETTINGS, grid)
    floor = (black - float(answer.even_e)) / float(answer.transfer[0, 0, 0].real)
    land = np.full((1, 1, *grid), floor + 0.1, np.float32)
    (told,) = blank.finish([0.0, 1.0, 0.0], land, [PLACE], (floor, floor)).told
    assert told.name == HAZE and told.value == pytest.approx(0.4, rel=1e-3)


def test_gradients_are_those_of_finite_differences() -> None:
    blank = SatelliteUnknown(path())
    grid = blank.grid(both())

    def power(values: torch.Tensor) -> torch.Tensor:
        answer = blank.respond(values, SETTINGS, grid)
        return answer.transfer.abs().to(torch.float64).square().mean()

    at = torch.tensor([7.3, 0.9, 0.01], dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(power(at), at)
    for number, step in enumerate((0.5, 0.02, 0.01)):
        ahead, behind = at.detach().clone(), at.detach().clone()
        ahead[number] += step
        behind[number] -= step
        difference = (power(ahead) - power(behind)) / (2 * step)
        assert float(slope[number]) == pytest.approx(float(difference), rel=0.03)


@pytest.mark.parametrize(
    ("name", "value"), [("filter.centre_nm", 660.0), ("camera.line_rate_khz", 0.5)]
)
def test_another_band_or_line_rate_shows_another_scene(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} moved"):
        SatelliteUnknown(path()).grid(both(**{name: value}))


@pytest.mark.parametrize("binning", [2, 4])
def test_binned_pixels_are_sums_of_pixels(binning: int) -> None:
    blank = SatelliteUnknown(path())
    grid = blank.grid(both())
    scene = torch.rand(1, *grid, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values = torch.tensor([3.0, 0.9, 0.02], dtype=torch.float64)

    def image(each: int) -> torch.Tensor:
        answer = blank.respond(values, {**SETTINGS, "camera.binning": each}, grid)
        light = torch.fft.irfft2(torch.fft.rfft2(scene) * answer.transfer, s=grid)[0]
        return answer.sampling.sample(light) + answer.even_e

    side = SIDE // binning
    sums = image(1).reshape(side, binning, side, binning).sum(dim=(1, 3))
    assert blank.frame_shape({**SETTINGS, "camera.binning": binning}) == (side, side)
    torch.testing.assert_close(image(binning), sums, rtol=1e-6, atol=0)


def test_binning_that_moves_and_further_unknowns_are_refused() -> None:
    blank = SatelliteUnknown(path())
    with pytest.raises(ValueError, match=r"camera.binning moved \(1 to 2\)"):
        blank.grid([*both(), {**SETTINGS, "camera.binning": 2}])
    with pytest.raises(ValueError, match="blur_nm"):
        blank.with_further(["blur_nm"])
    with pytest.raises(ValueError, match="known scene"):
        blank.with_further([], scene_known=True)


def test_settings_that_stand_still_tell_nothing() -> None:
    with pytest.raises(ValueError, match=r"telescope.focus_um took 1 .* 3 or more"):
        SatelliteUnknown(path()).grid([SETTINGS] * 4)
    alike = [{**one, "camera.exposure_ms": 1.0} for one in both()]
    with pytest.raises(ValueError, match=r"camera.exposure_ms took 1 .* 2 or more"):
        SatelliteUnknown(path()).grid(alike)
