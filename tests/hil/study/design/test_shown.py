"""Problems that show the study's own scenes one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hil.study.design import find_problem
from hil.study.design.information import _expected_bits
from hil.study.design.problem import Climb
from hil.study.domain import SIZES
from hil.study.family import Span

SIZE = SIZES["tiny"]
MOVED: dict[str, dict[str, Any]] = {
    "hyperspectral": {"bands": 3},
    "led_array": {"outer_na": 0.12, "inner_share": 0.3, "z_um": 6.0},
    "microscope": {"camera.binning": 2},
    "satellite": {"camera.binning": 2},
    "tomography": {"gantry.views": 8, "detector.binning": 4},
}

TEXTURES = {("led_array", "label"), ("microscope", "label")}


@pytest.mark.parametrize("domain", MOVED)
def test_expected_frames_are_those_that_the_study_draws(domain: str) -> None:
    problem: Any = find_problem(domain).drawn(1, SIZE)
    setting = {**problem.conventional, **MOVED[domain]}
    with torch.no_grad():
        rendered = problem.rendered(setting)
    observed = problem.domain.observe(setting, 1, SIZE)
    noise = rendered.noise
    for task in problem.domain.tasks:
        learnt, side = problem.learnt(task), observed[task.name].learn
        place = learnt.light[:, 0].astype(int)
        assert sorted(place) == list(range(len(place)))
        # the study may show more, turned land say; its first rows are these
        assert np.array_equal(learnt.truth, side.truth[: len(place)][place])
        shown = problem.electrons(rendered, task, torch.from_numpy(learnt.light)).double()
        made = domain == "tomography" or (domain, task.kind) in TEXTURES
        if made:  # decoders see what is made of frames
            scans = observed[task.name].frames[place]
        else:
            scans = side.rows[: len(place)][place]
        expected = shown.flatten(1).numpy()
        found = (scans.reshape(len(scans), -1) - noise.offset_adu) * noise.gain_e_per_adu
        own = noise.read_noise_e**2 + noise.gain_e_per_adu**2 / 12
        assert ((found - expected) ** 2 / (expected + own)).mean() == pytest.approx(1, abs=0.1)
        taken = torch.from_numpy(found).reshape(shown.shape)
        seen, rows = problem.seen(rendered, task, taken).numpy(), side.rows[: len(place)][place]
        if not made:
            rows = (rows - noise.offset_adu) * noise.gain_e_per_adu
        # weights of the mean that was expected, and of that which was found, differ by its noise
        about = [values - values.mean(axis=0) for values in (seen, rows)]
        if (domain, task.kind) in TEXTURES:
            about[1] /= about[1].std(axis=0)
            assert about[0] == pytest.approx(about[1], abs=1e-3)
        assert np.corrcoef(about[0].ravel(), about[1].ravel())[0, 1] > 0.99


@pytest.mark.parametrize("domain", MOVED)
def test_frames_have_gradients_by_every_continuous_setting(domain: str) -> None:
    problem: Any = find_problem(domain).drawn(0, SIZE, 20)
    climb = _climb(problem, domain)
    at = torch.full((len(climb.free),), 0.4, dtype=torch.float64, requires_grad=True)
    light = torch.from_numpy(problem.learnt(problem.domain.tasks[0]).light)
    # a third each of cells, fibres and blobs, where fields are rendered one by one
    assert len(light) == (18 if domain == "microscope" else 20)
    rendered = problem.rendered(climb.setting(at))
    seen = problem.electrons(rendered, problem.domain.tasks[0], light).double()
    (seen.std() / seen.mean()).backward()
    assert at.grad is not None and bool((at.grad.abs() > 0).all())


@pytest.mark.parametrize("domain", MOVED)
def test_gradients_are_those_of_finite_differences(domain: str) -> None:
    problem: Any = find_problem(domain).drawn(0, SIZE, 20)
    climb, step = _climb(problem, domain), 1e-3
    lights = {t.name: torch.from_numpy(problem.learnt(t).light) for t in problem.domain.tasks}

    def bits(u: torch.Tensor) -> torch.Tensor:
        return _expected_bits(problem, lights, climb.setting(u))

    at = torch.full((len(climb.free),), 0.4, dtype=torch.float64, requires_grad=True)
    (found,) = torch.autograd.grad(bits(at), at)
    with torch.no_grad():
        ways = step * torch.eye(len(at), dtype=torch.float64)
        known = torch.stack([(bits(at + way) - bits(at - way)) / (2 * step) for way in ways])
    assert found.tolist() == pytest.approx(
        known.tolist(), rel=0.02, abs=0.01 * float(known.abs().max())
    )


def _climb(problem: Any, domain: str) -> Climb:
    free = {name: axis for name, axis in problem.axes.items() if isinstance(axis, Span)}
    chosen = {name: axis[0] for name, axis in problem.axes.items() if name not in free}
    moved = {name: value for name, value in MOVED[domain].items() if name not in free}
    return Climb(chosen | moved, free)


def test_line_integrals_of_another_draw_are_made_anew() -> None:
    problem: Any = find_problem("tomography")
    setting = {**problem.conventional, **MOVED["tomography"]}
    one, other = (problem.drawn(seed, SIZE, 5).rendered(setting).values for seed in (0, 1))
    assert one.shape == other.shape == (5, 8, 12)
    assert not torch.equal(one, other)
