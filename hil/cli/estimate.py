"""Information of frames on disk."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hil.cli.options import Db
from hil.cli.screen.completion import estimators
from hil.errors import InputError
from hil.report.files.output_place import check_output_place

if TYPE_CHECKING:
    from rich.progress import Progress

    from hil.frames.axes import FrameFile
    from hil.information.densities.neural.training import TrainingProgress
    from hil.information.estimators import PatchEstimator
    from hil.information.sufficiency import Sufficiency
    from hil.records.estimate import Estimate

_PLOT_BYTES = 2**27  # of the fields that the picture is made from
_OPTIONS = {  # what the library calls what a user typed
    "patch_size": "--patch-size",
    "n_patches": "--patches",
    "saturation_adu": "--saturation-adu",
    "max_saturated_share": "--max-saturated-share",
} | {
    name: f"--{name}"
    for name in ("axes", "channel", "confidence", "estimator", "mask", "noise", "option", "stride")
}


PLACE = 30


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command()(estimate)


def estimate(
    frames: Annotated[
        Path,
        typer.Argument(metavar="FRAMES", help="A TIFF, Zarr, .npy or .npz file, or a folder, ADU."),
    ],
    noise: Annotated[
        list[str],
        typer.Option(
            metavar="MODEL",
            help="gaussian:sigma_adu=10, gaussian:sigma_file=FILE, poisson,"
            " camera:gain_e_per_adu=0.5,offset_adu=100,read_noise_e=1.6,bit_depth=16, xray:..."
            " calibration:ID of hil calibrate. Once, or once for each channel.",
        ),
    ],
    estimator: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="How. Without it predictive for integers, stationary for real numbers.",
            autocompletion=estimators,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="Of the estimator, steps=1000 say; repeatable."),
    ] = None,
    patch_size: Annotated[int, typer.Option(metavar="PIXELS", help="Side of a patch.")] = 16,
    stride: Annotated[
        int | None,
        typer.Option(metavar="PIXELS", help="From patch to patch. Without it they tile."),
    ] = None,
    patches: Annotated[
        int | None, typer.Option(metavar="N", help="So many, drawn at random. Without it, all.")
    ] = None,
    mask: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="(height, width), 0 where pixels must not be used."),
    ] = None,
    axes: Annotated[
        str | None,
        typer.Option(
            metavar="LETTERS",
            help="What the file's axes are, one letter each: f field, r repeat, c channel, y, x."
            " Without it what the file says, else yx, fyx, fryx or frcyx.",
        ),
    ] = None,
    channel: Annotated[
        int | None, typer.Option(metavar="N", help="Only this channel, from 0.")
    ] = None,
    allow_missing: Annotated[
        bool, typer.Option("--allow-missing", help="Leave frames out that were not wholly written.")
    ] = False,
    saturation_adu: Annotated[
        float | None, typer.Option(metavar="ADU", help="Where the camera clips as it was set.")
    ] = None,
    confidence: Annotated[float, typer.Option(metavar="SHARE", help="Of the interval.")] = 0.95,
    seed: Annotated[int, typer.Option(metavar="N", help="Of whatever is random.", min=0)] = 0,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.png",
            help="Draw the value against patch size and number of fields, and say whether either"
            " was enough.",
        ),
    ] = None,
    form: Annotated[
        Literal["table", "json"], typer.Option("--format", help="How to say it.")
    ] = "table",
    as_json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    db: Db = None,
) -> None:
    """Estimate the information in frames on disk, in bits per pixel."""
    from hil.information import estimate_stored, open_frames
    from hil.information.out_of_core import some_fields
    from hil.information.sufficiency import SufficiencyPoint, judge

    if plot is not None:
        check_output_place("--plot", plot, (".png",))
    with _in_words_of_the_command(frames), _progress() as progress:
        noises = [_noise(text, db) for text in noise]
        models = [model for model, _ in noises]
        model = models[0] if len(models) == 1 else models
        stored = open_frames(frames, axes, channel, allow_missing)
        chosen: dict[str, Any] = {
            "stride": stride,
            "n_patches": patches,
            "mask": None if mask is None else _mask(mask),
            "confidence": confidence,
            "saturation_adu": saturation_adu,
            "noise_variance_relative_sd": max(sd for _, sd in noises),
        }
        with_lower = chosen | {"lower_bound": True}
        family = _family(estimator, option or [], progress)
        watched = _Watched(stored, progress)
        found = estimate_stored(watched, model, family, patch_size, seed=seed, **with_lower)
        enough = None
        if plot is not None:
            some = some_fields(stored, seed, _PLOT_BYTES)
            whole = SufficiencyPoint.of(found, patch_size, stored.shape[0])
            enough = judge(some, model, family, patch_size, seed, whole=whole, **chosen)
    asked = {
        "frames": str(frames),
        "shape": list(stored.shape),
        "dtype": str(stored.dtype),
        "axes": stored.axes,
        "left_out": stored.left_out,
        "recorded": stored.recorded,
        "noise": [repr(one) for one in models],
        "patch_size": patch_size,
        "confidence": confidence,
        "seed": seed,
    }
    _say(found, asked, enough, "json" if as_json else form)
    if plot is not None and enough is not None:
        from hil.report.sufficiency_plot import draw

        draw(enough, patch_size, confidence, plot)
        if not as_json and form == "table":
            print(f"plot         {plot.absolute()}")


# --- input ---------------------------------------------------------------------------------------


def _noise(text: str, db: str | None) -> tuple[Any, float]:
    """Build a noise model; say how far its variance may be wrong, relative."""
    from hil.noise import parse_noise

    kind, _, ref = (part.strip() for part in text.partition(":"))
    if kind != "calibration":
        return parse_noise(text), 0.0
    from hil.calibration import stored_noise
    from hil.store import open_database

    with open_database(db) as database:
        found = stored_noise(database, ref or "latest")
    return found.model, found.variance_relative_sd


@contextmanager
def _in_words_of_the_command(frames: Path) -> Iterator[None]:
    """Name the file, or the option, where the library names its argument."""
    try:
        yield
    except InputError as error:
        where = str(frames) if error.where == "frames" else _OPTIONS.get(error.where, error.where)
        raise InputError(where, error.key, error.problem) from None


def _mask(path: Path) -> Any:
    from hil.information import read_frames

    mask = read_frames(path)
    if mask.dtype.kind not in "bui":
        raise InputError(path, "", f"holds {mask.dtype} values; allowed: booleans or integers")
    return mask != 0


def _family(name: str | None, words: list[str], progress: Progress) -> str | PatchEstimator | None:
    from hil.information.estimator_options import estimator_with

    options: dict[str, str] = {}
    for word in words:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals:
            raise InputError("--option", key, "needs a value: KEY=VALUE")
        options[key] = value
    if name is None:
        if options:
            key = next(iter(options))
            raise InputError("option", key, "the default has no options; allowed: with --estimator")
        return None
    tasks: dict[int, Any] = {}

    def told(now: TrainingProgress) -> None:
        if now.fold not in tasks:
            tasks[now.fold] = progress.add_task(f"network {now.fold + 1} of {now.n_folds}")
        progress.update(tasks[now.fold], completed=now.step, total=now.steps)

    return estimator_with(name, options, told)


def _progress() -> Progress:
    from rich.progress import Progress

    from hil.cli.screen.terminal import SafeConsole

    screen = SafeConsole(sys.stderr)
    return Progress(console=screen, transient=True, disable=not screen.is_terminal)


class _Watched:
    """Frames whose reading shows."""

    def __init__(self, frames: FrameFile, progress: Progress) -> None:
        self._frames, self._progress = frames, progress
        self._task = progress.add_task("fields read", total=frames.shape[0])
        self.shape, self.dtype = frames.shape, frames.dtype

    def __getitem__(self, field: int) -> Any:
        self._progress.update(self._task, completed=field + 1)
        return self._frames[field]


# --- output --------------------------------------------------------------------------------------


def _say(found: Estimate, asked: dict[str, Any], enough: Sufficiency | None, form: str) -> None:
    if form == "json":
        table = asdict(found) | asked
        if enough is not None:
            table["sufficiency"] = asdict(enough)
        print(json.dumps(_plain(table), indent=2))
        return
    from hil.records.estimate import lower_bound_in_words

    details = found.details
    interval = f"{found.ci_low:.4f} to {found.ci_high:.4f} ({asked['confidence']:.0%})"
    if math.isnan(found.ci_low):
        interval = "none: too few fields of view, or patches in them"
    fields, repeats, *_, height, width = asked["shape"]
    side = asked["patch_size"]
    lines = {
        "information": f"{found.bits_per_pixel:.4f} bits per pixel",
        "interval": interval,
        "bound": f"{details['held_out_bits']:.4f} bits per pixel, held out",
        "lower bound": lower_bound_in_words(details, asked["confidence"]),
        "estimator": f"{details.get('chosen', found.estimator)}, {found.n_patches} patches of"
        f" {side} x {side} pixels",
        "frames": f"{_count(fields, 'field')}, {_count(repeats, 'repeat')}, {height} x {width}"
        f" pixels, {asked['dtype']}, axes read as {asked['axes']}",
    }
    if asked["left_out"]:
        lines["left out"] = asked["left_out"]
    if asked["recorded"]:
        lines["recorded"] = ", ".join(f"{key} {said}" for key, said in asked["recorded"].items())
    if "constant_adu" in details:
        lines["note"] = f"all pixels read {details['constant_adu']:g} ADU: nothing can be known"
    if "places_used" in details:
        lines["drawn"] = (
            f"{details['places_used']} of {details['places_there']} places, at random,"
            f" seed {asked['seed']}"
        )
    lines["flags"] = ", ".join(found.flags) or "none"
    if enough is not None:
        lines["patch size"] = enough.patch_size.sentence
        lines["fields"] = enough.fields.sentence
    for name, text in lines.items():
        if text:
            print(f"{name:<12} {text}")


def _count(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def _plain(value: Any) -> Any:
    """JSON knows neither NaN nor tuples."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
