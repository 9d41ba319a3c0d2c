"""How many bits frames tell about something named: a label, or a measured value, of each scene.

Lower bounds by decoders that are fixed beforehand and never see what they are judged by. They need
scenes whose truth is known. May import `hil.information`'s estimates; scikit-learn lives here.
"""

from hil.information.target.label import label_information
from hil.information.target.told import AboutTarget
from hil.information.target.value import target_information

__all__ = ["AboutTarget", "label_information", "target_information"]
