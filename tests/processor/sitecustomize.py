"""Answer in the processor's place whether it has bfloat16 arithmetic.

Python runs a file of this name at the start of every process that has its folder on the path. So
the answer also reaches the processes that tests start, joblib's workers among them.
"""

import os

from skdigits import _processor

answer = {"yes": True, "no": False}[os.environ["SKDIGITS_TEST_BFLOAT16"]]
_processor.has_bfloat16 = lambda: answer
