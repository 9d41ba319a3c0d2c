"""Slopes that are written out are those that torch finds."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from hil.proposer.auto.kernel import NAMES, kernel, named, variance
from hil.proposer.auto.slopes import (
    Covariance,
    Known,
    Marginals,
    kernel_and_slopes,
    variance_slopes,
)

FORMS = pytest.mark.parametrize(("n_fields", "n_sessions"), [(0, 0), (3, 0), (2, 2)])


def points(n: int, n_fields: int, n_sessions: int, seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    fields = rng.dirichlet(np.ones(n_fields), size=n) if n_fields else np.zeros((n, 0))
    sessions = np.eye(n_sessions + 1)[np.arange(n) % (n_sessions + 1), 1:]
    return torch.as_tensor(np.hstack([rng.random((n, 4)), fields, sessions]))


def known(n_fields: int, n_sessions: int) -> Known:
    rng = np.random.default_rng(1)
    theta = rng.normal(scale=0.5, size=len(NAMES) - 2 + n_sessions + 4)
    own = named(torch.as_tensor(theta), n_sessions)
    x = points(9, n_fields, n_sessions, 2)
    chol = torch.linalg.cholesky(kernel(own, x, x) + 0.1 * torch.eye(9))
    whiten = torch.linalg.inv(chol)
    return Known(own, x, whiten, whiten @ torch.as_tensor(rng.normal(size=9)))


@FORMS
def test_of_covariance_and_prior_variance(n_fields: int, n_sessions: int) -> None:
    one = known(n_fields, n_sessions)
    x = points(3, n_fields, n_sessions, 3)
    found, slopes = kernel_and_slopes(one.own, x, one.x)
    assert torch.allclose(found, kernel(one.own, x, one.x))
    each = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
        lambda at: kernel(one.own, at, one.x), x
    )
    assert torch.allclose(slopes, torch.einsum("mnmd->mnd", each)[..., :4])
    at = x.clone().requires_grad_()
    (along,) = torch.autograd.grad(variance(one.own, at).sum(), at)
    assert torch.allclose(variance_slopes(one.own, x), along[:, :4])


@FORMS
def test_of_mean_and_standard_deviation(n_fields: int, n_sessions: int) -> None:
    one = known(n_fields, n_sessions)
    x = points(3, n_fields, n_sessions, 4).requires_grad_()

    def by_torch(at: torch.Tensor) -> torch.Tensor:
        shaped = one.whiten @ kernel(one.own, one.x, at)
        return shaped.T @ one.white * (variance(one.own, at) - (shaped**2).sum(0)).sqrt()

    mean, sd = Marginals.apply(x, one)
    (found,) = torch.autograd.grad((mean * sd).sum(), x)
    assert torch.allclose(mean * sd, by_torch(x))
    (expected,) = torch.autograd.grad(by_torch(x).sum(), x)
    assert torch.allclose(found[:, :4], expected[:, :4])
    assert not found[:, 4:].any(), "nobody searches fields of view or sessions"


@FORMS
def test_of_covariances_with_other_points(n_fields: int, n_sessions: int) -> None:
    one = known(n_fields, n_sessions)
    x = points(3, n_fields, n_sessions, 5).requires_grad_()
    others = points(5, n_fields, n_sessions, 6)
    told = one.whiten @ kernel(one.own, one.x, others)

    def by_torch(at: torch.Tensor) -> torch.Tensor:
        shaped = one.whiten @ kernel(one.own, one.x, at)
        left = variance(one.own, at) - (shaped**2).sum(0)
        return ((kernel(one.own, at, others) - shaped.T @ told) ** 2).sum(1) / left

    covariance, own = Covariance.apply(x, one, others, told)
    value = (covariance**2).sum(1) / own
    (found,) = torch.autograd.grad(value.sum(), x)
    assert torch.allclose(value, by_torch(x))
    (expected,) = torch.autograd.grad(by_torch(x).sum(), x)
    assert torch.allclose(found[:, :4], expected[:, :4])
