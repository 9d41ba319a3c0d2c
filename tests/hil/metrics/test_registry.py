"""Metrics by name: ours, and those of other packages, with the options that they take."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.errors import InputError
from hil.metrics import registry
from hil.metrics.registry import BUILT_IN, metric_names, metrics_of
from hil.noise import CameraNoise
from hil.spec import SessionFile, load_session_file
from tests.hil.small_session import RIG, SESSION

FRAMES = np.random.default_rng(0).integers(100, 400, (2, 1, 32, 32)).astype(np.uint16)


def ours(frames: Any, noise: Any, settings: Any, *, radius_px: float, mode: str = "a") -> float:
    return radius_px


def strange(frames: Any) -> float:
    return 0.0


class Point:
    """An entry point without a package."""

    def __init__(self, name: str, load: Callable[[], Any]) -> None:
        self.name = name
        self.load = load


def broken() -> Any:
    raise ImportError("no module\nnamed acme")


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        Point("acme", lambda: ours),
        Point("acme.strange", lambda: strange),
        Point("acme.broken", broken),
        Point("acme.number", lambda: 3),
        Point("brenner", lambda: strange),
    ]
    monkeypatch.setattr(
        importlib.metadata,
        "entry_points",
        lambda group: points if group == registry.ENTRY_POINTS else [],
    )


def file_of(tmp_path: Path, tables: str) -> SessionFile:
    (tmp_path / "rig.toml").write_text(RIG, encoding="utf-8")
    (tmp_path / "session.toml").write_text(SESSION + tables, encoding="utf-8")
    return load_session_file(tmp_path / "session.toml")


def test_all_of_ours_give_a_number_for_every_field(tmp_path: Path) -> None:
    tables = "".join(f'[[metric]]\nkind = "{kind}"\n' for kind in BUILT_IN)
    found = metrics_of(file_of(tmp_path, tables))
    assert [one.name for one in found] == list(BUILT_IN)
    for one in found:
        values = one.function(FRAMES, CameraNoise(0.5, 100, 1.6), {})
        assert values.shape == (2,) and np.isfinite(values).all(), one.name


def test_another_package_s_comes_by_its_entry_point(tmp_path: Path, installed: None) -> None:
    assert {"acme", "brenner"} <= set(metric_names())
    (found,) = metrics_of(
        file_of(tmp_path, '[[metric]]\nkind = "acme"\nname = "wide"\nradius_px = 3.5\n')
    )
    assert (found.name, found.options) == ("wide", {"radius_px": 3.5})
    assert found.function(FRAMES, None, {}, **found.options) == 3.5


def test_ours_go_before_those_of_the_same_name(tmp_path: Path, installed: None) -> None:
    (found,) = metrics_of(file_of(tmp_path, '[[metric]]\nkind = "brenner"\n'))
    assert found.function is not strange


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('kind = "brener"', "metric.0.kind: 'brener', did you mean 'brenner'?"),
        ('kind = "brenner"\nstep_pix = 3', "metric.0.step_pix: unknown key, did you mean 'step_px'?"),
        ('kind = "acme"', "metric.0: acme: missing a required argument: 'radius_px'"),
        ('kind = "acme"\nsize = 1', "metric.0.size: unknown key, allowed: kind, mode, name, radius_px"),
        ('kind = "acme.strange"', "'acme.strange' takes other arguments, allowed: (frames, noise,"),
        ('kind = "acme.broken"', "'acme.broken' cannot be loaded: ImportError: no module"),
        ('kind = "acme.number"', "'acme.number' is no function, but int"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_line(
    tmp_path: Path, installed: None, table: str, said: str
) -> None:
    file = file_of(tmp_path, f"[[metric]]\n{table}\n")
    with pytest.raises(InputError) as error:
        metrics_of(file)
    assert said in str(error.value) and str(error.value).startswith(str(file.path))
