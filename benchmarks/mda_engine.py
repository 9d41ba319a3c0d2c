"""Sequences by pymmcore-plus' engine and by the rig: time an image, and what is said of faults.

    python benchmarks/mda_engine.py [SEQUENCES]

On Micro-Manager's demo devices: two channels in two planes of 5 and 10 ms, 64 x 64 pixels. Faults
are what a bench meets: a preset that is gone, a stage whose answer never comes right, a
camera that does not expose.
"""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from pymmcore_plus import CMMCorePlus
from pymmcore_plus.mda import MDAEngine
from useq import MDASequence

import hil
from hil.clock import SystemClock
from hil.rig.capture import Capture
from hil.session.sequence.planes import read_planes

EXAMPLE = Path(__file__).parents[1] / "examples" / "sequence"


def by_rig(n: int) -> float:
    """Seconds an image."""
    rig = hil.load_rig(EXAMPLE / "rig.toml")
    try:
        where = EXAMPLE / "session.toml"
        _, planes = rig.run(lambda: read_planes("channels.json", "Camera", rig.safety, where))
        setup = rig.spec.setup
        capture = Capture(
            rig.safety, rig.camera, [{}], 1, 10.0, SystemClock(), setup, planes=planes
        )
        rig.run(capture.set_up)
        rig.run(lambda: capture.apply({}))
        rig.run(lambda: capture.field(0))
        took = []
        for _ in range(n):
            rig.run(lambda: capture.apply({}))
            began = time.perf_counter()
            rig.run(lambda: capture.field(0))
            took.append(time.perf_counter() - began)
        return float(np.median(took)) / len(planes)
    finally:
        rig.close()


def core() -> CMMCorePlus:
    """Load the demo devices as the rig sets them up."""
    found = CMMCorePlus()
    found.loadSystemConfiguration("MMConfig_demo.cfg")
    found.setROI(0, 0, 64, 64)
    return found


def sequence() -> MDASequence:
    """Read the example's."""
    return MDASequence.model_validate(json.loads((EXAMPLE / "channels.json").read_text("utf-8")))


def engine_run(mmc: CMMCorePlus, asked: MDASequence) -> tuple[int, float, str]:
    """Run a sequence; images that came, seconds, and the error that was raised, if any."""
    mmc.mda.set_engine(MDAEngine(mmc, use_hardware_sequencing=False, restore_initial_state=False))
    images: list[Any] = []
    mmc.mda.events.frameReady.connect(lambda image, event: images.append(image))
    began = time.perf_counter()
    try:
        mmc.mda.run(asked)
    except Exception as error:
        return len(images), time.perf_counter() - began, f"{type(error).__name__}: {error}"
    return len(images), time.perf_counter() - began, "nothing"


def preset_gone(mmc: CMMCorePlus) -> None:
    """Delete one of the two channels."""
    mmc.deleteConfig("Channel", "FITC")


def stage_elsewhere(mmc: CMMCorePlus) -> None:
    """Let the focus stage be told, and not move."""
    mmc.setPosition = lambda *args: None  # type: ignore[method-assign]
    mmc.setZPosition = lambda *args: None  # type: ignore[method-assign]


def no_exposure(mmc: CMMCorePlus) -> None:
    """Let the camera fail each exposure."""

    def fails() -> None:
        raise RuntimeError("the camera does not answer")

    mmc.snapImage = fails  # type: ignore[method-assign]


FAULTS: dict[str, Callable[[CMMCorePlus], None]] = {
    "a preset is gone": preset_gone,
    "the stage does not move": stage_elsewhere,
    "the camera does not expose": no_exposure,
}


def main() -> None:
    logging.disable(logging.CRITICAL)
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    asked = sequence()
    mmc = core()
    engine_run(mmc, asked)
    took = [engine_run(mmc, asked)[1] / 4 for _ in range(n)]
    print(f"engine: {1e3 * float(np.median(took)):.1f} ms an image of 7.5 ms")
    print(f"rig:    {1e3 * by_rig(n):.1f} ms an image of 7.5 ms, each setting read back")
    for fault, spoil in FAULTS.items():
        mmc = core()
        spoil(mmc)
        images, _, said = engine_run(mmc, asked)
        print(f"engine, {fault}: {images} of 4 images, raised: {said}")


if __name__ == "__main__":
    main()
