"""Photon transfer on cameras whose numbers are known: how near, and whether intervals hold them.

    python benchmarks/calibration.py [DRAWS] [demo|microscope|odd ...]

``demo`` is Micro-Manager's demo camera in its mode ``Noise``: a flat field, lit by exposure alone,
dark at no exposure. ``microscope`` is the simulated one with its static, structured scene. Each
draw has a gain and a read noise of its own, the latter from 0.5 to 30 ADU. ``odd`` are the cameras
of `odd_cameras`: two gains, a response that bends, digital gain, shifted bits.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import odd_cameras

from drivers.protocol import Camera, Connection, Device
from drivers.types import Value
from hil.calibration import CameraCalibration, PhotonTransfer

DEFAULT_DRAWS = 50
DARK_FRAMES, LEVELS, FRAMES_A_LEVEL = 8, 8, 4
SIDE_PX = 256
SETTLE_S = 5.0


class Truth(NamedTuple):
    """What a camera was made to be."""

    gain_e_per_adu: float
    read_noise_e: float


class Case(NamedTuple):
    """What one draw gave."""

    truth: Truth
    found: CameraCalibration


def main(words: list[str]) -> None:
    draws = int(words.pop(0)) if words and words[0].isdigit() else DEFAULT_DRAWS
    names = words or ["demo", "microscope", "odd"]
    if "odd" in names:
        for line in odd_cameras.report(draws):
            print(line, flush=True)
    names = [name for name in names if name != "odd"]
    if not names:
        return
    cameras: dict[str, Callable[[int], Iterator[Case]]] = {"demo": demo, "microscope": microscope}
    print(
        f"{DARK_FRAMES} dark frames and {LEVELS} levels of {FRAMES_A_LEVEL}, {SIDE_PX} x {SIDE_PX}"
    )
    print("camera      number      rms error  worst   rms sd  in 95 % interval  of")
    for name in names:
        cases = list(cameras[name](draws))
        report(name, "gain", [c.truth.gain_e_per_adu for c in cases], cases, "gain_e_per_adu")
        report(name, "read noise", [c.truth.read_noise_e for c in cases], cases, "read_noise_e")
        said = Counter(text for case in cases for text in case.found.problems)
        for text, count in said.items():
            print(f"    problem in {count} draws: {text}")


def report(camera: str, number: str, truths: list[float], cases: list[Case], key: str) -> None:
    truth = np.array(truths)
    value = np.array([getattr(case.found, key) for case in cases])
    sd = np.array([getattr(case.found, f"{key}_sd") for case in cases])
    error = value / truth - 1
    held = int((abs(value - truth) <= 1.96 * sd).sum())
    print(
        f"{camera:<11} {number:<11} {np.sqrt((error**2).mean()):9.3%} {abs(error).max():7.3%} "
        f"{np.sqrt(((sd / truth) ** 2).mean()):7.3%} {held:17d}  {len(truth)}",
        flush=True,
    )


def demo(draws: int) -> Iterator[Case]:
    from drivers.micromanager.kind import KIND

    with closing(KIND.open(KIND.options({}, Path()))) as connection:
        camera = camera_of(connection, "Camera")
        region = {"region_width_px": SIDE_PX, "region_height_px": SIDE_PX}
        apply(camera, {"Camera.Mode": "Noise", "Camera.PixelType": "16bit", "Camera.BitDepth": 16})
        apply(camera, {f"Camera.{name}": value for name, value in region.items()})
        for draw in range(draws):
            rng = np.random.default_rng(draw)
            gain = float(np.round(np.exp(rng.uniform(np.log(0.05), np.log(10))), 3))
            read_adu = np.exp(rng.uniform(np.log(max(0.5, 0.25 / gain)), np.log(30)))
            truth = Truth(gain, float(np.round(min(read_adu * gain, 50.0), 3)))
            brightest_e = 50_000 * gain
            flux = min(brightest_e / 10, 5000.0)
            noise: dict[str, Value] = {
                "Camera.Photon Conversion Factor": truth.gain_e_per_adu,
                "Camera.ReadNoise (electrons)": truth.read_noise_e,
                "Camera.Photon Flux": flux,
            }
            apply(camera, noise)
            transfer = PhotonTransfer(16)
            apply(camera, {"Camera.exposure_ms": 0.0})
            transfer.add(take(camera, DARK_FRAMES), 0.0, 0.0, dark=True)
            # A Gaussian stands for Poisson's distribution there: below some 30 electrons it is cut
            # off.
            for electrons in np.geomspace(max(30.0, brightest_e / 300), brightest_e, LEVELS):
                apply(camera, {"Camera.exposure_ms": float(electrons / flux)})
                exposure_ms = float(camera.read("Camera.exposure_ms"))
                transfer.add(take(camera, FRAMES_A_LEVEL), exposure_ms, flux)
            yield Case(truth, transfer.fit())


def microscope(draws: int) -> Iterator[Case]:
    from sim.microscope.rig import KIND

    for draw in range(draws):
        rng = np.random.default_rng(draw)
        gain = float(np.exp(rng.uniform(np.log(0.1), np.log(8))))
        truth = Truth(gain, gain * float(np.exp(rng.uniform(np.log(0.5), np.log(30)))))
        table = {
            "seed": draw,
            "gain_e_per_adu": truth.gain_e_per_adu,
            "read_noise_e": truth.read_noise_e,
            "full_well_e": 1e7,
            "photons_per_uj": 10_000 * gain / 2000,  # 10,000 ADU at 10 mW in 100 ms, about
            "height_px": SIDE_PX,
            "width_px": SIDE_PX,
        }
        with closing(KIND.open(KIND.options(table, Path()))) as connection:
            camera, light = camera_of(connection, "camera"), connection.devices["light"]
            transfer = PhotonTransfer(16)
            apply(camera, {"camera.exposure_ms": 0.1})
            transfer.add(take(camera, DARK_FRAMES), 0.1, 0.0, dark=True)
            apply(light, {"light.power_mw": 10.0})
            for exposure_ms in np.geomspace(1.0, 100.0, LEVELS).tolist():
                apply(camera, {"camera.exposure_ms": exposure_ms})
                transfer.add(take(camera, FRAMES_A_LEVEL), exposure_ms, 10.0)
            yield Case(truth, transfer.fit())


def camera_of(connection: Connection, label: str) -> Camera:
    camera = connection.devices[label]
    assert isinstance(camera, Camera)
    return camera


def apply(device: Device, values: dict[str, Value]) -> None:
    device.start(values)
    device.settle(SETTLE_S)


def take(camera: Camera, n: int) -> np.ndarray:
    return np.stack([frame.pixels for frame in camera.capture(n, SETTLE_S)])


if __name__ == "__main__":
    main(sys.argv[1:])
