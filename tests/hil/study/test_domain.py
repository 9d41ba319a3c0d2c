from __future__ import annotations

import numpy as np
import pytest

from hil.study.domain import SIZES
from hil.study.domains import domain_names, find_domain


@pytest.mark.parametrize("name", domain_names())
def test_every_domain_shows_the_same_scenes_at_all_settings_and_holds_some_out(name: str) -> None:
    domain, size = find_domain(name), SIZES["tiny"]
    assert domain.name == name and len(domain.tasks) == 2
    first, second = domain.settings(2)
    shown = [domain.observe(setting, 1, size) for setting in (first, second)]
    for task in domain.tasks:
        one, other = (observed[task.name] for observed in shown)
        if task.kind == "label":
            assert np.array_equal(one.held.truth, other.held.truth)
        assert np.array_equal(one.held.scene, other.held.scene)
        assert not set(one.learn.scene.tolist()) & set(one.held.scene.tolist())
        assert len(one.learn.rows) == len(one.learn.truth) == len(one.learn.scene)
        assert np.isfinite(one.learn.rows).all() and one.frames.ndim in (3, 5)
    metrics = domain.metrics(first)
    assert all(np.isfinite(value) for value in metrics.values())
    assert set(metrics) == set(domain.metrics(second))


@pytest.mark.parametrize("name", domain_names())
def test_a_full_study_finds_a_truth_for_each_scene(name: str) -> None:
    domain = find_domain(name)
    for seen in domain.observe(domain.settings(2)[0], 0, SIZES["full"]).values():
        for side in (seen.learn, seen.held):
            assert len(side.rows) == len(side.truth) == len(side.scene)
