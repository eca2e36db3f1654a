"""Predictions of small fits are those stored for this type of processor."""

import json

import numpy as np
import pytest
from reference_fits import FITS, FOLDER, processor_type
from support import run_python

# Other versions, and processors of other sizes, add up in another order.
TOLERANCE = {
    "mlp-float32": 1e-4,
    "cnn-float32": 1e-4,
    "cnn-bfloat16": 0.03,
    "mlp-auto-halves": 1e-4,
}


@pytest.fixture(scope="module")
def stored_and_given(tmp_path_factory):
    name = f"{processor_type()}.json"
    if not (FOLDER / name).exists():
        pytest.skip(f"no predictions/{name}; `python tests/reference_fits.py` makes it")
    folder = tmp_path_factory.mktemp("predictions")
    run_python("import sys, reference_fits; reference_fits.main(sys.argv[1])", folder)
    return [json.loads((where / name).read_text()) for where in (FOLDER, folder)]


@pytest.mark.precision
@pytest.mark.parametrize("name", FITS)
def test_predictions_are_those_stored(name, stored_and_given):
    stored, given = stored_and_given
    tolerance = 0 if stored["made_on"] == given["made_on"] else TOLERANCE[name]
    np.testing.assert_allclose(
        given["predictions"][name], stored["predictions"][name], rtol=0, atol=tolerance
    )
