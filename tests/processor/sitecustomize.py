"""Answer in the processor's place whether it has bfloat16 arithmetic.

Python runs a file of this name at the start of every process that has its folder on the path. So
the answer also reaches the processes that tests start, joblib's workers among them.
"""

import os

from skdigits import _processor

answer = {"yes": {"avx512_bf16"}, "no": set()}[os.environ["SKDIGITS_TEST_BFLOAT16"]]
_processor.flags = lambda: answer
