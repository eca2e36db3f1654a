"""Write results as self-contained pages, as JSON and as drawings."""

from skdigits.model_selection._table import comparison_table
from skdigits.report._comparison_page import write_report
from skdigits.report._index_page import write_index
from skdigits.report._published_table import published_table
from skdigits.report._run import describe_run
from skdigits.report._study_page import write_study
from skdigits.report._tuning_page import write_tuning

__all__ = [
    "comparison_table",
    "describe_run",
    "published_table",
    "write_index",
    "write_report",
    "write_study",
    "write_tuning",
]
