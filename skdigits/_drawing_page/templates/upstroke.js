/* Takes the upstroke and the foot off a 1, as `_digit_normalization/upstroke.py` does, which says
what the constants are. Lengths are shares of the digit's height. */

const STROKE = 0.5;
const STEM = [0.08, 0.8], BARE_STEM = [0.6, 0.8], SLANT = [-0.35, 0.15];
const MOST_BEND = 0.08, THINNEST = 0.5;
const REACH = [0.06, 0.6], TOP_REACH = 0.1, ENDS = [0.2, 0.65], LEAST_RISE = 0.7;
const MOST_BULGE = 0.05, MOST_DENT = 0.2, SAME_END = 0.02, BREADTH = [1.2, 0.04];
const MOST_BELOW = 0.05, MOST_THICKNESSES = 1.35, FOOT = 0.08;

/* Returns the ink of the stem, or null for any other digit. */
function bareStem(ink) {
  const box = boxOf(ink, STROKE);
  if (!box) return null;
  const height = box.bottom - box.top + 1, rows = inkedRows(ink, box);
  if (rows.some(({ end }) => !end)) return null;
  const stem = part(rows, STEM), { slant, start } = straightLine(stem.map(({ end }) => end));
  const edge = rows.map((_, y) => start + slant * (y - Math.trunc(STEM[0] * height)));
  const thickness = middleOf(part(rows, BARE_STEM).map(({ length }) => length));
  const bends = rows.map(({ end }, y) => Math.abs(end - edge[y]) / height);
  const thinnest = Math.min(...stem.map(({ length }) => length)) / thickness;
  if (!(SLANT[0] < slant && slant < SLANT[1])) return null;
  if (Math.max(...part(bends, STEM)) > MOST_BEND || thinnest < THINNEST) return null;
  const left = rows.map(({ first }, y) => (edge[y] - thickness - first) / height);
  const bottom = Math.trunc(STEM[1] * height);
  const footsLeft = Math.max(...left.slice(bottom));
  const footsRight = Math.max(...rows.map(({ end }, y) => (end - edge[y]) / height).slice(bottom));
  const hasFoot = footsRight >= FOOT;
  if (hasFoot && footsLeft <= FOOT) return null;  // it ends like a 2
  const beside = rows.map(({ inked }, y) => inked.filter((x) => x < edge[y] - thickness).length);
  const area = beside.slice(0, bottom).reduce((sum, x) => sum + x, 0) / height ** 2;
  if (!isUpstroke(left, area, thickness / height) || hasHole(ink, box)) return null;
  const kept = (x, y) => {
    const off = x - edge[0] - slant * (y - box.top);
    return clip(off + thickness + 1, 0, 1) * (hasFoot ? clip(-off, 0, 1) : 1);
  };
  return { ...ink, data: ink.data.map((x, i) => x * kept(i % ink.width, Math.floor(i / ink.width))) };
}

const part = (rows, shares) => rows.slice(...shares.map((x) => Math.trunc(x * rows.length)));

/* Returns for each row of the box the places of ink, the first, the end, and how many points of ink
there are up to the end, without a gap. */
function inkedRows({ data, width }, box) {
  const rows = [];
  for (let y = box.top; y <= box.bottom; y++) {
    const inked = [];
    for (let x = box.left; x <= box.right; x++) if (data[y * width + x] > STROKE) inked.push(x);
    let length = 0;
    while (length < inked.length && inked.at(-1 - length) === inked.at(-1) - length) length++;
    rows.push({ inked, first: inked[0], end: inked.length && inked.at(-1) + 1, length });
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

/* Returns whether the ink to the left of a stem is a stroke that rises to its top. */
function isUpstroke(reach, area, thickness) {
  const height = reach.length, upper = part(reach, [0, ENDS[1]]), farthest = Math.max(...upper);
  const isEnd = (x) => x >= farthest - SAME_END;
  const end = upper.findIndex(isEnd), first = end / height, last = upper.findLastIndex(isEnd) / height;
  if (!(REACH[0] < farthest && farthest < REACH[1]) || reach[0] > TOP_REACH) return false;
  if (first < Math.max(ENDS[0], LEAST_RISE * farthest)) return false;
  const top = Math.max(reach[0], 0);
  const off = reach.slice(0, end + 1).map((x, y) => x - top - (reach[end] - top) * y / end);
  const below = Math.min(last + BREADTH[0] * thickness + BREADTH[1], STEM[1] - SAME_END);
  return Math.max(...off) < MOST_BULGE && Math.min(...off) > -MOST_DENT &&
    Math.max(...part(reach, [below, STEM[1]])) < MOST_BELOW &&
    area < MOST_THICKNESSES * thickness * Math.hypot(first, farthest);
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
