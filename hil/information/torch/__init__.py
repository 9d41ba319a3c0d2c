"""Information of expected frames, with gradients: what a rig would tell, before a frame is drawn.

`expected_information` takes what pixels expect and the camera's noise, and gives bits per pixel as
a tensor that settings can be moved by. May import `hil.noise`.
"""

from hil.information.torch.expected import FAMILIES, expected_information

__all__ = ["FAMILIES", "expected_information"]
