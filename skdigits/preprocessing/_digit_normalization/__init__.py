"""How `DigitNormalizer` brings one picture of a digit to MNIST's form, a module for each step.

A picture goes through them in this order:

- `reading`: a file, an image or an array to an array of grey values
- `light`: even light, and less noise
- `polarity`: whether the ink is lighter or darker than its ground
- `ink`: how much ink each pixel holds
- `ruled_lines`: the lines of ruled and squared paper go
- `marks`: which of the marks are the digit
- `strokes`: the strokes of the digit, of even tone
- `mnist_form`: their place, size and thickness
- `upstroke`: a 1 without the strokes beside its stem

`find_digit` calls those from `light` to `strokes`. `kind_of_picture` and `thresholds` hold
what several of them ask.

Each constant says what it is and what it is for. Unless its comment says where the value comes
from, it was found by trial: on photographs, and on drawings like those of
`benchmarks.digit_pictures`. Lengths that are shares are of the picture's longer side, unless the
name says otherwise; tones are on a scale on which black is 0 and white is 1.
"""
