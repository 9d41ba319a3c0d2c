"""Why all information misses where it does: `python benchmarks/study_forms.py DOMAIN [SETTINGS]`.

`satellite`, `hyperspectral` or `led_array`, the settings of `hil study`, one seed, as frames show
them and with parts of the setting held. What decoders see (rows: a window of pixels and bands) is
taken for a Gaussian: bits of rows under the camera's noise, bits that they tell linearly about the
truth of values, and what a linear decoder restores on scenes that are held out. Bits of rows are a
Gaussian's: where light is uneven they are above what frames tell, and do not say how an estimator
that is right would rank settings.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from drivers.types import Floats
from hil.information.estimate import estimate_information
from hil.study.cell import AREA, form_of, patch_of
from hil.study.domain import SIZES, Domain, Observed
from hil.study.domains import find_domain
from hil.study.domains.hyperspectral import AXES
from hil.study.family import family

HELD: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "satellite": {
        "as in the study": {},
        "one band, 660 nm": {"filter.centre_nm": 660.0},
        "one band, one binning": {"filter.centre_nm": 660.0, "camera.binning": 1},
    },
    "hyperspectral": {
        "as in the study": {},
        "four bands": {"bands": 4},
        "four bands over all wavelengths": {"bands": 4, "first_nm": 480.0, "last_nm": 850.0},
    },
    "led_array": {
        "as in the study": {},
        "a disc, in place of a ring": {"led.inner_na": 0.0},
        "in focus": {"focus.z_um": 0.0},
    },
}
COLUMNS = ("bits per area", "bits of rows", "bits of rows about the truth", "restored, dB")


def _log_det(covariance: Floats) -> float:
    return float(np.linalg.slogdet(covariance)[1])


def figures(one: Observed) -> list[float]:
    """Bits per area, of rows, of rows about the truth; and dB by a linear decoder."""
    found = estimate_information(one.frames, one.noise, one.estimator, patch_of(one))
    gain = one.noise.gain_e_per_adu
    rows, others = ((side.rows - one.noise.offset_adu) * gain for side in (one.learn, one.held))
    own = one.noise.read_noise_e**2 + gain**2 / 12
    scale = np.sqrt(np.maximum(rows.mean(axis=0), 0) + own)
    mean, centre = rows.mean(axis=0), one.learn.truth.mean(axis=0)
    x, z = (rows - mean) / scale, (others - mean) / scale
    t, u = one.learn.truth - centre, one.held.truth - centre
    covariance = np.cov(x, rowvar=False)
    bits = 0.5 * np.log2(np.maximum(np.linalg.eigvalsh(covariance), 1)).sum()
    cross = x.T @ t / (len(x) - 1)
    weights = np.linalg.solve(covariance + 1e-3 * np.eye(len(covariance)), cross)
    prior = np.cov(t, rowvar=False) + 1e-12 * np.eye(t.shape[1])
    rest = prior - cross.T @ weights + 1e-6 * np.trace(prior) / len(prior) * np.eye(len(prior))
    prior = prior + 1e-6 * np.trace(prior) / len(prior) * np.eye(len(prior))
    about = 0.5 * (_log_det(prior) - _log_det(rest)) / math.log(2)
    decibel = -10 * math.log10(((z @ weights - u) ** 2).mean() / (u**2).mean())
    return [form_of(found.bits_per_pixel, one)[AREA], float(bits), about, decibel]


def _table(domain: Domain, n: int, held: Mapping[str, Any]) -> Floats:
    task = next(task for task in domain.tasks if task.kind == "value")
    rows = []
    drawn = family(AXES, n) if domain.name == "hyperspectral" else domain.settings(n)
    for setting in drawn:
        observed = domain.observe({**setting, **held}, 0, SIZES["small"])
        rows.append(figures(observed[task.name]))
    return np.array(rows)


def main() -> None:
    """Print rank correlations with what is restored."""
    name, n = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 24
    for words, held in HELD[name].items():
        table = _table(find_domain(name), n, held)
        low, high = table[:, 3].min(), table[:, 3].max()
        print(f"{words}: {n} settings, {low:.1f} to {high:.1f} dB restored")
        for column, values in zip(COLUMNS[:3], table.T[:3], strict=True):
            print(f"  {column}: {spearmanr(values, table[:, 3]).statistic:.2f}", flush=True)


if __name__ == "__main__":
    main()
