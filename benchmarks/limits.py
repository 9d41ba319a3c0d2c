"""Random streams of commands at rigs with random limits, and whether any leads outside one.

    python benchmarks/limits.py [STREAMS] [COMMANDS] [SEED]

Each stream is a rig of its own: limits of settings, choices, sums, norms, a matrix from modes to
actuators, largest steps, backlash from either side. It is asked for settings anywhere in their
ranges, for settings at the very edge of what is allowed, presets, aliases, and parks in between.
The devices record every command and judge each state that it can lead through.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.limit_streams import run_stream

if __name__ == "__main__":
    words = [int(word) for word in sys.argv[1:]]
    streams, commands, first = words + [20_000, 12, 1][len(words) :]
    held = sent = obeyed = refused = no_order = said = 0
    for seed in range(first, first + streams):
        stream = run_stream(seed, commands)
        left = stream.recorder.left
        held += not left
        sent += stream.recorder.commands
        obeyed += stream.obeyed
        refused += stream.refused
        no_order += stream.no_order
        said += stream.said
        if left:
            print(f"stream {seed}: {len(left)} times outside, first {left[0]}", flush=True)
    print(
        f"tried {streams} streams, held {held}: {obeyed} asked and obeyed, {refused} refused,"
        f" {no_order} of them on the way; {said} parks said what they passed; {sent} commands sent"
    )
