"""A trial's frames as its controller had them, or a word on why not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hil.errors import StoreError
from hil.records.frames import FieldFrames
from hil.records.trial import FIELDS, FURTHER, Proposal
from hil.store import Database, SqlStore
from hil.store.frames.access import read_measurement


def test_a_measurement_comes_back_in_the_order_of_the_fields(
    db: Database, run: Any, make_pixels: Callable[..., FieldFrames]
) -> None:
    trial = run.captured()  # visited in another order
    with db._reading() as connection:
        found = read_measurement(connection, db.frames_folder, trial)
    expected = np.stack([make_pixels(index, seed=trial.number).frames for index in range(3)])
    np.testing.assert_array_equal(found.frames, expected)
    assert (found.exposure_ms, found.saturation_adu, found.n_blanks) == (10.0, 4095, 0)


def test_a_trial_that_went_on_to_further_fields_says_which_it_took(
    db: Database, store: SqlStore, clock: Any, make_pixels: Callable[..., FieldFrames]
) -> None:
    attrs = {FIELDS: [2], FURTHER: [0, 1]}
    trial = store.propose(lambda rows, study, number: Proposal("search", {"z": 1}, {}, attrs))
    store.applied(trial, clock.now(), dict(trial.requested))
    for index in (2, 0):
        store.frames(trial, make_pixels(index))
    store.captured(trial, clock.now(), device_s=0.5)
    with db._reading() as connection:
        found = read_measurement(connection, db.frames_folder, trial)
    assert (trial.fields, found.fields, len(found.frames)) == ((2,), (0, 2), 2)


def test_a_trial_without_frames_is_named(db: Database, run: Any, store: SqlStore) -> None:
    trial = run.propose()
    with db._reading() as connection, pytest.raises(StoreError, match="trial 0 has no frames"):
        read_measurement(connection, db.frames_folder, trial)
