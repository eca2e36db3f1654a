"""Shows results: tables on the terminal and in Markdown, and a plot."""

from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.peers import LABELS
from benchmarks.summary import MEASURES, STEPS, ratio, show, verdicts
from benchmarks.workloads import GROWTH, ROWS

MET = {True: "yes", False: "NO", None: "-"}


def tables(results):
    """Return the tables as (title, columns, rows of text).

    Parameters
    ----------
    results : dict
        As written to results.json.
    """
    rows = {row.name: row for row in ROWS if row.name in results["rows"]}
    peers = [
        peer for peer in LABELS if any(peer in results["rows"][name]["values"] for name in rows)
    ]
    measured, judged = [], []
    for name, row in rows.items():
        values = results["rows"][name]["values"]
        for measure in row.measures:
            cells = [_cell(values, measure, peer) for peer in peers]
            measured.append([row.title, MEASURES[measure].name, *cells])
        steps = [str(values.get(peer, {}).get(STEPS, "")) for peer in peers]
        if any(steps):
            measured.append([row.title, "steps a call, the fastest", *steps])
        judged += [
            [row.title, verdict.bar, verdict.found, MET[verdict.met]]
            for verdict in verdicts(row, values)
        ]
    yield "Measured (times skdigits)", ["Work", "", *(LABELS[peer] for peer in peers)], measured
    yield "Bars", ["Work", "Bar", "Found", "Met"], judged
    grown = [
        [growth.title, value, *(f"{cost:.1f}" for cost in costs)]
        for growth in GROWTH
        if growth.name in results["rows"]
        for value, *costs in costs_per_image(results["rows"][growth.name])
    ]
    columns = ["Axis", "Value", "µs an image, further epochs", "µs an image and epoch, whole fit"]
    yield "Cost as the data grow (skdigits)", columns, grown


def costs_per_image(row):
    """Return (value, cost in further epochs, cost over the whole fit), in microseconds."""
    return [
        (
            value,
            1e6 * measures["further_epoch"] / row["jobs"][value]["images"],
            1e6 * measures["seconds"] / row["jobs"][value]["images"] / row["jobs"][value]["epochs"],
        )
        for value, measures in row["values"].items()
    ]


def notes(results):
    """Return a line for each peer that was left out somewhere, and for each other machine."""
    lines: dict = {}
    for name, row in results["rows"].items():
        for peer, reason in row["left_out"].items():
            lines.setdefault(f"Left out: {LABELS.get(peer, peer)}: {reason}", []).append(name)
        machine = row.get("machine", results["machine"])
        if machine != results["machine"]:
            lines.setdefault(f"Measured elsewhere: {described(machine)}", []).append(name)
    return [f"{line} ({', '.join(names)})" for line, names in lines.items()]


def print_tables(results):
    """Print the tables; wide ones are not cut off in a pipe."""
    console = Console()
    if not console.is_terminal:
        console.width = 240
    console.print(headline(results))
    for title, columns, rows in tables(results):
        if not rows:
            continue
        table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
        for number, column in enumerate(columns):
            table.add_column(column, justify="left" if number < 2 else "right")
        for row in _without_repeats(rows):
            table.add_row(*row)
        console.print(table)
    for line in notes(results):
        console.print(line, markup=False)


def markdown(results):
    """Return the same as a Markdown page."""
    parts = [headline(results)]
    for title, columns, rows in tables(results):
        if rows:
            lines = [columns, ["---"] * len(columns), *_without_repeats(rows)]
            table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
            parts.append(f"**{title}**\n\n{table}")
    parts += notes(results)
    return "\n\n".join(parts) + "\n"


def headline(results):
    """Say where and with what this was measured."""
    note = " Too small to judge by: it shows that the benchmark works."
    return (
        f"Size {results['size']}; {described(results['machine'])}."
        f"{note if results['size'] == 'tiny' else ''}"
    )


def described(machine):
    """Return a machine and its packages as text; None is one that the results do not name."""
    if machine is None:
        return "unknown"
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, "
        f"{'with' if machine['bfloat16'] else 'without'} bfloat16; Python {machine['python']}, "
        f"{packages}"
    )


def plot(results, path):
    """Draw the ratios of all rows, and the cost along each growth axis."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 11), layout="constrained")
    grid = figure.add_gridspec(2, 3, height_ratios=[3, 1])
    _plot_ratios(figure.add_subplot(grid[0, :]), results)
    for column, growth in enumerate(GROWTH):
        axes = figure.add_subplot(grid[1, column])
        if growth.name in results["rows"]:
            _plot_growth(axes, growth, costs_per_image(results["rows"][growth.name]))
        else:
            axes.set_axis_off()
    figure.savefig(path, dpi=120)


def _plot_ratios(axes, results):
    names: list = []
    for row in reversed(ROWS):
        for measure in reversed(row.measures):
            if row.name not in results["rows"] or not MEASURES[measure].compares:
                continue
            values = results["rows"][row.name]["values"]
            for colour, peer in enumerate(LABELS):
                found = ratio(values, measure, peer)
                if peer != "skdigits" and found is not None and found > 0:
                    axes.plot(found, len(names), "o", color=f"C{colour}", alpha=0.8)
            for bar in row.bars:
                if bar.peer and bar.measure == measure:
                    colour = list(LABELS).index(bar.peer)
                    axes.plot(bar.ratio, len(names), "|", color=f"C{colour}", ms=18, mew=2)
            names.append(f"{row.name}: {MEASURES[measure].name}")
    for colour, (peer, label) in enumerate(LABELS.items()):
        if peer != "skdigits":
            axes.plot([], [], "o", color=f"C{colour}", label=label)
    axes.plot([], [], "|", color="grey", ms=14, mew=2, label="bar")
    axes.axvline(1, color="grey", lw=1)
    axes.set(
        xscale="log",
        xlabel="times what skdigits takes (right of 1: skdigits takes less)",
        yticks=range(len(names)),
        yticklabels=names,
        title="skdigits and its peers",
    )
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="best")


def _plot_growth(axes, growth, costs):
    values = [int(value) for value, *_ in costs]
    axes.plot(values, [cost for _, cost, _ in costs], "o-", label="further epochs")
    axes.plot(values, [cost for _, _, cost in costs], "s--", label="whole fit")
    axes.set(xscale="log", yscale="log", xlabel=growth.title, ylabel="µs an image and epoch")
    axes.set_xticks(values, [f"{value:,}" for value in values], minor=False, rotation=30)
    axes.set_xticks([], minor=True)
    axes.grid(alpha=0.3)
    axes.legend()


def _cell(values, measure, peer):
    value = values.get(peer, {}).get(measure)
    if value is None:
        return ""
    text = show(value, MEASURES[measure])
    found = ratio(values, measure, peer) if MEASURES[measure].compares else None
    return text if peer == "skdigits" or found is None else f"{text} ({found:.2f} x)"


def _without_repeats(rows):
    """Leave out a first cell that is the same as in the row above."""
    above = None
    for row in rows:
        yield ["", *row[1:]] if row[0] == above else row
        above = row[0]
