"""Progress bars, warnings and tables on the terminal."""

import signal
import textwrap
import threading
import time
import warnings
from typing import Any, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from skdigits._quiet import is_quiet
from skdigits._shown_numbers import percent
from skdigits.cli._streams import in_one_line, print_result, readable, tell
from skdigits.model_selection._table import narrowed
from skdigits.report._format import duration, short_names

BAR_WIDTH = 20  # with the name and the time, leaves 25 letters of 80 for the stage
SECONDS_BETWEEN_LINES = 60  # if standard error is no terminal
NARROWEST_NAME = 12  # letters of a name before it is broken in a narrow table
ANY_WIDTH = 10_000


class Display:
    """Context manager and callable that shows progress, with one bar for each model or study.

    Bars are printed on standard error if that is a terminal. If it is a pipe or a file, a line a
    minute says how far the work is. Neither is printed if the command is quiet. Warnings are kept
    for the end, since they would break the bars apart. After Ctrl-C the next report raises
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
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=BAR_WIDTH),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeRemainingColumn(elapsed_when_finished=True),
            # It takes the rest of the line, and is cut off there.
            TextColumn(
                "{task.fields[stage]}",
                style="dim",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True),
            ),
            console=console,
            expand=True,
            disable=is_quiet() or not console.is_terminal,
            speed_estimate_period=600,
        )
        self._lines = None if is_quiet() or console.is_terminal else _Lines()

    def __enter__(self):
        self._old_handler = signal.getsignal(signal.SIGINT)
        if self._old_handler is not signal.SIG_IGN:  # scripts ignore Ctrl-C in the background
            signal.signal(signal.SIGINT, self._interrupt)
        self._catcher = warnings.catch_warnings()
        self._catcher.__enter__()
        warnings.showwarning = self._keep_warning
        self._bars.start()
        if self._lines:
            self._lines.start()
        return self

    def __exit__(self, *error):
        if self._lines:
            self._lines.stop()
        self._bars.stop()
        self._catcher.__exit__(*error)
        signal.signal(signal.SIGINT, self._old_handler)

    def __call__(self, name, fraction, stage):
        """Show the fraction of a model's work that is done; None if it is not known."""
        if self._interrupted:
            raise KeyboardInterrupt
        self._name = name
        if self._lines:
            self._lines.latest = name, fraction, stage
        if name not in self._tasks:
            title = in_one_line(short_names([name])[0])
            self._tasks[name] = self._bars.add_task(title, total=None, stage="")
        total, stage = None if fraction is None else 1.0, in_one_line(stage)
        self._bars.update(self._tasks[name], total=total, completed=fraction or 0.0, stage=stage)

    def _interrupt(self, signum, frame):
        self._interrupted = True
        signal.default_int_handler(signum, frame)

    def _keep_warning(self, message, *_):
        first_line = str(message).partition("\n")[0].rstrip(" :")
        text = f"{self._name}: {first_line}"
        if text not in self.warnings:
            self.warnings.append(text)


class _Lines:
    """Says once a minute how far the work is, also while a fit reports nothing.

    Attributes
    ----------
    latest : tuple of (str, float or None, str)
        The last report: the name, the fraction that is done, and the stage.
    """

    def __init__(self):
        self.latest = None
        self._start = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._ended.set()
        self._thread.join()

    def _run(self):
        while not self._ended.wait(SECONDS_BETWEEN_LINES):
            if self.latest:
                name, fraction, stage = self.latest
                share = "" if fraction is None else f"{percent(fraction, digits=0)} done, "
                passed = duration(time.monotonic() - self._start)
                tell(f"{name}: {share}{stage} (after {passed})")


def print_table(columns, rows, *, title, n_texts=1, best_first=True):
    """Print a table on standard output; in a pipe, no line is cut off.

    The first `n_texts` columns are texts, the others numbers. If `best_first`, the first row is
    printed as the best one. If the table is wider than the terminal, texts take several lines, and
    so do numbers with a spread: no word and no number is cut.
    """
    columns, *rows = ([in_one_line(cell) for cell in row] for row in (columns, *rows))
    title = in_one_line(title)
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = 200
    any_width = console.options.update(width=ANY_WIDTH)

    def widths(table):
        return console.measure(table, options=any_width)

    options: dict[str, Any] = {"n_texts": n_texts, "best_first": best_first}
    table = _table(columns, rows, **options)
    if widths(table).maximum > console.width:
        columns, rows = narrowed(columns, rows, n_texts)
        table = _table(columns, rows, **options)
        if widths(table).minimum > console.width:
            options["padding"] = 0
            table = _table(columns, rows, **options)
        if (excess := widths(table).minimum - console.width) > 0:
            rows = _with_shorter_names(rows, excess)
            table = _table(columns, rows, **options)
    # If the terminal is too narrow, let it break lines: Rich would leave columns empty.
    console.width = max(console.width, widths(table).minimum)
    with console.capture() as printed:
        console.print(readable(title), style="table.title")  # it may be wider than the table
        console.print(table)
    if not is_quiet():
        print_result(printed.get().removesuffix("\n"))


def _table(columns, rows, *, n_texts, best_first, padding=1):
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, padding),
        collapse_padding=True,
        pad_edge=False,
    )
    for number, cells in enumerate(zip(columns, *rows, strict=True)):
        side: Literal["left", "right"] = "left" if number < n_texts else "right"
        whole = number == 0 or number >= n_texts
        lines = "\n".join(map(readable, cells)).split("\n")
        table.add_column(
            readable(cells[0]),
            justify=side,
            overflow="fold",
            no_wrap=whole,
            min_width=max(map(cell_len, lines)) if whole else None,
        )
    for row in rows:
        is_best = best_first and row is rows[0] and len(rows) > 1
        table.add_row(*map(readable, row), style="bold" if is_best else None)
    return table


def _with_shorter_names(rows, excess):
    """Return rows whose names, in the first column, are broken at hyphens and spaces."""
    width = max(NARROWEST_NAME, max(len(name) for name, *_ in rows) - excess)
    return [["\n".join(textwrap.wrap(name, width)) or name, *others] for name, *others in rows]


def accuracy_line(comparison, n_train, is_held_out):
    """Return what to print of a model that was trained, and measured on other images."""
    (model,) = comparison.models
    which = "held-out images, a fifth of each class" if is_held_out else "test images"
    return (
        f"Accuracy: {percent(model.mean['accuracy'])} on {comparison.n_evaluated:,} {which} "
        f"(trained on {n_train:,})"
    )
