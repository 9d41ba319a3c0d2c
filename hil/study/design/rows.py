"""What designs came to, in words and rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hil.study.design.compare import CONVENTIONAL, GRADIENT, DesignStudy, own_design

AS_GOOD = 0.05  # of the family's range
COST_HEAD = ("design", "labels", "CPU s", "of them to its best", "Gflop", "MB a step")


def score_head(found: DesignStudy) -> tuple[str, ...]:
    """Head the cross table: designs against tasks."""
    return ("design", *(f"{name}, {found.units[name]}" for name in found.scores))


def score_rows(found: DesignStudy) -> Iterator[tuple[str, ...]]:
    """One row a design: its score in each task, and how far that is from the task's own design."""
    for name in found.made:
        cells = []
        for task, own in found.scores.items():
            point, low, high = own[name].against
            rest = f" ({point:+.2f}, {low:+.2f} to {high:+.2f})" if name != own_design(task) else ""
            cells.append(f"{own[name].score:.2f}{rest}")
        yield (name, *cells)


def cost_rows(found: DesignStudy) -> Iterator[tuple[str, ...]]:
    """One row a design that was searched for: what it cost, mean over seeds."""
    for name, made in found.made.items():
        if "cpu_s" not in made[0]:
            continue
        mean = {
            key: float(np.mean([one[key] for one in made]))
            for key in ("labels", "cpu_s", "reached_s", "flops", "peak_mb")
        }
        yield (
            name,
            f"{mean['labels']:.0f}",
            f"{mean['cpu_s']:.0f}",
            f"{mean['reached_s']:.0f}",
            f"{mean['flops'] / 1e9:.1f}",
            f"{mean['peak_mb']:.0f}",
        )


def design_verdicts(found: DesignStudy) -> Iterator[str]:
    """Say for each task whether the information design is as good as its own, and what it saves."""
    for task, own in found.scores.items():
        allowed = AS_GOOD * found.ranges[task]
        point, low, high = own[GRADIENT].against
        word = "as good as" if low > -allowed else "worse than" if high < -allowed else "not shown"
        word += " to be as good as" if word == "not shown" else ""
        yield (
            f"{task}: {GRADIENT}, is {word} {own_design(task)}: {point:+.2f}"
            f" ({low:+.2f} to {high:+.2f}) {found.units[task]}, where -{allowed:.2f} is allowed;"
            f" against the {CONVENTIONAL} design"
            f" {own[GRADIENT].score - own[CONVENTIONAL].score:+.2f}"
        )
        spent = np.mean([one["cpu_s"] for one in found.made[GRADIENT]])
        needed = np.mean([one["reached_s"] for one in found.made[own_design(task)]])
        yield f"  CPU s: {spent:.0f} in all, and end to end {needed:.0f} to its own best"
