from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import InputError
from hil.information.densities.neural.network import NetworkShape
from hil.information.densities.neural.training import Schedule
from hil.information.estimate import estimate_information
from hil.information.estimators.pixelcnn import PixelCNN
from hil.study.audit import audit, auditors
from hil.study.cache import CellCache
from hil.study.domain import Observed, Setting, Size
from hil.study.domains import domain_names, find_domain
from hil.study.prediction import Prediction
from hil.study.tables import audit_rows
from tests.hil.study.planted_domain import SMALL, Planted

SIZE = replace(SMALL, audited=3)


class Pictures(Planted):
    def observe(self, setting: Setting, seed: int, size: Size) -> Mapping[str, Observed]:
        found = dict(super().observe(setting, seed, size))
        one = found["strength"]
        sides = (replace(side, image=(1, 6, 6)) for side in (one.learn, one.held))
        found["strength"] = replace(one, **dict(zip(("learn", "held"), sides, strict=True)))
        return found


def _density(bits: list[float]) -> Any:
    class Found:
        bits_per_pixel = 0.0

    def estimate(frames: Any, noise: Any, estimator: str, patch_size: int) -> Found:
        assert estimator == "pixelcnn" and patch_size == 4
        one = Found()
        one.bits_per_pixel = bits.pop(0)
        return one

    return estimate


def test_settings_are_spread_over_ranks_and_never_more_than_there_are() -> None:
    values = np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    assert auditors.spread_over(values, 3) == [1, 4, 0]
    assert auditors.spread_over(values, 9) == [1, 3, 4, 2, 0]


def test_auditors_are_asked_once_and_their_ranks_compared(
    found: Prediction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditors, "estimate_information", _density([0.3, 0.2, 0.5]))
    monkeypatch.setattr(auditors, "_EPOCHS", 2)
    domain, lines = Pictures(), list[str]()
    first = audit(domain, SIZE, found, CellCache(tmp_path, ""), lines.append)
    assert first is not None and first.numbers == [0, 2, 4] and len(lines) == 3
    assert first.pixelcnn == pytest.approx([36 * 0.3, 36 * 0.2, 36 * 0.5])
    assert first.agreement == pytest.approx(0.5) and list(first.tasks) == ["strength"]
    one = first.tasks["strength"]
    assert one.scores[2] > one.scores[0] and one.decoders[2] > one.decoders[0]
    asked = domain.asked
    again = audit(domain, SIZE, found, CellCache(tmp_path, ""), lines.append)
    assert again == first and domain.asked == asked
    said = list(audit_rows(domain, first))
    assert len(said) == 2 and "0.50" in said[0] and "strength by a U-Net" in said[1]


def test_the_auditors_themselves_work_and_see_what_is_there(
    found: Prediction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditors, "_EPOCHS", 2)  # of the U-Net; the density stops by itself
    size = replace(SIZE, audited=2)
    one = audit(Pictures(), size, found, CellCache(tmp_path, ""), lambda line: None)
    assert one is not None and one.refused == "" and one.numbers == [0, 4]
    # of one number times a pattern, under unit noise; the density is a bound, held out
    pattern = np.cos(np.arange(36)) / 4
    known = [0.5 * np.log2(1 + strength**2 * (pattern**2).sum()) for strength in (0.3, 3.0)]
    assert one.pixelcnn[0] > known[0] and one.pixelcnn[1] > known[1]
    assert one.pixelcnn[1] > one.pixelcnn[0] + 1
    assert one.agreement == pytest.approx(1.0) and set(one.tasks) == {"strength"}
    assert one.tasks["strength"].agreement == pytest.approx(1.0)


@pytest.mark.parametrize("name", domain_names())
def test_auditors_take_what_every_domain_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def soon(frames: Any, noise: Any, estimator: str, patch_size: int) -> Any:
        assert estimator == "pixelcnn"
        # any network: what is asked is whether each domain's frames and pictures go in
        shape = NetworkShape(patch_size, features=4, layers=1, units=8, components=2)
        return estimate_information(frames, noise, PixelCNN(shape, Schedule(steps=5)), patch_size)

    monkeypatch.setattr(auditors, "estimate_information", soon)
    monkeypatch.setattr(auditors, "_EPOCHS", 1)
    domain, size = find_domain(name), Size(4, 1, 48, 32, 10, audited=1)
    setting = domain.settings(1)[0]
    cell = auditors._measure(domain, setting, size)
    assert cell["refused"] == "" and np.isfinite(cell["information"][domain.best_form])
    observed = domain.observe(setting, 0, size)
    pictured = [task.name for task in domain.tasks if observed[task.name].learn.image is not None]
    assert pictured
    for task in pictured:
        assert np.isfinite([cell[task]["unet"], cell[task]["decoders"]]).all()


def test_a_density_that_refuses_says_why(
    found: Prediction, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise InputError("frames", "", "are too few")

    monkeypatch.setattr(auditors, "estimate_information", refuse)
    one = audit(Planted(), SIZE, found, CellCache(tmp_path, ""), lambda line: None)
    assert one is not None and np.isnan(one.agreement) and "too few" in one.refused
    assert "refused" in next(audit_rows(Planted(), one)) and not one.tasks


def test_small_studies_have_none(found: Prediction, tmp_path: Path) -> None:
    cells = CellCache(tmp_path, "")
    assert audit(Planted(), SMALL, found, cells, lambda line: None) is None
