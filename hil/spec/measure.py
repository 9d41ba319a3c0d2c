"""Where a trial looks, and how its frames become information."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from hil.spec.base import Number, SettingName, Settings, Spec, Whole

FEWEST_LABELLED = 8  # fields of view that decoders can learn from, and be judged by


class Grid(Spec):
    """Fields of view in rows and columns around the stage's present position.

    Parameters
    ----------
    columns, rows
        How many.
    step_um
        Distance between neighbours.
    x, y
        The stage's settings; needed where the rig has more than one stage.
    """

    columns: Whole = Field(ge=1, le=1000)
    rows: Whole = Field(ge=1, le=1000)
    step_um: Number = Field(gt=0)
    x: SettingName | None = None
    y: SettingName | None = None


class Blank(Spec):
    """Fields without sample, measured in every trial at the trial's own settings.

    Their information (dust, fringes, stray light) is not the sample's.

    Parameters
    ----------
    fields
        Where there is no sample; without it, the fields of view themselves.
    set
        Settings applied for the blank frames alone, an empty slot of a filter wheel say, and
        taken back afterwards.
    """

    fields: tuple[Settings, ...] | None = Field(default=None, min_length=1)
    set: Settings = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.fields is None and not self.set:
            raise ValueError("give fields, or what to set")
        for field in self.fields or ():
            if set(field) != set((self.fields or ({},))[0]):
                raise ValueError("every blank field must name the same settings")
            if not field:
                raise ValueError("a blank field names no setting")
        return self

    @property
    def moved(self) -> tuple[str, ...]:
        """The settings that blank frames move."""
        return (*self.set, *((self.fields or ({},))[0]))


class Measure(Spec):
    """How a trial is measured.

    Parameters
    ----------
    grid, fields
        The fields of view, the same in every trial; one of the two. Without both, one field where
        the stage stands. ``fields = "as needed"`` beside a grid: trials that search take
        ``min_fields`` of its fields in turn, since settings differ far more than fields do, and
        those that decide (leaders, references) take all.
    min_fields, max_fields
        Fields that a trial that searches takes, and those that it may go on to where that decides
        something, where fields are taken as needed. By default 1, and no more than that.
    repeats
        Frames of each field.
    keep_frames
        ``"all"``, ``"first"`` (the first repeat of each field), or ``"none"``.
    blank
        Fields without sample, measured with every trial.
    unguarded
        Guards of frames that are not asked, ``"dark"`` say; see docs/faults.md.
    pipeline
        Whether a trial is measured while the one before is estimated, so that a proposal knows one
        trial less: true, false, or ``"auto"``, once the times that both take say that it pays.
    sequence
        File of an acquisition sequence that every frame is then: its images are the frame's
        channels. Relative to the session file; see docs/sequences.md.
    triggered
        Whether the devices of the sequence step by the camera's trigger.
    labels
        What each field of view shows, for ``bits_about_label``: whole numbers or words.
    """

    grid: Grid | None = None
    fields: Literal["as needed"] | tuple[Settings, ...] | None = None
    min_fields: Whole | None = Field(default=None, ge=1)
    max_fields: Whole | None = Field(default=None, ge=1)
    repeats: Whole = Field(default=1, ge=1, le=10_000)
    keep_frames: Literal["all", "first", "none"] = "all"
    blank: Blank | None = None
    unguarded: tuple[str, ...] = ()
    pipeline: Literal[True, False, "auto"] = "auto"
    sequence: str | None = Field(default=None, min_length=1)
    triggered: bool = False
    labels: tuple[Whole, ...] | tuple[str, ...] = ()

    @model_validator(mode="after")
    def _no_trial_waits(self) -> Self:
        if self.pipeline is True and self.max_fields is not None:
            raise ValueError("pipeline: true, not beside max_fields: its trials wait for estimates")
        return self

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if self.triggered and self.sequence is None:
            raise ValueError("triggered: only with sequence")
        if self.labels and (problem := self._wrong_labels()):
            raise ValueError(f"labels: {problem}")
        if self.fields == "as needed":
            return self._as_needed()
        for name, value in (("min_fields", self.min_fields), ("max_fields", self.max_fields)):
            if value is not None:
                raise ValueError(f'{name}: only with fields = "as needed"')
        if self.grid is not None and self.fields is not None:
            raise ValueError("give either grid or fields")
        if self.fields is not None:
            if not self.fields:
                raise ValueError("fields: an empty list, allowed: one field or more")
            if any(set(field) != set(self.fields[0]) for field in self.fields):
                raise ValueError("every field must name the same settings")
            if len({tuple(sorted(field.items())) for field in self.fields}) < len(self.fields):
                raise ValueError("a field of view is named twice")
        return self

    def _wrong_labels(self) -> str:
        if self.fields == "as needed":
            return 'not with fields = "as needed", since all fields are to be told apart'
        if len(self.labels) != self.n_fields:
            return f"{len(self.labels)}, allowed: {self.n_fields}, one a field of view"
        shares = [self.labels.count(label) for label in set(self.labels)]
        if len(shares) < 2 or min(shares) < 2 or self.n_fields < FEWEST_LABELLED:
            return (
                f"{len(shares)} of {self.n_fields} fields, allowed: two labels or more, each of two"
                f" fields or more, {FEWEST_LABELLED} fields in all"
            )
        return ""

    def _as_needed(self) -> Self:
        if self.grid is None:
            raise ValueError('fields = "as needed" takes its fields from a grid, and there is none')
        if self.blank is not None:
            raise ValueError('fields = "as needed": not beside blank fields')
        if self.min_fields is not None and self.min_fields > self.n_fields:
            raise ValueError(f"min_fields: {self.min_fields}, allowed: 1 to {self.n_fields}")
        least = self.min_fields or 1
        if self.max_fields is not None and not least <= self.max_fields <= self.n_fields:
            raise ValueError(f"max_fields: {self.max_fields}, allowed: {least} to {self.n_fields}")
        return self

    @property
    def listed(self) -> tuple[Settings, ...]:
        """The fields of view that are given one by one."""
        return () if self.fields is None or self.fields == "as needed" else self.fields

    @property
    def n_to_search(self) -> int:
        """Number of fields of view of a trial that searches."""
        return (self.min_fields or 1) if self.fields == "as needed" else self.n_fields

    @property
    def most_to_search(self) -> int:
        """Number of fields of view that a trial that searches may go on to."""
        if self.fields != "as needed":
            return self.n_fields
        return max(self.n_to_search, self.max_fields or 0)

    @property
    def n_fields(self) -> int:
        """Number of fields of view."""
        if self.grid is not None:
            return self.grid.columns * self.grid.rows
        return len(self.listed) or 1

    @property
    def n_blanks(self) -> int:
        """Number of blank fields."""
        if self.blank is None:
            return 0
        return self.n_fields if self.blank.fields is None else len(self.blank.fields)

    @property
    def n_frames(self) -> int:
        """Frames of one trial, those of blank fields included."""
        return (self.n_fields + self.n_blanks) * self.repeats


_LEAST_PATCHES = 8  # of an image: what an estimator asks for at least
PATTERN_FIELDS = 8  # what `hil.information` needs to tell a pattern from scenes


class EstimatorSpec(Spec):
    """How frames become information; the same for all trials of a session.

    Parameters
    ----------
    kind
        One of the estimators' names.
    patch_size
        Side of a patch, pixels.
    confidence
        Of intervals.
    subtract_pattern
        Whether what all fields of view share is taken off, where no maps of the camera are at hand.
    lower_bound
        Whether each trial's estimate has a lower bound beside it.
    max_pixels
        At most so many pixels of each image are estimated from, in patches at places drawn once
        with the session's seed, the same in all trials. What is checked (flags, clipped pixels,
        spikes, patterns) is checked in all pixels.
    """

    kind: str = "predictive"
    patch_size: Whole = Field(default=16, ge=1, le=256)
    confidence: Number = Field(default=0.95, gt=0, lt=1)
    subtract_pattern: bool = False
    lower_bound: bool = False
    max_pixels: Whole = Field(default=2**19, ge=2**12, le=2**31)

    @model_validator(mode="after")
    def _enough_patches(self) -> Self:
        if self.max_pixels < (least := _LEAST_PATCHES * self.patch_size**2):
            raise ValueError(
                f"max_pixels: {self.max_pixels} of each image are fewer than {_LEAST_PATCHES}"
                f" patches of patch_size = {self.patch_size}, allowed: an integer from {least}"
            )
        return self

    def cannot_subtract(self, n_fields: int) -> str:
        """Say why what fields share could not be taken off; empty where it can be."""
        if not self.subtract_pattern:
            return ""
        if n_fields < PATTERN_FIELDS:
            return f"{n_fields} fields of view, needed: {PATTERN_FIELDS} or more, of other scenes"
        return ""
