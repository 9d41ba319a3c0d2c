"""Which of the leaders is the best, from trials with fresh frames.

y_sfk : first objective of leader s in field of view f, its k-th trial
y_sfk = mu_s + phi_f + e_sfk ,  e ~ N(0, sigma^2)
mu_s ~ N(m, tau^2), m of any size
n_s, F : trials of leader s, fields of view
v_s = sigma^2 / (F n_s) : variance of its mean against the others', which have the same fields

Fields are common to all leaders, so phi cancels in every difference. sigma^2 comes from what a
table of leaders and fields leaves when both are taken off; where that leaves few degrees of
freedom, the trials' own intervals stand in. tau, by how much leaders differ at all, is integrated
over: where they hardly differ, the luckiest one is drawn towards the others, and none is called
the best with a confidence that the data do not bear. That is what makes the numbers of the winner
hold although it was chosen by them (Efron, Tweedie's formula and selection bias, J. Am. Stat.
Assoc. 106, 1602, 2011; Gelman et al., Bayesian Data Analysis, 3rd ed., section 5.4).

The probability of being the best is the share of draws from the joint posterior; the draws are
the same for the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from drivers.types import Floats, Value
from hil.ranking.field_values import field_values
from hil.records.trial import TrialRow, TrialState, barred
from hil.records.winner import Winner

_DRAWS = 20_000
_SPREADS = np.geomspace(0.05, 100.0, 40)  # tau, in units of the mean's own standard deviation
_ENOUGH_DEGREES = 4
_TWO_SIDED_95 = 1.96
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
    """

    leaders: tuple[Leader, ...]
    mean: Floats
    variance: Floats
    probability: Floats
    above: Floats
    loss: float

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
        if self.probability[self.first] >= confidence:
            share = float(self.probability[self.first])
            return f"trial {best.number} is the best of {n} leaders with probability {share:.3f}"
        if self.loss < _LOSS_SHARE * abs(float(self.mean[self.first])):
            return f"another of the {n} leaders than trial {best.number} would bring nothing more"
        return ""

    @property
    def next(self) -> Leader:
        """The leader to measure next: of the best and the hardest to tell, the less known."""
        two = [self.leaders[self.first], self.leaders[self.challenger]]
        return min(two, key=lambda one: len(one.trials) + one.n_open)


def leaders_of(rows: Sequence[TrialRow]) -> tuple[Leader, ...]:
    """Collect the settings that have fresh frames, and keep to all constraints."""
    first: dict[frozenset[tuple[str, Value]], int] = {}
    fresh: dict[frozenset[tuple[str, Value]], list[TrialRow]] = {}
    out: set[frozenset[tuple[str, Value]]] = set()
    in_work: dict[frozenset[tuple[str, Value]], int] = {}
    for row in rows:
        key = frozenset(row.requested.items())
        if row.state is TrialState.COMPLETE and row.objectives:
            first.setdefault(key, row.number)
            if barred(row.constraints):
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
    counts = np.array([len(leader.trials) for leader in leaders], dtype=float)
    if len(leaders) == 1:
        return Standing(leaders, means, np.zeros(1), np.ones(1), np.ones(1), 0.0)
    variance, degrees = _of_one_mean(leaders)
    v = variance / counts
    taus, weights = _spreads(means, v)
    rng = np.random.default_rng(len(rows))
    drawn = _draws(means, v, taus, weights, degrees, rng)
    centre = _centre(means, v, taus, weights)
    best = int(np.argmax(centre))
    probability = np.bincount(drawn.argmax(axis=1), minlength=len(means)) / len(drawn)
    loss = float(np.mean(drawn.max(axis=1) - drawn[:, best]))
    above = np.mean(drawn > drawn[:, [best]], axis=0)
    return Standing(leaders, centre, v, probability, above, loss)


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
    below, above = _half_widths(leader)
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


# --- the model -----------------------------------------------------------------------------------


def _of_one_mean(leaders: Sequence[Leader]) -> tuple[float, float]:
    """Variance of one trial's mean against those of other leaders, and its degrees of freedom."""
    squares, degrees, n_fields = _residual(leaders)
    variance = squares / degrees / n_fields if degrees else 0.0
    if degrees >= _ENOUGH_DEGREES and variance > 0:
        return variance, float(degrees)
    halves = [sum(_half_widths(leader)) / 2 for leader in leaders]
    known = [half for half in halves if math.isfinite(half) and half > 0]
    own = (float(np.mean(known)) / _TWO_SIDED_95) ** 2 if known else 0.0
    total = degrees + _ENOUGH_DEGREES
    pooled = (degrees * variance + _ENOUGH_DEGREES * own) / total
    scale = float(np.mean([abs(leader.mean) for leader in leaders]))
    return max(pooled, (1e-9 * max(scale, 1e-9)) ** 2), float(total)


def _residual(leaders: Sequence[Leader]) -> tuple[float, int, int]:
    """Sum of squares left by leaders and fields, its degrees of freedom, and the fields.

    Each trial has its own mean taken off (a session's drift is no noise of fields), then each
    field its mean over trials.
    """
    tables = [field_values(row) for leader in leaders for row in leader.trials]
    common = set(tables[0]).intersection(*tables[1:]) if tables else set()
    if not common:
        return 0.0, 0, 1
    values = np.array([[table[field] for field in sorted(common)] for table in tables])
    left = values - values.mean(axis=1, keepdims=True)
    left -= left.mean(axis=0, keepdims=True)
    n_trials, n_fields = values.shape
    return float((left**2).sum()), (n_trials - 1) * (n_fields - 1), n_fields


def _half_widths(leader: Leader) -> tuple[float, float]:
    """How far the interval reaches below and above: over fields, which repeats do not narrow."""
    sides: list[tuple[float, float]] = [
        (row.objectives[0] - row.measured.ci_low, row.measured.ci_high - row.objectives[0])
        for row in leader.trials
        if row.objectives and row.measured is not None
    ]
    if not sides:
        return math.nan, math.nan
    below, above = np.mean(np.array(sides), axis=0)
    return float(below), float(above)


def _spreads(means: Floats, v: Floats) -> tuple[Floats, Floats]:
    """(t,) values of tau and their posterior weights, m integrated out."""
    unit = math.sqrt(float(np.mean(v)))
    taus = unit * _SPREADS
    total = taus[:, None] ** 2 + v
    precision = (1 / total).sum(axis=1)
    m = (means / total).sum(axis=1) / precision
    square = ((means - m[:, None]) ** 2 / total).sum(axis=1)
    log = -0.5 * (np.log(total).sum(axis=1) + np.log(precision) + square)
    # half-Cauchy (Gelman, Bayesian Analysis 1, 515, 2006), as a density of log tau
    log += np.log(taus) - np.log1p((taus / unit) ** 2)
    weights = np.exp(log - log.max())
    return taus, weights / weights.sum()


def _moments(means: Floats, v: Floats, taus: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """For each tau: mean and variance of m, and each leader's weight and mean given m = 0."""
    total = taus[:, None] ** 2 + v
    precision = (1 / total).sum(axis=1)
    m = (means / total).sum(axis=1) / precision
    share = taus[:, None] ** 2 / total
    return m, 1 / precision, share, share * means


def _centre(means: Floats, v: Floats, taus: Floats, weights: Floats) -> Floats:
    m, _, share, own = _moments(means, v, taus)
    return np.asarray(weights @ (own + (1 - share) * m[:, None]))


def _draws(
    means: Floats,
    v: Floats,
    taus: Floats,
    weights: Floats,
    degrees: float,
    rng: np.random.Generator,
) -> Floats:
    """(draws, n) of mu from the joint posterior, the noise's own uncertainty in it."""
    m, m_variance, share, own = _moments(means, v, taus)
    which = rng.choice(len(taus), size=_DRAWS, p=weights)
    stretch = np.sqrt(degrees / rng.chisquare(degrees, _DRAWS))
    common = m[which] + stretch * np.sqrt(m_variance[which]) * rng.standard_normal(_DRAWS)
    sd = np.sqrt(share[which] * v) * stretch[:, None]
    noise = rng.standard_normal((_DRAWS, len(means)))
    return np.asarray(own[which] + (1 - share[which]) * common[:, None] + sd * noise)
