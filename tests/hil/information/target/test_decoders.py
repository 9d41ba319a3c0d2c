import signal
import warnings

import numpy as np
import pytest

from hil.information.target.decoders import _fit_label, label_decoder, value_decoder


def test_what_no_line_tells_apart_a_network_does():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(600, 2))
    labels = (rows[:, 0] * rows[:, 1] > 0).astype(np.intp)
    found = label_decoder(rows, labels, 2, np.arange(600), 0)
    assert found.name == "mlp" and found.validated_nats < 0.5


def test_a_decoder_of_noise_says_the_share_of_each_label():
    rng = np.random.default_rng(0)
    labels = (rng.random(300) < 0.25).astype(np.intp)
    found = label_decoder(rng.normal(size=(300, 30)), labels, 2, np.arange(300), 0, ("logistic",))
    assert np.abs(found.probability(rng.normal(size=(9, 30)))[:, 1] - labels.mean()).max() < 0.15


def test_a_line_is_found_by_ridge():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(400, 8))
    values = rows[:, :2] + 0.1 * rng.normal(size=(400, 2))
    found = value_decoder(rows, values, np.arange(400), 0)
    assert found.name == "ridge"
    assert ((found.value(rows) - rows[:, :2]) ** 2).mean() < 0.01


@pytest.mark.parametrize("action", ["default", "error"], ids=["filter lost", "filter kept"])
def test_an_interrupt_while_learning_is_an_interrupt(monkeypatch, action):
    """Half a network must not pass for what was found."""
    from sklearn.neural_network import MLPClassifier

    def interrupted(self, *_):
        warnings.filterwarnings(action, message="Training interrupted")  # by another thread
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(MLPClassifier, "_update_no_improvement_count", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background
    rows = np.random.default_rng(0).normal(size=(30, 3))
    try:
        with pytest.raises(KeyboardInterrupt):
            _fit_label("mlp", 1.0, rows, np.arange(30) % 2, 2, 0)
    finally:
        signal.signal(signal.SIGINT, before)
