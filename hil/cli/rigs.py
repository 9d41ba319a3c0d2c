"""Commands at the rig: describe it, check it, park it, go to the best settings, estimate files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hil.cli.options import Db, Frames, SessionRef

RigPath = Annotated[Path, typer.Argument(metavar="RIG.toml", help="The rig file.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    rig = typer.Typer(help="Describe and check a rig.", no_args_is_help=True)
    rig.command("init")(init)
    rig.command("check")(check)
    app.add_typer(rig, name="rig")
    app.command()(park)
    app.command()(apply)
    app.command()(estimate)


def init(
    config: Annotated[
        Path, typer.Argument(metavar="FILE.cfg", help="A Micro-Manager configuration.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="RIG.toml", help="Where it goes.")
    ] = Path("rig.toml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> None:
    """Write a first rig file from a Micro-Manager configuration. Loading it may move devices."""
    from hil.errors import InputError
    from hil.rig_draft import draft

    if not config.is_file():
        raise InputError(config, "", "no such file")
    if output.exists() and not force:
        raise InputError(output, "", "exists already; --force overwrites it")
    text = draft(config, output)
    output.write_text(text, encoding="utf-8")
    print(f"wrote {output}: go through its limits, then hil rig check {output}")


def check(rig: RigPath) -> int:
    """Show every setting with unit, bounds and present value, and what is wrong. Connects."""
    from hil.rig_check import check_rig

    return check_rig(rig)


def park(rig: RigPath, db: Db = None) -> int:
    """Bring every device to its safe state, light first."""
    from hil.manual import park_rig

    problems = park_rig(rig, db)
    for problem in problems:
        print(f"error: {problem.setting}: {problem.message}", file=sys.stderr)
    if not problems:
        print("parked")
    return 1 if problems else 0


def apply(
    session: SessionRef,
    best: Annotated[bool, typer.Option("--best", help="The winner's settings.")] = False,
    trial: Annotated[
        int | None, typer.Option("--trial", metavar="N", help="The settings of this trial.")
    ] = None,
    rig: Annotated[
        Path | None,
        typer.Option("--rig", metavar="RIG.toml", help="Another rig file than the session's."),
    ] = None,
    db: Db = None,
    frames: Frames = None,
) -> None:
    """Move the rig to a trial's settings; the rig stays as it then is, lit where they say so."""
    from hil.errors import InputError
    from hil.manual import apply_trial

    if best == (trial is not None):
        raise InputError("hil apply", "", "give either --best or --trial N")
    for name, value in apply_trial(session, None if best else trial, rig, db, frames).items():
        print(f"{name} = {value}")


def estimate(
    frames: Annotated[
        Path, typer.Argument(metavar="FRAMES", help="An .npy, .npz, .tif or .zarr file, ADU.")
    ],
    noise: Annotated[
        str,
        typer.Option(
            metavar="MODEL",
            help="gaussian:sigma_adu=10, poisson, or"
            " camera:gain_e_per_adu=0.5,offset_adu=100,read_noise_e=1.6,bit_depth=16.",
        ),
    ],
    estimator: Annotated[str, typer.Option(metavar="NAME", help="How.")] = "stationary",
    patch_size: Annotated[int, typer.Option(metavar="PIXELS", help="Side of a patch.")] = 16,
    confidence: Annotated[float, typer.Option(help="Of the interval.")] = 0.95,
    seed: Annotated[int, typer.Option(help="Of whatever is random.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, with all details.")] = False,
) -> None:
    """Estimate the information in frames on disk, in bits per pixel."""
    import dataclasses
    import json

    from hil.information import estimate_information, parse_noise, read_frames

    model = parse_noise(noise)
    found = estimate_information(
        read_frames(frames),
        model,
        estimator=estimator,
        patch_size=patch_size,
        confidence=confidence,
        seed=seed,
    )
    if as_json:
        print(json.dumps(dataclasses.asdict(found), indent=2, default=str))
        return
    print(f"information  {found.bits_per_pixel:.4f} bits per pixel")
    print(f"interval     {found.ci_low:.4f} to {found.ci_high:.4f} ({confidence:.0%})")
    print(f"bound        {found.details['held_out_bits']:.4f} bits per pixel, held out")
    print(f"estimator    {found.estimator}, {found.n_patches} patches, {found.n_units} fields")
    print(f"flags        {', '.join(found.flags) or 'none'}")
