"""How much ink each pixel of a grey picture holds."""

import numpy as np
from scipy import ndimage

DARKEST_GROUND = 0.3  # of the lightest ground; darker ground would make its noise look like ink


def ink_on_ground(grey, *, light_ink, stroke):
    """Return the ink of each pixel, from 0 for the ground to 1, for strokes up to `stroke` pixels.

    The ground is what a grey closing leaves: everything narrower than its window vanishes, so that
    edges of shadows and of pages stay ground. Dark ink absorbs a share of the light, so that it is
    measured as a share of the ground.
    """
    window = int(stroke) | 1
    if light_ink:
        ground = -grey_closing(-grey, window)
        ink = grey - ground
    else:
        ground = grey_closing(grey, window)
        ink = (ground - grey) / np.maximum(ground, DARKEST_GROUND * ground.max())
    # A closing lies on top of the noise, so that the ground seems to have a little ink.
    return np.clip(ink - np.median(ink[ink <= ink.mean()]), 0, None)


def grey_closing(grey, window):
    """Return the picture without what is dark and narrower than `window` pixels."""
    return ndimage.grey_closing(grey, size=(window, window), mode="nearest")
