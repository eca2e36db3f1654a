"""Pictures of digits as people take and draw them, drawn from MNIST's, by kind of difficulty.

Each kind takes a digit of MNIST's and a random generator, and draws one picture: an array, or
a PIL image that went through JPEG.
"""

from benchmarks.drawn_digits import on_paper, on_screen, scans, thin_pens

KINDS = {
    "screen": on_screen.KINDS,
    "paper": on_paper.KINDS,
    "thin pens": thin_pens.KINDS,
    "scans": scans.KINDS,
}
