"""What the whole test suite shares: where the real data sets are."""

import os
from pathlib import Path

import pytest

BESIDE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_folder():
    """Return the folder that holds ``mnist/`` and ``fashion/``, or skip."""
    folder = Path(os.environ.get("SKDIGITS_DATA") or BESIDE_CHECKOUT)
    if not (folder / "mnist").is_dir():
        pytest.skip(
            f"the full data sets are not at {folder}; set SKDIGITS_DATA to a folder with them"
        )
    return folder
