"""What a metric is, and how it is found by name: ours, and other people's by entry point."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from drivers.types import Pixels, Value
from hil.errors import InputError, nearest
from hil.spec import SessionFile
from hil.spec.metric import MetricSpec

if TYPE_CHECKING:
    from hil.noise.model import FlattenedNoise, NoiseModel

ENTRY_POINTS = "hil.metrics"
"""Group of entry points by which other packages bring theirs; ours go before them."""

BUILT_IN: Mapping[str, str] = {
    "blur": "hil.metrics.sharpness:blur",
    "brenner": "hil.metrics.sharpness:brenner",
    "contrast": "hil.metrics.light:contrast",
    "normalised_variance": "hil.metrics.sharpness:normalised_variance",
    "snr": "hil.metrics.light:snr",
    "spectral_entropy": "hil.metrics.sharpness:spectral_entropy",
}


class Metric(Protocol):
    """A function from the frames of one trial to a number, or to several."""

    def __call__(
        self,
        frames: Pixels,
        noise: NoiseModel | FlattenedNoise | tuple[NoiseModel | FlattenedNoise, ...],
        settings: Mapping[str, Value],
        /,
        **options: Any,
    ) -> Any:
        """Compute the number, on a thread of its own beside the devices.

        Parameters
        ----------
        frames
            (fields, repeats, height, width) unsigned integers, ADU, as the camera gave them and not
            to be changed; channels, where there are several, before height. Blank fields are not
            among them, and a trial may have taken fewer fields than others.
        noise
            The rig's noise model at these settings; a tuple of one for each channel where the
            images of a sequence differ in it.
        settings
            What the devices read back at the time of the frames, by canonical name.
        options
            Keys of the metric's table in the session file.

        Returns
        -------
        float, array of one a field, or mapping of names to either
            Of an array the mean is the trial's number, with an interval from four fields on. NaN,
            like an exception, says that there is none this time.
        """
        ...


@dataclass(frozen=True, slots=True)
class NamedMetric:
    """A function with the name and the options that a session file gives it."""

    name: str
    function: Metric
    options: Mapping[str, Any] = field(default_factory=dict)


def metric_names() -> tuple[str, ...]:
    """Every kind of metric there is: ours, then those that installed packages bring."""
    return (*BUILT_IN, *sorted(set(_installed()) - set(BUILT_IN)))


def metrics_of(file: SessionFile) -> tuple[NamedMetric, ...]:
    """Find the metrics that a session file asks for.

    Raises
    ------
    InputError
        There is no such kind, it cannot be loaded, or does not take these options.
    """
    found = []
    for i, table in enumerate(file.spec.metric):
        try:
            found.append(_named(table))
        except _Unfit as unfit:
            key = ".".join(part for part in (f"metric.{i}", unfit.key) if part)
            raise InputError(file.path, key, str(unfit)) from None
    return tuple(found)


class _Unfit(Exception):
    """A table of a metric that cannot be served."""

    def __init__(self, key: str, problem: str) -> None:
        self.key = key
        super().__init__(problem)


def _named(table: MetricSpec) -> NamedMetric:
    function = _find(table.kind)
    _check_options(function, table)
    return NamedMetric(table.called, function, table.options)


def _find(kind: str) -> Metric:
    installed = {} if kind in BUILT_IN else _installed()
    if kind not in BUILT_IN and kind not in installed:
        raise _Unfit("kind", f"{kind!r}, {nearest(kind, [*BUILT_IN, *installed])}")
    try:
        if kind in BUILT_IN:
            module, _, name = BUILT_IN[kind].partition(":")
            function: Metric = getattr(importlib.import_module(module), name)
        else:
            function = installed[kind].load()
    except Exception as error:  # whatever another package does when it is imported
        said = f"{type(error).__name__}: {error}"
        raise _Unfit("kind", f"{kind!r} cannot be loaded: {said}") from None
    if not callable(function):
        raise _Unfit("kind", f"{kind!r} is no function, but {type(function).__name__}")
    return function


def _check_options(function: Metric, table: MetricSpec) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a compiled function may not say what it takes
        return
    try:
        signature.bind(None, None, None)
    except TypeError as error:
        if "too many" in str(error):
            said = "takes other arguments, allowed: (frames, noise, settings, **options)"
            raise _Unfit("kind", f"{table.kind!r} {said}") from None
    known = _options(signature)
    for key in table.options:
        if known is not None and key not in known:
            raise _Unfit(key, f"unknown key, {nearest(key, ['kind', 'name', *known])}")
    try:
        signature.bind(None, None, None, **table.options)
    except TypeError as error:
        raise _Unfit("", f"{table.kind}: {error}") from None


def _options(signature: inspect.Signature) -> Sequence[str] | None:
    """Names of what a metric takes beside its first three arguments; None for anything."""
    rest = list(signature.parameters.values())
    if any(one.kind is one.VAR_KEYWORD for one in rest):
        return None
    named = [one for one in rest if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    only = sum(one.kind is one.POSITIONAL_ONLY for one in rest)
    return [one.name for one in named[max(3 - only, 0) :]]


def _installed() -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=ENTRY_POINTS)}
