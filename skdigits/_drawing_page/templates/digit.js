/* Brings a drawing of a digit to MNIST's form, as `DigitNormalizer` does in Python: its longer side
is 20 pixels, its centre of mass is in the middle, and its strokes are about as thick as MNIST's.

An image is {data, width, height}; ink is 1 on strokes and 0 elsewhere. The constants are those of
`skdigits/preprocessing/_digit_normalization`, which says how they were found. */

const SIDE = 28, BOX = 20, CENTRE = 14.5;
const INK_SIDE = 280;  // pixels of the ink that a digit is read from, about as many as FINE points
const ROOM = 4;  // pixels around the ink
const FINE = 8;  // points for one pixel while strokes are drawn
const EDGE = 0.25, INSIDE = 0.4;  // least ink of the box, and of a stroke's thickness
const ALREADY_FITS = 1;  // pixels
const USUAL_THICKNESS = [1.7, 4.7], WANTED_THICKNESS = [2.2, 4.0];  // pixels
const SMOOTHING = FINE / 6, EDGE_SMOOTHING = 1;  // points
const LEAST_DEPTH = 0.25;  // of the wanted thickness
const LEAST_PART = 0.05;  // of the mass of the heaviest mark
const WIDEST_GAP = 0.4;  // between parts of a digit, of the length of the heaviest mark
const SHARP = 6, MOST_SHARPENING = 3;

/* Returns the 28 x 28 numbers from 0 to 255, or null where there is no ink. */
function toDigit(ink) {
  if (!boxOf(ink, 0)) return null;
  ink = sharpened(cropped(withoutSlips(cropped(ink))));
  const box = boxOf(ink, EDGE);
  if (!box) return null;
  const size = 1 + Math.max(box.bottom - box.top, box.right - box.left);
  let scale = BOX / size;
  let canvas = drawnAgain(ink, scale);
  const thickness = strokeThickness(canvas) / FINE;
  const usual = USUAL_THICKNESS[0] <= thickness && thickness <= USUAL_THICKNESS[1];
  if (!usual) {
    const wanted = clip(thickness, ...WANTED_THICKNESS);
    scale *= (BOX - wanted) / Math.max(BOX - thickness, BOX / 2);
    canvas = withThickness(drawnAgain(ink, scale), wanted * FINE);
    const centre = centreOfMass(canvas);
    const off = [centre[0] - CENTRE * FINE, centre[1] - CENTRE * FINE];
    canvas = withThickness(drawnAgain(ink, scale, off), wanted * FINE);
  }
  const stem = bareStem(canvas);
  if (stem) {
    canvas = drawnAgain(stem, 1 / FINE);
  } else if (usual && Math.abs(size - BOX) <= ALREADY_FITS) {
    return toBytes(movedToCentre(ink));
  }
  return toBytes(blockMeans(canvas, FINE));
}

function blank(width, height) {
  return { data: new Float32Array(width * height), width, height };
}

const clip = (x, low, high) => Math.min(Math.max(x, low), high);

function toBytes({ data }) {
  return Uint8ClampedArray.from(data, (x) => Math.round(255 * x));
}

function boxOf({ data, width, height }, least) {
  let top = height, bottom = -1, left = width, right = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] <= least) continue;
      top = Math.min(top, y);
      bottom = y;
      left = Math.min(left, x);
      right = Math.max(right, x);
    }
  }
  return bottom < 0 ? null : { top, bottom, left, right };
}

/* Returns the part of an image that has ink, with some room for filters around it. */
function cropped(ink) {
  const { top, bottom, left, right } = boxOf(ink, 0);
  const part = blank(right - left + 1 + 2 * ROOM, bottom - top + 1 + 2 * ROOM);
  for (let y = top; y <= bottom; y++) {
    const row = ink.data.subarray(y * ink.width + left, y * ink.width + right + 1);
    part.data.set(row, (y - top + ROOM) * part.width + ROOM);
  }
  return part;
}

function centreOfMass({ data, width, height }) {
  let mass = 0, down = 0, across = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const weight = data[y * width + x];
      mass += weight;
      down += weight * (y + 0.5);
      across += weight * (x + 0.5);
    }
  }
  return [down / mass, across / mass];
}

/* Returns the ink without marks that are light beside the heaviest, or far away from it: slips. */
function withoutSlips(ink) {
  const { names, marks } = marksOf(ink);
  const main = marks.reduce((one, other) => (other.mass > one.mass ? other : one));
  const longest = Math.max(main.right - main.left, main.bottom - main.top) + 1;
  let others = marks.filter((mark) => mark !== main && mark.mass >= LEAST_PART * main.mass);
  const kept = new Set([main.name]);
  for (let found = null; others.length && found?.length !== 0;) {
    const away = distances(Uint8Array.from(names, (name) => Number(!kept.has(name))), ink);
    const gaps = new Map();
    names.forEach((name, i) => gaps.set(name, Math.min(gaps.get(name) ?? Infinity, away[i])));
    found = others.filter((mark) => gaps.get(mark.name) <= WIDEST_GAP * longest);
    others = others.filter((mark) => !found.includes(mark));
    for (const mark of found) kept.add(mark.name);
  }
  return { ...ink, data: ink.data.map((x, i) => (kept.has(names[i]) ? x : 0)) };
}

/* Returns the marks of the ink, that is its connected parts, and for each place the name of its
mark, or 0. */
function marksOf({ data, width, height }) {
  const names = new Int32Array(data.length), marks = [], waiting = [];
  const visit = (x, y, name) => {
    const here = y * width + x;
    if (names[here] || data[here] <= 0) return;
    names[here] = name;
    waiting.push([x, y]);
  };
  for (let start = 0; start < data.length; start++) {
    const name = marks.length + 1;
    visit(start % width, Math.floor(start / width), name);
    if (!waiting.length) continue;
    const mark = { name, mass: 0, left: width, right: 0, top: height, bottom: 0 };
    while (waiting.length) {
      const [x, y] = waiting.pop();
      mark.mass += data[y * width + x];
      mark.left = Math.min(mark.left, x);
      mark.right = Math.max(mark.right, x);
      mark.top = Math.min(mark.top, y);
      mark.bottom = Math.max(mark.bottom, y);
      for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
        for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) visit(u, v, name);
      }
    }
    marks.push(mark);
  }
  return { names, marks };
}

/* Large strokes are full up to their edges; small ones consist of grey edges. */
function sharpened(ink) {
  const factor = clip(strokeThickness(ink) / SHARP, 1, MOST_SHARPENING);
  return { ...ink, data: ink.data.map((x) => clip(0.5 + factor * (x - 0.5), 0, 1)) };
}

/* Returns ink on a canvas of FINE points a pixel, its centre of mass `off` before the centre. */
function drawnAgain(ink, scale, off = [0, 0]) {
  const step = 1 / (scale * FINE), side = SIDE * FINE;
  if (step > 1) ink = largestAround(ink, Math.ceil(step));  // a thin stroke could lie between points
  const [down, across] = centreOfMass(ink).map(
    (centre, i) => centre - (CENTRE * FINE - off[i]) * step + 0.5 * step - 0.5,
  );
  const canvas = blank(side, side), { data, width, height } = ink;
  for (let row = 0; row < side; row++) {
    const y = down + row * step, above = Math.floor(y), fy = y - above;
    if (y < 0 || y > height - 1) continue;
    const below = Math.min(above + 1, height - 1);
    for (let column = 0; column < side; column++) {
      const x = across + column * step, left = Math.floor(x), fx = x - left;
      if (x < 0 || x > width - 1) continue;
      const right = Math.min(left + 1, width - 1);
      const upper = data[above * width + left] * (1 - fx) + data[above * width + right] * fx;
      const lower = data[below * width + left] * (1 - fx) + data[below * width + right] * fx;
      canvas.data[row * side + column] = upper * (1 - fy) + lower * fy;
    }
  }
  return canvas;
}

/* Returns ink moved to the centre by whole pixels, which blurs nothing. */
function movedToCentre(ink) {
  const [down, across] = centreOfMass(ink).map((centre) => Math.round(CENTRE - centre));
  const image = blank(SIDE, SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const v = y - down, u = x - across;
      const seen = v >= 0 && v < ink.height && u >= 0 && u < ink.width;
      if (seen) image.data[y * SIDE + x] = ink.data[v * ink.width + u];
    }
  }
  return image;
}

/* Returns the usual thickness of strokes in points of the ink; 0 if there are none. */
function strokeThickness(ink) {
  return thicknessOf(depthInside(ink));
}

function thicknessOf(depth) {
  const most = largestAround(depth, 3).data;
  const ridge = depth.data.filter((x, i) => x > 0 && x >= most[i]).sort();
  if (!ridge.length) return 0;
  const middle = ridge.length >> 1;
  const median = ridge.length % 2 ? ridge[middle] : (ridge[middle - 1] + ridge[middle]) / 2;
  return 2 * median - 1;
}

/* Returns ink with strokes of another thickness and smooth edges. */
function withThickness(ink, wanted) {
  let depth = depthInside(ink), thickness = thicknessOf(depth);
  if (thickness > wanted) {
    ink = blurred(ink, SMOOTHING);
    depth = depthInside(ink);
    thickness = thicknessOf(depth);
  }
  const change = (wanted - thickness) / 2;
  const away = distances(ink.data.map((x) => Number(x <= INSIDE)), ink);
  const height = { ...ink, data: depth.data.map((x, i) => x - away[i] + change) };
  if (change < 0) {
    // Strokes that are thin already keep their centre lines.
    const most = largestAround(depth, 3).data, least = LEAST_DEPTH * wanted;
    const ridge = depth.data.map((x, i) => Number(!(x > least && x >= most[i])));
    distances(ridge, ink).forEach((x, i) => {
      const kept = Math.min(wanted / 2 - x, height.data[i] - change);
      height.data[i] = Math.max(height.data[i], kept);
    });
  }
  const smooth = blurred(height, EDGE_SMOOTHING);
  return { ...smooth, data: smooth.data.map((x) => clip(x + 0.5, 0, 1)) };
}

function depthInside(ink) {
  return { ...ink, data: distances(ink.data.map((x) => Number(x > INSIDE)), ink) };
}

/* Returns for each place that is not 0 its distance to the nearest that is. Felzenszwalb and
Huttenlocher, "Distance Transforms of Sampled Functions", 2012: down each column, then along rows. */
function distances(places, { width, height }) {
  const far = 1e9, out = new Float32Array(places.length);
  for (let i = 0; i < places.length; i++) out[i] = places[i] ? far : 0;
  for (let x = 0; x < width; x++) {
    for (let y = 1; y < height; y++) {
      const here = y * width + x;
      out[here] = Math.min(out[here], out[here - width] + 1);
    }
    for (let y = height - 2; y >= 0; y--) {
      const here = y * width + x;
      out[here] = Math.min(out[here], out[here + width] + 1);
    }
  }
  const lowest = new Int32Array(width), from = new Float64Array(width + 1);
  const squares = new Float64Array(width);
  const crossing = (a, b) => (squares[a] + a * a - squares[b] - b * b) / (2 * (a - b));
  for (let y = 0; y < height; y++) {
    const start = y * width;
    for (let x = 0; x < width; x++) {
      squares[x] = out[start + x] < height ? out[start + x] * out[start + x] : far;
    }
    let last = 0;
    lowest[0] = 0;
    from[0] = -Infinity;
    from[1] = Infinity;
    for (let x = 1; x < width; x++) {
      let cross = crossing(x, lowest[last]);
      while (cross <= from[last]) cross = crossing(x, lowest[--last]);
      from[++last] = cross;
      lowest[last] = x;
      from[last + 1] = Infinity;
    }
    for (let x = 0, k = 0; x < width; x++) {
      while (from[k + 1] < x) k++;
      const across = x - lowest[k];
      out[start + x] = across ? Math.sqrt(squares[lowest[k]] + across * across) : out[start + x];
    }
  }
  return out;
}

/* Returns the largest value in a square of `size` around each place. */
function largestAround(image, size) {
  return eachLine(image, (line, out) => {
    const before = size >> 1, last = line.length - 1;
    for (let i = 0; i <= last; i++) {
      const stop = Math.min(i - before + size - 1, last);
      let most = -Infinity;
      for (let k = Math.max(i - before, 0); k <= stop; k++) if (line[k] > most) most = line[k];
      out[i] = most;
    }
  });
}

/* Returns an image after a Gaussian filter; beyond its borders it is mirrored. */
function blurred(image, deviation) {
  const radius = Math.floor(4 * deviation + 0.5), weights = new Float64Array(2 * radius + 1);
  for (let k = -radius; k <= radius; k++) weights[k + radius] = Math.exp(-0.5 * (k / deviation) ** 2);
  const total = weights.reduce((one, other) => one + other);
  return eachLine(image, (line, out) => {
    const n = line.length;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let k = -radius; k <= radius; k++) {
        let at = i + k;
        if (at < 0) at = -1 - at;
        if (at >= n) at = 2 * n - 1 - at;
        sum += weights[k + radius] * line[at];
      }
      out[i] = sum / total;
    }
  });
}

/* Changes every row of an image, then every column. */
function eachLine({ data, width, height }, change) {
  const across = new Float32Array(data.length), out = new Float32Array(data.length);
  for (let y = 0; y < height; y++) {
    const place = [y * width, (y + 1) * width];
    change(data.subarray(...place), across.subarray(...place));
  }
  const line = new Float32Array(height), changed = new Float32Array(height);
  for (let x = 0; x < width; x++) {
    for (let y = 0; y < height; y++) line[y] = across[y * width + x];
    change(line, changed);
    for (let y = 0; y < height; y++) out[y * width + x] = changed[y];
  }
  return { data: out, width, height };
}

function blockMeans({ data, width, height }, size) {
  const out = blank(width / size, height / size);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = Math.floor(y / size) * out.width + Math.floor(x / size);
      out.data[to] += data[y * width + x] / size ** 2;
    }
  }
  return out;
}
