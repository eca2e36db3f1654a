"""Show the last results in docs/performance.md: ``python -m benchmarks.publish [FOLDER]``.

FOLDER is the runner's ``--out``. So no figure of the tables is typed by hand.
"""

import json
import shutil
import sys
from pathlib import Path

from benchmarks.report import markdown
from benchmarks.runner import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->", "<!-- end of measured -->"


def main(folder="out/benchmarks"):
    """Copy results and plot, and put the tables between the marks of the page."""
    home = PAGE.with_suffix("")
    home.mkdir(exist_ok=True)
    for name in ("results.json", "results.png"):
        shutil.copyfile(Path(folder) / name, home / name)
    results = json.loads((home / "results.json").read_text(encoding="utf-8"))
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{markdown(results)}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
