"""Whether Ctrl-C in a training keeps the epochs done."""

import sys
from types import FrameType

# They fit several times, or measure what they fit: a part of a fit would count as a whole one.
OWNERS = (
    "skdigits.ensemble",
    "skdigits.model_selection",
    "skdigits.studies",
    "skdigits.tuning",
    "sklearn.calibration",
    "sklearn.ensemble",
    "sklearn.feature_selection",
    "sklearn.model_selection",
    "sklearn.multiclass",
    "sklearn.multioutput",
    "sklearn.semi_supervised",
)


def is_part_of_more():
    """Tell whether a search, a cross-validation, an average or such has called `fit`."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if str(frame.f_globals.get("__name__")).startswith(OWNERS):
            return True
        frame = frame.f_back
    return False
