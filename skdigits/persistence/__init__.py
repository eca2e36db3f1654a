"""Save models to files that hold no code, and load them."""

from skdigits.persistence._load import load
from skdigits.persistence._save import save

__all__ = ["load", "save"]
