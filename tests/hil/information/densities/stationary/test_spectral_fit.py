"""Fits of spectra: to a part of the data from the fit to all of it, without what is held out."""

from __future__ import annotations

import math
from functools import reduce
from operator import add

import numpy as np
import pytest

from hil.information.densities.stationary.centrosymmetric import identity
from hil.information.densities.stationary.patch_moments import PatchMoments, frame_moments
from hil.information.densities.stationary.spectral_fit import SpectralFit, fit_part, fit_spectrum

P = 8
D = P * P
FIELDS = 6


def field(seed: int, blur_px: float, contrast_adu: float) -> PatchMoments:
    """Moments of a blurred white scene on a torus of 96 pixels, in noise of 1 ADU."""
    rng = np.random.default_rng(seed)
    wave = np.fft.fftfreq(96)
    transfer = np.exp(-2 * (np.pi * blur_px) ** 2 * (wave[:, None] ** 2 + wave**2))
    transfer *= contrast_adu / math.sqrt((transfer**2).mean())
    scene = np.fft.ifft2(np.fft.fft2(rng.standard_normal((96, 96))) * transfer).real
    return frame_moments((scene + rng.standard_normal(scene.shape))[None], 0.0, P)


@pytest.mark.parametrize(("blur_px", "contrast_adu"), [(1.0, 10.0), (2.0, 30.0), (2.0, 300.0)])
def test_a_part_s_fit_has_forgotten_the_rest(blur_px: float, contrast_adu: float) -> None:
    fields = [field(seed, blur_px, contrast_adu) for seed in range(FIELDS)]
    everything = reduce(add, fields)
    whole = fit_spectrum(everything.covariance(0.0), 1.0, everything.n)
    better = []
    for one in fields:
        training = everything - one
        own = fit_spectrum(training.covariance(0.0), 1.0, training.n)
        part = fit_part(whole, training.covariance(0.0))
        left_out = one.covariance(0.0)
        better.append((own.nats(left_out) - part.nats(left_out)) / (D * math.log(2)))
    # with the left-out field in it, as the fit to all has, by two to three times as much
    assert abs(np.mean(better)) < 0.6 / everything.n


def test_what_fits_already_stays() -> None:
    flat = SpectralFit(np.full((4 * P, 2 * P + 1), 3.0), 1.0)
    assert fit_part(flat, identity(D).scaled(4.0)).spectrum == pytest.approx(flat.spectrum)
    # a white scene of another contrast is one whole step away
    assert fit_part(flat, identity(D).scaled(3.0)).spectrum == pytest.approx(
        np.full_like(flat.spectrum, 2.0)
    )
