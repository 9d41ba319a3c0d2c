from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.errors import InputError
from hil.study.design import designable, find_problem
from hil.study.domain import SIZES
from hil.study.domains import domain_names


def test_expected_frames_are_those_that_the_study_draws_and_held_out_scenes_are_not_shown() -> None:
    size = SIZES["tiny"]
    problem = find_problem("lensless").drawn(1, size)
    setting = problem.conventional
    with torch.no_grad():
        rendered = problem.rendered(setting)
    observed = problem.domain.observe(setting, 1, size)
    for task in problem.domain.tasks:
        learnt = problem.learnt(task)
        assert np.array_equal(learnt.truth, observed[task.name].learn.truth)
        seen = problem.electrons(rendered, task, torch.from_numpy(learnt.light)).numpy()
        noise = rendered.noise
        codes = observed[task.name].frames
        found = (codes.astype(float) - noise.offset_adu) * noise.gain_e_per_adu
        expected = seen.mean(axis=0)
        error = np.sqrt((seen.mean() + noise.read_noise_e**2) / len(codes))
        assert np.abs(found.mean(axis=0) - expected).mean() < 1.5 * error


def test_every_domain_has_designs_and_another_is_refused() -> None:
    assert designable() == tuple(sorted(domain_names()))
    with pytest.raises(InputError, match="planted has no designs yet; allowed: hyperspectral, l"):
        find_problem("planted")
