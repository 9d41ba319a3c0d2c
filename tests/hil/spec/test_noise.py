"""What ``[noise]`` may say, kind by kind."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from hil.spec.noise import CameraNoiseSpec, NoiseAt, NoiseSpec

ANY: TypeAdapter[NoiseSpec] = TypeAdapter(NoiseSpec)


def test_the_kind_says_which_keys_there_are() -> None:
    keys = {"kind": "camera", "gain_e_per_adu": 0.5, "offset_adu": 100, "read_noise_e": 1.6}
    assert ANY.validate_python(keys) == CameraNoiseSpec(**keys)
    with pytest.raises(ValidationError, match="Extra"):
        ANY.validate_python({**keys, "kind": "poisson"})


@pytest.mark.parametrize(
    "keys",
    [
        {"kind": "gaussian"},
        {"kind": "gaussian", "sigma_adu": 1, "sigma_file": "map.npy"},
        {"kind": "emccd", "gain_e_per_adu": 1, "offset_adu": 0, "read_noise_e": 0, "em_gain": 50},
        {"kind": "emccd", "gain_e_per_adu": 1, "offset_adu": 0, "read_noise_e": 1, "em_gain": 1},
        {"kind": "xray", "adu_per_photon": 0, "offset_adu": 0, "electronic_noise_adu": 1},
        {
            "kind": "camera",
            "gain_e_per_adu": 1,
            "offset_adu": 0,
            "read_noise_e": 1,
            "bit_depth": 33,
        },
    ],
    ids=["no width", "two widths", "no read noise", "register off", "no photon", "33 bits"],
)
def test_noise_that_cannot_be_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ANY.validate_python(keys)


def test_elsewhere_keeps_what_changes_apart_from_when() -> None:
    at = NoiseAt.model_validate({"when": {"camera.gain": "high"}, "gain_e_per_adu": 0.1})
    assert at.changes == {"gain_e_per_adu": 0.1}
    with pytest.raises(ValidationError, match="when: missing, allowed: settings, or channels"):
        NoiseAt(when={})


@pytest.mark.parametrize("key", ["gain_e_per_adu", "offset_adu", "read_noise_e"])
def test_numbers_that_no_camera_has_are_refused(key: str) -> None:
    """They overflowed within the first estimate, with the lamp on."""
    numbers = {"gain_e_per_adu": 1.0, "offset_adu": 100.0, "read_noise_e": 1.6}
    CameraNoiseSpec(kind="camera", **numbers)
    with pytest.raises(ValidationError, match=f"{key}\n.*less than or equal"):
        CameraNoiseSpec(kind="camera", **{**numbers, key: 1e308})
    if key == "gain_e_per_adu":
        with pytest.raises(ValidationError, match="no camera has so little"):
            CameraNoiseSpec(kind="camera", **{**numbers, key: 1e-300})
