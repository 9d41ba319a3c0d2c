"""`best`, with the neural density among the families it chooses from."""

from __future__ import annotations

from hil.information.estimators.best import CLOSED_FORM, SLOW, Best

ESTIMATOR = Best((*CLOSED_FORM, "pixelcnn"), SLOW)
