"""Which of the leaders is the best, from trials with fresh frames.

mu_s : information of leader s, over fields of view like those that were measured
y_s  : mean of its n_s trials, y_s ~ N(mu_s, w_s) but for what all leaders have in common

Fields are common to all leaders, so that what each has of its own cancels in every difference. What
is left, w_s, has three parts (`hil.ranking.leader_noise`): what a field has at these settings
alone, what one trial has of its own, and the rest. They are integrated over, and so is by how much
leaders differ at all (`hil.ranking.posterior`), about which the search may have said something
(`hil.ranking.expected`): where they hardly do, the luckiest one is drawn towards the others, and
none is called the best with a confidence that the data do not bear. That is what makes the numbers
of the winner hold although it was chosen by them (Efron, Tweedie's formula and selection bias, J.
Am. Stat. Assoc. 106, 1602, 2011; Gelman et al., Bayesian Data Analysis, 3rd ed., section 5.4).
Among trials that nobody repeated, what one has of its own looks like a difference of the leaders;
so none are called as good as each other before two repeats.

The probability of being the best is the share of draws from the joint posterior; the draws are
the same for the same rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats, Value
from hil.ranking.expected import expected
from hil.ranking.leader_noise import half_widths, leader_noise
from hil.ranking.posterior import LeaderPosterior, weighed
from hil.records.trial import TrialRow, TrialState, barred, is_objective
from hil.records.winner import Winner

_DRAWS = 10_000
_REPEATS = 2  # before leaders are called as good as each other
_LOSS_SHARE = 1e-3  # of the information: leaders closer than that are as good as each other


@dataclass(frozen=True, slots=True)
class Leader:
    """One set of settings, with its trials of fresh frames.

    Parameters
    ----------
    number
        First trial with these settings.
    trials
        COMPLETE ones of kind ``"again"``.
    n_open
        Trials of it that are in work.
    """

    number: int
    trials: tuple[TrialRow, ...]
    n_open: int = 0

    @property
    def mean(self) -> float:
        """Mean of the first objective."""
        return sum(row.objectives[0] for row in self.trials if row.objectives) / len(self.trials)


@dataclass(frozen=True, slots=True)
class Standing:
    """How the leaders stand.

    Parameters
    ----------
    leaders
        By number.
    mean, variance
        (n,) posterior of each mu_s, the variance against the others.
    probability
        (n,) of being the best.
    above
        (n,) probability of being better than the best one.
    loss
        What choosing another than the best one might bring, on average.
    sure
        Probability that the best one is the best, whatever single trials may have of their own;
        once trials were repeated they tell of that, and this is its `probability`.
    """

    leaders: tuple[Leader, ...]
    mean: Floats
    variance: Floats
    probability: Floats
    above: Floats
    loss: float
    sure: float

    @property
    def first(self) -> int:
        """Index of the best."""
        return int(np.argmax(self.mean))

    @property
    def challenger(self) -> int:
        """Index of the leader that is hardest to tell from the best (Shang et al. 2020, T3C)."""
        gap = (self.mean[self.first] - self.mean) ** 2
        cost = gap / np.maximum(self.variance[self.first] + self.variance, 1e-300)
        cost[self.first] = np.inf
        return int(np.argmin(cost))

    def over(self, confidence: float) -> str:
        """Say why no further trial is needed; empty where one is."""
        if len(self.leaders) < 2:
            return ""
        n, best = len(self.leaders), self.leaders[self.first]
        if self.sure >= confidence:
            share = float(self.probability[self.first])
            return f"trial {best.number} is the best of {n} leaders with probability {share:.3f}"
        repeats = sum(len(leader.trials) - 1 for leader in self.leaders)
        little = self.loss < _LOSS_SHARE * abs(float(self.mean[self.first]))
        if little and repeats >= _REPEATS:
            return f"another of the {n} leaders than trial {best.number} would bring nothing more"
        return ""

    @property
    def next(self) -> Leader:
        """The leader to measure next: of the best and the hardest to tell, the less known."""
        two = [self.leaders[self.first], self.leaders[self.challenger]]
        return min(two, key=lambda one: len(one.trials) + one.n_open)


def leaders_of(rows: Sequence[TrialRow]) -> tuple[Leader, ...]:
    """Collect the settings that have fresh frames, have values, and keep to all constraints."""
    first: dict[frozenset[tuple[str, Value]], int] = {}
    fresh: dict[frozenset[tuple[str, Value]], list[TrialRow]] = {}
    out: set[frozenset[tuple[str, Value]]] = set()
    in_work: dict[frozenset[tuple[str, Value]], int] = {}
    for row in rows:
        key = frozenset(row.requested.items())
        if row.state is TrialState.COMPLETE and row.objectives:
            first.setdefault(key, row.number)
            if barred(row.constraints) or not is_objective(row.objectives[0]):
                out.add(key)
        if row.kind != "again":
            continue
        if row.state is TrialState.COMPLETE and row.objectives:
            fresh.setdefault(key, []).append(row)
        elif not row.state.ended:
            in_work[key] = in_work.get(key, 0) + 1
    found = [
        Leader(first[key], tuple(trials), in_work.get(key, 0))
        for key, trials in fresh.items()
        if key not in out
    ]
    return tuple(sorted(found, key=lambda one: one.number))


def standing(rows: Sequence[TrialRow]) -> Standing | None:
    """Compare the leaders; None where none has fresh frames."""
    leaders = leaders_of(rows)
    if not leaders:
        return None
    means = np.array([leader.mean for leader in leaders])
    if len(leaders) == 1:
        return Standing(leaders, means, np.zeros(1), np.ones(1), np.ones(1), 0.0, 1.0)
    cells, drawn = _posterior(leaders, rows)
    centre = cells.centre()
    best = int(np.argmax(centre))
    probability = np.bincount(drawn.argmax(axis=1), minlength=len(means)) / len(drawn)
    loss = float(np.mean(drawn.max(axis=1) - drawn[:, best]))
    above = np.mean(drawn > drawn[:, [best]], axis=0)
    v = cells.weight @ cells.variance
    sure = float(probability[best])
    if all(len(leader.trials) == 1 for leader in leaders):
        _, drawn = _posterior(leaders, rows, unseen=True)
        sure = float(np.mean(drawn.argmax(axis=1) == best))
    return Standing(leaders, centre, v, probability, above, loss, sure)


def drawn_leaders(rows: Sequence[TrialRow]) -> tuple[tuple[Leader, ...], Floats]:
    """Draw the information of all leaders together, as it may be by what is known.

    Returns
    -------
    tuple of Leader, (n_draws, n) array
        In the objective's unit; fewer than two leaders are not told apart, and not drawn.
    """
    leaders = leaders_of(rows)
    if len(leaders) < 2:
        return leaders, np.zeros((0, len(leaders)))
    return leaders, _posterior(leaders, rows)[1]


def _posterior(
    leaders: Sequence[Leader], rows: Sequence[TrialRow], *, unseen: bool = False
) -> tuple[LeaderPosterior, Floats]:
    """Give the posterior of leaders, and draws of it; `unseen` as `leader_noise` has it."""
    trials = [leader.trials for leader in leaders]
    noise = leader_noise(trials, unseen=unseen)
    means = np.array([leader.mean for leader in leaders])
    cells = weighed(means, noise, expected(trials, rows))
    return cells, cells.draws(_DRAWS, noise.degrees, np.random.default_rng(len(rows)))


def winner_of(rows: Sequence[TrialRow], confidence: float) -> Winner | None:
    """Name the winner; None where no leader has fresh frames.

    Parameters
    ----------
    rows
        Trials of a session, corrected for drift where there is one.
    confidence
        Of what is called decided.
    """
    found = standing(rows)
    if found is None:
        return None
    best = found.first
    leader = found.leaders[best]
    below, above = half_widths(leader.trials)
    value, probability = float(found.mean[best]), float(found.probability[best])
    others = [
        (float(share), other.number)
        for share, other in zip(found.above, found.leaders, strict=True)
        if other.number != leader.number and share > 1 - confidence
    ]
    return Winner(
        leader.number,
        value,
        value - below,
        value + above,
        probability,
        len(leader.trials),
        len(found.leaders),
        tuple(number for _, number in sorted(others, key=lambda one: (-one[0], one[1]))),
        probability >= confidence,
    )
