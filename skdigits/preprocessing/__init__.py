"""Transformers that bring images to the range, the shape or the form that a model needs."""

from skdigits.preprocessing._digit_normalizer import DigitNormalizer
from skdigits.preprocessing._image_reshaper import ImageReshaper
from skdigits.preprocessing._pixel_scaler import PixelScaler

__all__ = ["DigitNormalizer", "ImageReshaper", "PixelScaler"]
