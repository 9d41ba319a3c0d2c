"""Tomography: what the tests that are the same for all rigs need to know."""

from __future__ import annotations

import torch

from sim.parts.rig import SimulatedRig
from tests.sim.cases import ImageCase, Images, SearchCase
from tests.sim.rigs import Settings


def scanner(rig: SimulatedRig, settings: Settings) -> Images:
    from sim.tomography.imager import scan_settings
    from sim.tomography.scenes import densities

    path, scan = rig.truth.path, scan_settings(settings)

    def counts(places: torch.Tensor) -> torch.Tensor:
        numbers = [int(number) for number, _ in places.tolist()]
        slices = torch.stack([torch.from_numpy(densities(path.sample(k))) for k in numbers])
        counted: torch.Tensor = path.scanner.expected_counts(slices.to(path.options.device), scan)
        return counted

    return counts


IMAGES = ImageCase(
    "tomography",
    "sim.tomography",
    {"bins": 32},
    {"source.current_ma": 0.01, "gantry.views": 16},
    scanner,
    [[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]],
    large={"bins": 512},
)

# sampling against the electronic noise of each reading
SEARCH = SearchCase("tomography", "gantry.views", {"source.voltage_kv": 80.0}, 16, 32, 8)
