"""Check the built wheel and sdist: ``python .ci/check_dist.py FOLDER``.

They must hold every file of the package, the sdist also all that its tests need, and the package of
the wheel must work by itself.
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main():
    """Check both files in the folder named on the command line."""
    folder = Path(sys.argv[1]).resolve()
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    package, rest = files("skdigits"), files("tests", "docs", "examples", "benchmarks")
    top = {"README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml"}
    with tarfile.open(sdist) as archive:
        in_sdist = {name.partition("/")[2] for name in archive.getnames()}
    require(sdist, package | rest | top, in_sdist)
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name for name in archive.namelist() if ".dist-info/" not in name}
        archive.extractall(folder / "installed")
    require(wheel, package, in_wheel)
    if surplus := in_wheel - package:
        sys.exit(f"{wheel.name} holds what it should not: {sorted(surplus)}")
    use(folder)
    print(f"{sdist.name} and {wheel.name} hold what they should, and the wheel works")


def files(*folders):
    """Return the paths of files in folders, but for what Python and Sphinx leave there."""
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    left = {"__pycache__", "generated"}
    return {str(path.relative_to(ROOT)) for path in found if left.isdisjoint(path.parts)}


def require(archive, wanted, found):
    """Stop if an archive lacks a file."""
    if missing := wanted - found:
        sys.exit(f"{archive.name} lacks {sorted(missing)}")


def use(folder):
    """Write a page with the package of the wheel, which needs the files that are not Python."""
    code = (
        f"import sys; sys.path.insert(0, {str(folder / 'installed')!r}); import skdigits.cli; "
        f"assert skdigits.__file__.startswith({str(folder)!r}), skdigits.__file__; "
        "sys.exit(skdigits.cli.main(sys.argv[1:]))"
    )
    arguments = ["compare", "--models", "dummy", "--out", "page"]
    subprocess.run([sys.executable, "-c", code, *arguments], cwd=folder, check=True)


if __name__ == "__main__":
    main()
