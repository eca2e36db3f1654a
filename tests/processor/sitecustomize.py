"""Answer in the processor's place whether it has bfloat16 arithmetic, or AVX2 and nothing newer.

With AVX2, skdigits does not see that `TF_ENABLE_ONEDNN_OPTS=0` keeps TensorFlow from using oneDNN:
on such a processor TensorFlow does not use it by default.

Python runs a file of this name at the start of every process that has its folder on the path. So
the answer also reaches the processes that tests start, joblib's workers among them.
"""

import os

from skdigits import _processor

answer = {"yes": {"avx512_bf16"}, "no": {"avx2"}}[os.environ["SKDIGITS_TEST_BFLOAT16"]]
_processor.flags = lambda: answer
if "avx2" in answer:
    _processor.told_onednn = lambda: None
