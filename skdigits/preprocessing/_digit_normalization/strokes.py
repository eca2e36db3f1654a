"""The strokes of a digit: their tone, and their thickness."""

import numpy as np
from scipy import ndimage

from skdigits.preprocessing._digit_normalization.marks import EIGHT_NEIGHBOURS, extent

INSIDE = 0.4  # least ink that counts to a stroke when its thickness is measured
EDGE = 0.25  # least ink that counts to the digit's box

# Tone
THIN = 5  # pixels; strokes thinner than this have an edge of one pixel, others of two
GROUND_REACH = 4  # pixels around the digit whose ink counts as that of the ground
FULL_TONE = 0.9  # quantile of the digit's ink that becomes 1
VARYING_TONE = 4  # pixels; strokes of this thickness or more have a tone of each place
DETAILED = 60  # pixels, three for each of MNIST's; so have thin strokes of longer digits
SMALLEST_PLACE = 5  # pixels
LEAST_TONE = 0.4  # of the full tone; paler places would let noise become a stroke
LEAST_DIFFERENCE = 1e-6  # keeps a flat mark from a division by zero
SHARP = 6  # pixels; thicker strokes have their edges made sharper, in proportion
MOST_SHARPENING = 3

# Thickness
EDGE_SMOOTHING = 1.0  # points, standard deviation of the Gaussian
LEAST_DEPTH = 0.25  # of the wanted thickness, from the edge to the centre line of a stroke


def even_strokes(ink, mask):
    """Return the digit's strokes as 0..1, whatever the pen's tone.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Ink of each pixel.

    mask : ndarray of shape (height, width), bool
        The pixels of the digit.

    Returns
    -------
    strokes : ndarray of shape (height + 2, width + 2)
        1 on strokes, 0 elsewhere, values between on their edges. A digit that has no more ink than
        what is around it has nowhere more than EDGE.
    """
    thickness = max(stroke_thickness(mask), 1)
    near = ndimage.binary_dilation(mask, EIGHT_NEIGHBOURS, 1 if thickness < THIN else 2)
    ground = ndimage.binary_dilation(mask, EIGHT_NEIGHBOURS, GROUND_REACH) & ~near
    low = float(np.quantile(ink[ground], 0.5)) if ground.any() else 0.0
    high = float(np.quantile(ink[mask], FULL_TONE))
    level = np.full(ink.shape, high)
    if thickness >= VARYING_TONE or extent(mask) > DETAILED:
        # The pen presses more here and less there: take the tone of the place.
        size = max(int(2 * thickness) | 1, SMALLEST_PLACE)
        level = ndimage.maximum_filter(np.where(mask, ink, 0), size)
        level = ndimage.uniform_filter(np.clip(level, LEAST_TONE * high, high), size)
    strokes = np.where(near, (ink - low) / np.maximum(level - low, LEAST_DIFFERENCE), 0)
    # Large strokes are to be full up to their edges. Small ones consist of their grey edges.
    sharper = np.clip(thickness / SHARP, 1, MOST_SHARPENING)
    strokes = np.clip(0.5 + sharper * (strokes - 0.5), 0, 1)
    strokes = np.where(near, strokes, 0)
    return np.pad(strokes, 1)


def stroke_thickness(ink):
    """Return the usual thickness of the strokes, in pixels of `ink`; 0 if there are none."""
    inside = ink > INSIDE
    depth = ndimage.distance_transform_edt(inside)
    ridge = inside & (depth >= ndimage.maximum_filter(depth, 3))
    return 2 * float(np.median(depth[ridge])) - 1 if ridge.any() else 0.0


def with_thickness(ink, wanted, *, smoothing):
    """Return ink with strokes of another thickness and smooth edges.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        Strokes of 0..1.

    wanted : float
        The thickness to give them, in pixels of `ink`.

    smoothing : float
        Standard deviation of a Gaussian, in pixels of `ink`. It is applied before strokes become
        thinner, so that the thinnest of them do not vanish.

    Returns
    -------
    ink : ndarray of shape (height, width)
        Strokes of 0..1.
    """
    if stroke_thickness(ink) > wanted:
        ink = ndimage.gaussian_filter(ink, smoothing)
    inside = ink > INSIDE
    depth = ndimage.distance_transform_edt(inside)
    height = depth - ndimage.distance_transform_edt(~inside)
    change = (wanted - stroke_thickness(inside)) / 2
    if change < 0:
        # Strokes that are thin already keep their centre lines.
        ridge = (depth >= ndimage.maximum_filter(depth, 3)) & (depth > LEAST_DEPTH * wanted)
        kept = wanted / 2 - ndimage.distance_transform_edt(~(inside & ridge))
        height = np.maximum(height + change, np.minimum(kept, height))
    else:
        height = height + change
    return np.clip(ndimage.gaussian_filter(height, EDGE_SMOOTHING) + 0.5, 0, 1)
