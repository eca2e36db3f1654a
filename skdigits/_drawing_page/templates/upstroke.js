/* Takes the upstroke and the foot off a 1, as `_digit_normalization/upstroke.py` does, which says
what the constants are. Lengths are shares of the digit's height. */

const STROKE = 0.5, LEAST_HEIGHT = 0.5;
const STEM = [0.08, 0.8], BARE_STEM = [0.6, 0.8], SLANT = [-0.5, 0.2];
const MOST_BEND = 0.08, THINNEST = 0.5;
const REACH = [0.06, 0.6], TOP_REACH = 0.1, ENDS = [0.2, 0.65], SAME_END = 0.02;
const LEAST_RISE = 0.7, RISE_BY_SLANT = 1.5, MOST_BULGE = 0.05, MOST_DENT = 0.15;
const MIDDLE = [0.2, 0.6], MOST_THICKNESSES = 1.5;
const BREADTH = [1.2, 0.04], MOST_BELOW = 0.05, FOOT = 0.08;

/* Returns the ink of the stem, or null for any other digit. */
function bareStem(ink) {
  const box = boxOf(ink, STROKE);
  if (!box) return null;
  const height = box.bottom - box.top + 1, rows = inkedRows(ink, box);
  if (height < LEAST_HEIGHT * ink.height || rows.some(({ end }) => !end)) return null;
  const stem = part(rows, STEM), { slant, start } = straightLine(stem.map(({ end }) => end));
  const edge = rows.map((_, y) => start + slant * (y - Math.trunc(STEM[0] * height)));
  const thickness = middleOf(part(rows, BARE_STEM).map(({ length }) => length));
  const right = rows.map(({ end }, y) => (end - edge[y]) / height);
  const thinnest = Math.min(...stem.map(({ length }) => length)) / thickness;
  if (!(SLANT[0] < slant && slant < SLANT[1]) || thinnest < THINNEST) return null;
  if (Math.max(...part(right, STEM).map(Math.abs)) > MOST_BEND) return null;
  const beside = rows.map(({ inked }, y) => placesBeside(inked, Math.floor(edge[y] - thickness)));
  if (!isUpstroke(beside, thickness / height, slant) || hasHole(ink, box)) return null;
  const foot = [reachOf(beside), right].map((sides) => Math.max(...part(sides, [STEM[1], 1])));
  if (foot[0] <= FOOT && FOOT <= foot[1]) return null;  // it ends like a 2
  const kept = (x, y) => {
    const off = x - edge[0] - slant * (y - box.top);
    return clip(off + thickness + 1, 0, 1) * (foot[1] >= FOOT ? clip(-off, 0, 1) : 1);
  };
  return { ...ink, data: ink.data.map((x, i) => x * kept(i % ink.width, Math.floor(i / ink.width))) };
}

const part = (rows, shares) => rows.slice(...shares.map((x) => Math.trunc(x * rows.length)));

/* Returns for each row of the box the places of ink, their end, and how many points of ink there are up
to the end, without a gap. */
function inkedRows({ data, width }, box) {
  const rows = [];
  for (let y = box.top; y <= box.bottom; y++) {
    const inked = [];
    for (let x = box.left; x <= box.right; x++) if (data[y * width + x] > STROKE) inked.push(x);
    let length = 0;
    while (length < inked.length && inked.at(-1 - length) === inked.at(-1) - length) length++;
    rows.push({ inked, end: inked.length && inked.at(-1) + 1, length });
  }
  return rows;
}

/* Returns the line of least squares through numbers at 0, 1, 2 and so on. */
function straightLine(numbers) {
  const centre = (numbers.length - 1) / 2;
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  let product = 0, square = 0;
  numbers.forEach((x, i) => {
    product += (i - centre) * (x - mean);
    square += (i - centre) ** 2;
  });
  const slant = product / square;
  return { slant, start: mean - slant * centre };
}

function middleOf(numbers) {
  const ordered = Float64Array.from(numbers).sort(), middle = ordered.length >> 1;
  return ordered.length % 2 ? ordered[middle] : (ordered[middle - 1] + ordered[middle]) / 2;
}

/* Returns the places of ink to the left of a stem, counted from it. */
const placesBeside = (inked, stem) => inked.map((x) => stem - 1 - x).filter((x) => x >= 0);

/* Returns how far the ink of each row reaches, as a share of the height. */
const reachOf = (beside) => beside.map((places) => Math.max(...places, -1) + 1)
  .map((x) => x / beside.length);

/* Returns whether the ink to the left of a stem is a stroke that rises to its top. */
function isUpstroke(beside, thickness, slant) {
  const height = beside.length, reach = reachOf(beside);
  const above = part(reach, [0, ENDS[1]]), farthest = Math.max(...above);
  const isEnd = (x) => x >= farthest - SAME_END;
  const end = above.findIndex(isEnd), first = end / height, last = above.findLastIndex(isEnd) / height;
  if (!(REACH[0] < farthest && farthest < REACH[1]) || reach[0] > TOP_REACH) return false;
  const rise = LEAST_RISE + RISE_BY_SLANT * Math.max(-slant, 0);
  if (first < Math.max(ENDS[0], farthest * rise)) return false;
  const off = reach.slice(0, end + 1).map((x, y) => x - reach[0] - (reach[end] - reach[0]) * y / end);
  const below = Math.min(last + BREADTH[0] * thickness + BREADTH[1], STEM[1] - SAME_END);
  const [near, far] = MIDDLE.map((x) => Math.trunc(x * Math.trunc(farthest * height)));
  const tallest = tallestOf(part(beside, [0, STEM[1]]), near, far) / height;
  return Math.max(...off) < MOST_BULGE && Math.min(...off) > -MOST_DENT &&
    tallest < MOST_THICKNESSES * thickness * Math.hypot(1, first / farthest) &&
    Math.max(...part(reach, [below, STEM[1]])) < MOST_BELOW;
}

/* Returns the most points from the first to the last ink of a place in `near` to `far`. */
function tallestOf(beside, near, far) {
  let most = 0;
  for (let place = near; place < far; place++) {
    const isInked = (places) => places.includes(place), first = beside.findIndex(isInked);
    if (first >= 0) most = Math.max(most, beside.findLastIndex(isInked) - first + 1);
  }
  return most;
}

function hasHole({ data, width }, box) {
  const ground = blank(box.right - box.left + 3, box.bottom - box.top + 3);
  ground.data.fill(1);
  for (let y = box.top; y <= box.bottom; y++) {
    for (let x = box.left; x <= box.right; x++) {
      const place = (y - box.top + 1) * ground.width + x - box.left + 1;
      ground.data[place] = Number(data[y * width + x] <= STROKE);
    }
  }
  return marksOf(ground).marks.length > 1;
}
