"""A script for Micro-Manager's engine, on a simulated microscope: two fields, five planes each."""

from pathlib import Path

import numpy as np
import useq

from hil.rig.shared_core import micromanager_core

sequence = useq.MDASequence(
    stage_positions=[(0, 0, 0), (10, 0, 0)],
    z_plan={"range": 4, "step": 1},
    axis_order="pz",
)
frames = []
with micromanager_core(Path(__file__).with_name("rig.toml")) as core:
    core.mda.events.frameReady.connect(lambda image, event, _: frames.append((event, image)))
    core.mda.run(sequence)

contrast: dict[float, float] = {}
for event, image in frames:
    spread = float(np.var(np.diff(image.astype(float))))
    contrast[event.z_pos] = contrast.get(event.z_pos, 0) + spread
sharpest_um = max(contrast, key=contrast.__getitem__)
print(f"{len(frames)} frames, sharpest at {sharpest_um:g} um")
