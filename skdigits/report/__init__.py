"""Results as one self-contained page and as JSON."""

from skdigits.report._compare import write_report
from skdigits.report._format import comparison_table
from skdigits.report._run import describe_run

__all__ = ["comparison_table", "describe_run", "write_report"]
