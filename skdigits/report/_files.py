"""Moved to `skdigits._files`."""

from skdigits._files import to_json, write_text

__all__ = ["to_json", "write_text"]
