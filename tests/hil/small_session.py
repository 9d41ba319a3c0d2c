"""The two files of a session that takes a second."""

RIG = """\
name = "small scope"
camera = "camera"

[[driver]]
kind = "sim.microscope"
seed = 1
height_px = 64
width_px = 64
scene_um = 60

[noise]
kind = "camera"
gain_e_per_adu = 0.5
offset_adu = 100
read_noise_e = 1.6

[setup]
"light.power_mw" = 1.0

[[park]]
set = { "light.power_mw" = 0 }
"""

# The default estimator.
BY_DEFAULT = """\
name = "small"
rig = "rig.toml"
trials = 6
seed = 4

[[search]]
setting = "mirror.z5_nm"
low = -100
high = 100

[[search]]
setting = "focus.z_um"
low = -1
high = 1

[measure]
grid = { columns = 2, rows = 2, step_um = 10 }
repeats = 2

[sampler]
kind = "random"
"""

# Four times as quick: for what does not depend on the number.
SESSION = BY_DEFAULT.replace("[sampler]", '[estimator]\nkind = "stationary"\n\n[sampler]')
