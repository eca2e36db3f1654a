"""Published figures beside ours as text, the same on the terminal, on pages and in docs/."""

from dataclasses import asdict

from skdigits._named_data import title_of
from skdigits._shown_numbers import DASH, count, number, percent
from skdigits.report import _format as fmt

COLUMNS = {
    "text": "The study said",
    "where": "Figure",
    "value": "Published",
    "found": "Ours",
    "difference": "Difference",
    "n": "Seeds",
}

MEASURES = {"accuracy": "test accuracy", "train_accuracy": "training accuracy"}


def published_row(claim):
    """Return a published figure and ours as texts by name; `claim` is as in ``results.json``."""
    in_percent = claim["measure"].endswith("accuracy")
    change = fmt.points if in_percent else fmt.signed
    plain = percent if in_percent else number
    model = claim["model"] or "lowest setting"
    if claim["against"] is not None:
        model += f" less {claim['against']}"
    show = plain if claim["against"] is None else change  # the figure may itself be a difference
    what = MEASURES.get(claim["measure"], fmt.words(claim["measure"]).lower())
    return {
        "text": claim["text"],
        "where": f"{model}, {what}, {title_of(claim['data'])}",
        "value": DASH if claim["value"] is None else show(claim["value"]),
        "found": show(claim["mean"], claim["std"]),
        "difference": DASH if claim["difference"] is None else change(claim["difference"]),
        "n": count(claim["n"]),
        "note": claim["note"],
    }


def published_table(result):
    """Return the table of published figures beside ours as texts.

    Parameters
    ----------
    result : skdigits.studies.StudyResult
        The results.

    Returns
    -------
    columns : tuple of str
        The column names.
    rows : list of list of str
        One row for each published figure; its note, if it has one, follows the statement. Ours is
        mean ± standard deviation over the seeds. Differences of accuracies are in percentage
        points.

    Examples
    --------
    >>> from skdigits.report import published_table
    >>> from skdigits.studies import Experiment, Model, Published, Study, run_study
    >>> model = Model("mlp", {"hidden_layer_sizes": (8,), "epochs": 1})
    >>> study = Study(
    ...     name="one",
    ...     title="One model",
    ...     question="How good is it?",
    ...     source="An example.",
    ...     minutes=1,
    ...     experiments=(Experiment("only", "Eight nodes", ("digits",), {"mlp": model}),),
    ...     published=(Published("Over 5 %", "only", "digits", value=0.05, model="mlp"),),
    ... )
    >>> columns, rows = published_table(run_study(study, n_seeds=1))
    >>> columns[:2], rows[0][:2]
    (('The study said', 'Figure'), ['Over 5 %', "mlp, test accuracy, scikit-learn's digits"])
    """
    rows = [published_row(asdict(claim)) for claim in result.published]
    for row in rows:
        row["text"] = ". ".join(filter(None, (row["text"], row["note"])))
    return tuple(COLUMNS.values()), [[row[key] for key in COLUMNS] for row in rows]
