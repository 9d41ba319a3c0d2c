"""What a frame of modes costs beyond what the modulator's own library takes, 1,024 x 1,024.

    python benchmarks/slm_frame.py [frames]

Eight Zernike modes over the pupil, a grating, a table; checked, wrapped, shown in memory, and read
back, alone and through a rig's limits; and what slmsuite's `set_phase` takes by itself.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import hil
from drivers.slm.kind import KIND

MODES = [f"z{j}_nm" for j in range(4, 12)]
TABLE = {
    "width_px": 1024,
    "height_px": 1024,
    "wavelength_nm": 633,
    "pupil": {"radius_px": 500},
    "grating": {"period_px": 8},
    "modes": MODES,
    "table": "levels.csv",
}


def seconds(work: Callable[[], object], n: int) -> str:
    took = []
    for _ in range(n):
        began = time.perf_counter()
        work()
        took.append(time.perf_counter() - began)
    return f"median {1e3 * np.median(took):.2f} ms, best {1e3 * min(took):.2f} ms"


def main(n: int) -> None:
    rng = np.random.default_rng(1)

    def values() -> dict[str, float]:
        return {f"slm.{mode}": float(rng.normal(0, 50)) for mode in MODES}

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        phases = 2 * np.pi * np.linspace(0, 1, 256) ** 1.2
        (folder / "levels.csv").write_text("\n".join(map(str, phases)), encoding="utf-8")
        checked = KIND.options({**TABLE, "modulator": {"kind": "memory"}}, folder)
        device = KIND.open(checked).devices["slm"]
        print("start and settle, in memory:", seconds(lambda: device.start(values()), n))
        print("read back of a mode:", seconds(lambda: device.read("slm.z4_nm"), n))
        print("read of the checksum:", seconds(lambda: device.read("slm.frame_crc32"), n))
        text = "\n".join(
            f"{key} = {value!r}" if not isinstance(value, dict) else inline(key, value)
            for key, value in {**TABLE, "modulator": {"kind": "memory"}}.items()
        )
        (folder / "rig.toml").write_text(
            f'name = "bench"\n[[driver]]\nkind = "slm"\n{text}\n', encoding="utf-8"
        )
        with hil.load_rig(folder / "rig.toml") as rig:
            print("rig.apply, all 8 modes:", seconds(lambda: rig.apply(values()), n))
        suite = KIND.options({**TABLE, "modulator": {"kind": "simulated"}}, folder)
        panel = suite.modulator.open(suite.modulator_options, suite.pupil.panel)
        frame = rng.integers(0, 256, (1024, 1024), dtype=np.uint8)
        print("slmsuite's own set_phase:", seconds(lambda: panel.show(frame), n))


def inline(key: str, table: dict[str, object]) -> str:
    return f"{key} = {{ " + ", ".join(f"{k} = {v!r}" for k, v in table.items()) + " }"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
