"""What is asked for next: a star, then the model, then elsewhere where nothing comes of it."""

from __future__ import annotations

import numpy as np
from optuna.distributions import CategoricalDistribution, FloatDistribution

from drivers.types import Floats
from hil.proposer.auto.observations import Observations
from hil.proposer.auto.search import Search
from hil.proposer.auto.space import UnitSpace
from hil.proposer.auto.start import REACH, start_points

SPACE = UnitSpace({"a": FloatDistribution(0, 1), "b": FloatDistribution(0, 1)})
MIDDLE = np.array([0.5, 0.5])
STAR = start_points(SPACE, MIDDLE, 1, REACH)


def search(points: Floats, values: Floats, pending: Floats, space: UnitSpace = SPACE) -> Search:
    n, width = len(points), space.n_columns
    seen = Observations(
        points=points.reshape(n, width),
        values=values.reshape(n, 1),
        sd=np.full(n, 0.01),
        fields=np.zeros((n, 0)),
        constraints=np.zeros((n, 0)),
        pending=pending.reshape(-1, width),
    )
    centre = space.from_axes(np.full((1, space.n_axes), 0.5))[0]
    return Search(space, seen, (), lambda points: points, centre, seed=1, reach=REACH)


def bell(points: Floats, top: tuple[float, float] = (0.7, 0.4)) -> Floats:
    return np.exp(-np.sum(((points - top) / 0.3) ** 2, axis=1))


def test_the_star_comes_first_and_nothing_is_expected_of_it() -> None:
    point, expected = search(STAR[:2], bell(STAR[:2]), STAR[2:3]).next(3)
    assert np.allclose(point, STAR[3])
    assert expected is None


def test_where_the_whole_star_failed_chance_goes_on() -> None:
    nothing = np.zeros((0, 2))
    first, expected = search(nothing, np.zeros(0), STAR).next(len(STAR))
    assert expected is None
    assert not np.any(np.all(np.isclose(first, STAR), axis=1))
    again, _ = search(nothing, np.zeros(0), STAR).next(len(STAR))
    assert np.array_equal(first, again)


def test_after_the_star_the_model_goes_to_the_top_and_says_what_it_expects() -> None:
    for top in ((0.7, 0.4), (0.8, 0.3), (0.3, 0.75), (0.25, 0.25), (0.6, 0.2), (0.15, 0.5)):
        points = STAR
        for _ in range(3):
            point, expected = search(points, bell(points, top), np.zeros((0, 2))).next(len(points))
            assert expected is not None
            assert expected.gain > 0
            points = np.vstack([points, point])
        found = bell(points, top)
        assert found[len(STAR) :].max() > max(0.95, found[: len(STAR)].max()), top


def test_who_leads_and_what_is_preferred() -> None:
    own = search(STAR, bell(STAR), np.zeros((0, 2)))
    assert np.array_equal(own.leaders()[0], STAR[np.argmax(bell(STAR))])
    preferred = own.preferred(len(STAR))
    assert preferred is not None
    assert bell(preferred[None])[0] > 0.9
    few = search(STAR[:1], bell(STAR[:1]), np.zeros((0, 2)))
    assert few.preferred(1) is None
    assert few.leaders() == []


def test_a_search_that_stands_still_tries_the_best_with_another_choice() -> None:
    space = UnitSpace({"wheel": CategoricalDistribution("abc"), "a": FloatDistribution(0, 1)})
    wheel_a = np.array([1.0, 0, 0])
    points = np.array([[*wheel_a, x] for x in np.linspace(0.3, 0.7, 14)])
    star = start_points(space, space.from_axes(np.full((1, 2), 0.5))[0], 1, REACH)
    points = np.vstack([points, star])  # all measured, and nothing better after the first
    values = np.where(np.arange(len(points)) == 5, 1.0, 0.5)
    point, expected = search(points, values, np.zeros((0, 4)), space).next(21)
    assert expected is None
    assert point[0] == 0.0, "another choice"
    assert abs(point[3] - points[5, 3]) < 0.11, "where the best is, as the model has it"


def test_a_standstill_that_the_model_foretells_goes_on_around_the_best() -> None:
    """Light that corners would take is spent where something is."""
    rng = np.random.default_rng(5)
    around = np.array([0.7, 0.4]) + rng.normal(scale=0.06, size=(24, 2))
    points = np.vstack([STAR, [[0.7, 0.4]], around])
    values = bell(points) * np.exp(rng.normal(scale=0.002, size=len(points)))
    # so long after the best that looks elsewhere are rare, and none of these is the turn of one
    for more in (17, 21):
        n = len(STAR) + 1 + more
        own = search(points[:n], values[:n], np.zeros((0, 2)))
        point, expected = own.next(n)
        assert expected is not None
        assert bell(point[None])[0] > 0.8
        assert not np.any(np.all(np.abs(points[:n] - point) < 0.01, axis=1)), "and no place twice"
