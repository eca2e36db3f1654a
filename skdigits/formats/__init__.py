"""Files of other runtimes.

Importing this package registers our estimators with skl2onnx, where that is installed.
"""

from importlib.util import find_spec

if find_spec("skl2onnx"):
    from skdigits.formats import _skl2onnx, _skl2onnx_gaps

    _skl2onnx.register()
    _skl2onnx_gaps.register()
