"""Pictures of digits as people take and draw them, drawn from MNIST's, by kind of difficulty.

Each of KINDS takes a digit of MNIST's and a random generator, and draws one picture: an array, or
a PIL image that went through JPEG.
"""

from benchmarks.drawn_digits import on_paper, on_screen, thin_pens

KINDS = (*on_screen.KINDS, *on_paper.KINDS, *thin_pens.KINDS)
