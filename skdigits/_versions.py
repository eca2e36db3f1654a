"""The versions that results depend on."""

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

import skdigits

PACKAGES = ("scikit-learn", "keras", "tensorflow", "scikeras", "numpy")


def installed_versions():
    """Return the versions of skdigits and of the packages that compute, by name."""
    found = {"skdigits": skdigits.__version__}
    for package in PACKAGES:
        with suppress(PackageNotFoundError):
            found[package] = version(package)
    return found
