"""Progress bars, warnings and tables on the terminal."""

import signal
import warnings
from typing import Literal

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from skdigits._quiet import is_quiet
from skdigits.cli._streams import readable, say


class Display:
    """Context manager and callable that shows progress, with one bar for each model or study.

    Bars are printed on standard error, if that is a terminal and the command is not quiet. Warnings
    are kept for the end, since they would break the bars apart. After Ctrl-C the next report raises
    KeyboardInterrupt, also if an estimator has only ended its fit.

    Attributes
    ----------
    warnings : list of str
        Each warning once, with the name of the model or study that caused it.
    """

    def __init__(self):
        console = Console(stderr=True)
        self.warnings = []
        self._name = ""
        self._tasks = {}
        self._interrupted = False
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(elapsed_when_finished=True),
            TextColumn("[dim]{task.fields[stage]}"),
            console=console,
            disable=is_quiet() or not console.is_terminal,
            speed_estimate_period=600,
        )

    def __enter__(self):
        self._old_handler = signal.getsignal(signal.SIGINT)
        if self._old_handler is not signal.SIG_IGN:  # scripts ignore Ctrl-C in the background
            signal.signal(signal.SIGINT, self._interrupt)
        self._catcher = warnings.catch_warnings()
        self._catcher.__enter__()
        warnings.showwarning = self._keep_warning
        self._bars.start()
        return self

    def __exit__(self, *error):
        self._bars.stop()
        self._catcher.__exit__(*error)
        signal.signal(signal.SIGINT, self._old_handler)

    def __call__(self, name, fraction, stage):
        """Show the fraction of a model's work that is done; None if it is not known."""
        if self._interrupted:
            raise KeyboardInterrupt
        self._name = name
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=None, stage="")
        total = None if fraction is None else 1.0
        self._bars.update(self._tasks[name], total=total, completed=fraction or 0.0, stage=stage)

    def _interrupt(self, signum, frame):
        self._interrupted = True
        signal.default_int_handler(signum, frame)

    def _keep_warning(self, message, *_):
        first_line = str(message).partition("\n")[0]
        text = f"{self._name}: {first_line}"
        if text not in self.warnings:
            self.warnings.append(text)


def print_table(columns, rows, *, title, n_texts=1, best_first=True):
    """Print a table on standard output; in a pipe, no line is cut off.

    The first `n_texts` columns are texts, the others numbers. If `best_first`, the first row is
    printed as the best one.
    """
    table = Table(
        title=readable(title),
        title_justify="left",
        box=box.SIMPLE_HEAD,
        collapse_padding=True,
        pad_edge=False,
    )
    for number, column in enumerate(columns):
        side: Literal["left", "right"] = "left" if number < n_texts else "right"
        table.add_column(
            readable(column), justify=side, vertical="bottom", overflow="fold", no_wrap=number == 0
        )
    for row in rows:
        is_best = best_first and row is rows[0] and len(rows) > 1
        table.add_row(*map(readable, row), style="bold" if is_best else None)
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 200
    # If the terminal is narrow, let it break lines: Rich would leave columns empty.
    any_width = console.options.update(width=10_000)
    console.width = max(console.width, console.measure(table, options=any_width).minimum)
    with console.capture() as printed:
        console.print(table)
    say(printed.get().removesuffix("\n"))
