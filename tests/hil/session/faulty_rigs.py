"""Small simulated rigs whose camera is spoilt on purpose, and short sessions on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class SmallRig:
    """A rig whose trials take a few milliseconds.

    Parameters
    ----------
    around
        The wrapped driver's table.
    noise
        The body of ``[noise]``.
    setup
        The body of ``[setup]``.
    search
        The body of ``[[search]]``.
    fields
        Bodies of the tables of so many fields.
    dark_adu
        What a pixel reads without light.
    patch_size
        For its frames.
    """

    around: str
    noise: str
    setup: str
    search: str
    fields: tuple[str, ...]
    dark_adu: int
    patch_size: int = 8

    def rig(self, *faults: str, seed: int = 1) -> str:
        """Give ``rig.toml`` with faults, each the body of a table."""
        tables = "".join(f"\n[[driver.fault]]\n{fault}\n" for fault in faults)
        return (
            f'name = "faulty"\ncamera = "camera"\n[[driver]]\nkind = "faulty"\nseed = {seed}\n'
            f"around = {{ {self.around} }}\n{tables}\n[noise]\n{self.noise}\n"
            + (f"[setup]\n{self.setup}\n" if self.setup else "")
        )

    def session(self, trials: int, n_fields: int, repeats: int) -> str:
        """Give ``session.toml``."""
        fields = ", ".join(f"{{ {field} }}" for field in self.fields[:n_fields])
        return (
            f'name = "faulty"\nrig = "rig.toml"\ntrials = {trials}\nseed = 3\n'
            f"[[search]]\n{self.search}\n[measure]\nrepeats = {repeats}\nfields = [{fields}]\n"
            f'[estimator]\nkind = "stationary"\npatch_size = {self.patch_size}\n'
            '[sampler]\nkind = "random"\n[constraints]\nmax_saturated_share = 0.01\n'
            f"[stop]\nfailures_in_a_row = {trials}\n"
        )


MICROSCOPE = SmallRig(
    'kind = "sim.microscope", seed = 1, height_px = 32, width_px = 32, scene_um = 90',
    'kind = "camera"\ngain_e_per_adu = 0.5\noffset_adu = 100\nread_noise_e = 1.6',
    '"light.power_mw" = 1.0',
    'setting = "focus.z_um"\nlow = -1\nhigh = 1',
    tuple(f'"stage.x_um" = {x}, "stage.y_um" = {y}' for y in (-10, 10) for x in (-20, 0, 20)),
    100,
)
LENSLESS = SmallRig(
    'kind = "sim.lensless", seed = 5, side_px = 32, scene = "natural"',
    'kind = "camera"\ngain_e_per_adu = 2.5\noffset_adu = 20\nread_noise_e = 5\nbit_depth = 12',
    "",
    'setting = "camera.exposure_ms"\nlow = 20\nhigh = 100',
    tuple(
        f'"pointing.x_mrad" = {x}, "pointing.y_mrad" = {y}'
        for y in (-300, 300)
        for x in (-300, 0, 300)
    ),
    20,
)
SPECTROMETER = SmallRig(
    'kind = "sim.hyperspectral", seed = 3, side_px = 32, bands = 2, scene = "leaves"',
    'kind = "camera"\ngain_e_per_adu = 5\noffset_adu = 40\nread_noise_e = 8\nbit_depth = 12',
    '"lamp.power_mw" = 20.0\n"camera.exposure_ms" = 50.0',
    'setting = "filter.width2_nm"\nlow = 10\nhigh = 60',
    tuple(f'"stage.x_mm" = {x}, "stage.y_mm" = {y}' for y in (-10, 10) for x in (-10, 0, 10)),
    40,
    4,
)
RIGS: dict[str, SmallRig] = {
    "microscope": MICROSCOPE,
    "lensless": LENSLESS,
    "spectrometer": SPECTROMETER,
}

# Each fault of frames, and the guard that is to name it.
EXPECTED: Sequence[tuple[str, str]] = (
    ("dark", "dark"),
    ("saturated", "saturated"),
    ("frozen", "identical"),
    ("duplicated", "identical"),
    ("identical_rows", "identical_rows"),
    ("cropped", "size"),
    ("byte_swapped", "byte_order"),
    ("not_integers", "not_integers"),
    ("nan", "nan"),
    ("bit_depth", "bit_depth"),
    ("shape_changes", "size"),
    ("frame_missing", "frame_count"),
    ("exposure_negative", "exposure"),
    ("exposure_nan", "exposure"),
    ("exposure_doubled", "exposure"),
)
