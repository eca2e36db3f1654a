"""What long work shows on the terminal: progress, Ctrl-C, warnings, tables."""

import signal
import warnings
from typing import Literal

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from skdigits.cli._streams import readable, say


class Display:
    """Context manager and callable that shows the progress of several models, a bar each.

    Bars go to standard error, and only to a terminal. Warnings are kept for the end, where they
    don't tear the bars apart. After Ctrl-C the next report raises KeyboardInterrupt: an estimator
    that takes Ctrl-C as the end of its own fit doesn't hide it from the program.

    Attributes
    ----------
    warnings : list of str
        Each warning once, with the name of the model that was being worked on.
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
            disable=not console.is_terminal,
            speed_estimate_period=600,
        )

    def __enter__(self):
        self._old_handler = signal.getsignal(signal.SIGINT)
        if self._old_handler is not signal.SIG_IGN:  # as in the background of a script
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
        """Show that a model has come so far; None is an unknown fraction."""
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
    """Print a table on standard output; never cut off in a pipe.

    The first `n_texts` columns are texts, the others numbers. The first row is printed as the best
    where it is that.
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
    # Rich leaves columns empty that have no room; a terminal breaks lines that are too long.
    any_width = console.options.update(width=10_000)
    console.width = max(console.width, console.measure(table, options=any_width).minimum)
    with console.capture() as printed:
        console.print(table)
    say(printed.get().removesuffix("\n"))
