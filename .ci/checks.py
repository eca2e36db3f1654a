"""All checks besides the plain tests: ``python .ci/checks.py``, where ``.[dev]`` is installed.

The same on Linux, macOS and Windows.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from skdigits._processor import flags, has_bfloat16, told_onednn  # noqa: E402

WORKFLOWS = sorted(str(path) for path in (ROOT / ".github/workflows").glob("*.yml"))
# The files with such tests; to collect the others takes seconds.
PRECISION = sorted(
    str(path)
    for path in (ROOT / "tests").glob("test_*.py")
    if "mark.precision" in path.read_text(encoding="utf-8")
)
STARTED = time.monotonic()


def main():
    """Run everything, and stop at the first error."""
    step("ruff")
    python("ruff", "check", ".")
    python("ruff", "format", "--check", ".")

    step("imports go down only")
    lint_imports = shutil.which("lint-imports", path=sysconfig.get_path("scripts"))
    command(lint_imports or "lint-imports", "--no-cache", "--no-logo")

    step("changelog, pre-commit, workflows")
    python("towncrier", "build", "--draft", "--version", "next")
    python("pre_commit", "validate-config")
    python("check_jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    python("check_jsonschema", "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml")

    step("spelling")
    python("codespell_lib", ".")

    step("mypy, wheel and sdist; beside them the site")
    with ThreadPoolExecutor(2) as threads:  # each takes one core
        for done in [threads.submit(types_and_archives), threads.submit(site)]:
            done.result()

    for environment in other_processors():
        step(f"as on another processor: {environment}")
        python("pytest", "-q", "-n", "2", "-m", "precision and not slow", *PRECISION, **environment)
    step("done")


def types_and_archives():
    """Check the types; build the wheel and the sdist, and look into them."""
    python("mypy")
    with tempfile.TemporaryDirectory() as folder:
        python("build", "--no-isolation", "--outdir", folder, ".")
        command(sys.executable, ".ci/check_dist.py", folder)


def site():
    """Build the site."""
    # From the beginning, so that no warning is lost, and without the examples, which the tests run.
    options = ("-q", "-W", "--keep-going", "-E", "-D", "plot_gallery=0")
    python("sphinx", *options, "-c", "docs", ".", "build/site", limit=300)


def other_processors():
    """Return what makes this processor compute as the other kinds do.

    One kind has bfloat16 arithmetic, and TensorFlow uses oneDNN there. Another has neither. A few
    have oneDNN alone. The plain tests have run as on this one.
    """
    without_onednn = {"TF_ENABLE_ONEDNN_OPTS": "0"}
    if has_bfloat16():
        return [{"SKDIGITS_TEST_BFLOAT16": "no", **without_onednn}]
    with_bfloat16 = {"SKDIGITS_TEST_BFLOAT16": "yes"}
    return [with_bfloat16, without_onednn] if may_use_onednn() else [with_bfloat16]


def may_use_onednn():
    """Tell whether TensorFlow may compute with oneDNN here, where it isn't told not to."""
    if told_onednn() is not None:
        return told_onednn()
    on_linux_x86 = "avx" in flags()
    by_default = {"avx512_vnni", "avx512_bf16", "avx_vnni", "amx_tile"}
    return not on_linux_x86 or not flags().isdisjoint(by_default)


def step(name):
    """Say what comes, and after how long."""
    print(f"\n== {name} ({time.monotonic() - STARTED:.0f} s)", flush=True)


def python(module, *arguments, **settings):
    """Run a module of this environment."""
    command(sys.executable, "-m", module, *arguments, **settings)


def command(*arguments, limit=None, **environment):
    """Run a command in the root of the repository; stop if it fails, or after so many seconds."""
    done = subprocess.run(arguments, cwd=ROOT, env=os.environ | environment, timeout=limit)
    if done.returncode:
        sys.exit(f"failed: {' '.join(arguments)}")


if __name__ == "__main__":
    main()
