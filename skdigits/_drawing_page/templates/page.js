/* Joins the parts: what is drawn or given, the model, and what the page shows. */

const element = (id) => document.getElementById(id);
const { model: node, input, classes, service } = JSON.parse(element("content").textContent);
const model = node && makeModel(node, decodeBase64(element("weights").textContent));
element("weights").remove();  // its text is the largest thing in memory

const SLOW = 60, PAUSE = 250;  // ms: after a slow prediction, the next one waits for a pause
const SILENCE = 600;  // ms without a change before a screen reader says the answer
const MANY_CLASSES = 12;  // more are sorted, the most probable first
const LONG_NAME = 12, LONGEST_SAID = 100;  // letters

let picture = null;  // what was given instead of a drawing
let pause, frame, speaking;  // what waits
let lastTime = model ? 0 : Infinity;  // ms that a prediction took
let nGiven = 0, nClassified = 0;  // so that an answer that comes too late is dropped

const drawing = new Drawing(element("canvas"), {
  changed(isDrawing) {
    if (drawing.strokes.length) forgetPicture();
    schedule(isDrawing);
  },
  said: say,
});

/* Returns the probabilities of the classes for the pixels of an image, from 0 to 255, or a promise
of them if the network is not in this page. */
function predict(pixels) {
  if (!model) return askForProbabilities(pixels, input, classes);
  const unit = (input.white - input.black) / 255;
  const toScale = (x) => input.black + x * unit;
  const round = input.whole ? Math.round : (x) => x;
  return model({ data: Float64Array.from(pixels, (x) => round(toScale(x))) });
}

/* Returns the pixels of the image that the model gets, or null if there is nothing to see. */
function currentPixels() {
  if (picture) return pixelsOfPicture(picture, element("swap").checked);
  const part = drawing.inkedPart();
  if (!part) return null;
  if (input.digits) return digitPixels(drawing.ink(part));  // a close-up: a small digit is sharp
  const ink = drawing.ink();
  const isLight = Boolean(input.light_ink) !== element("swap").checked;
  const toTone = (x) => Math.round(255 * (isLight ? x : 1 - x));
  const grey = { ...ink, data: Uint8ClampedArray.from(ink.data, toTone), channels: 1 };
  const { data } = resized(grey, input.width, input.height);
  const pixels = new Uint8ClampedArray(data.length * input.channels);
  return pixels.map((_, i) => data[Math.floor(i / input.channels)]);
}

function pixelsOfPicture(given, isSwapped) {
  if (given.image) return isSwapped ? given.image.map((x) => 255 - x) : given.image;
  if (!input.digits) return toModelImage(isSwapped ? inverted(given) : given, input).data;
  const isLight = inkIsLight(given) !== isSwapped;
  if (given.width === input.width && given.height === input.height) {
    // An image of the model's own size has its form already, such as one of a test set.
    return toModelImage(isLight === input.light_ink ? given : inverted(given), input).data;
  }
  const ink = inkOfPicture(given, isLight);
  return ink && digitPixels(ink);
}

function digitPixels(ink) {
  const digit = toDigit(ink);
  return input.light_ink ? digit : digit?.map((x) => 255 - x);
}

function schedule(isDrawing) {
  clearTimeout(pause);
  cancelAnimationFrame(frame);
  if (isDrawing && lastTime > SLOW) pause = setTimeout(() => classify(isDrawing), PAUSE);
  else frame = requestAnimationFrame(() => classify(isDrawing));
}

async function classify(isDrawing) {
  const mine = ++nClassified, start = performance.now();
  const pixels = currentPixels();
  let found = null, nothing = nothingText();
  complain("");
  try {
    found = pixels && Array.from(await predict(pixels));
  } catch (error) {
    nothing = error.message;
  }
  if (mine !== nClassified) return;  // the drawing has changed
  lastTime = performance.now() - start;
  showAnswer(found, nothing);
  showImage(pixels, found, isDrawing);
  element("hint").hidden = Boolean(picture) || drawing.strokes.length > 0;
  element("of-picture").hidden = !hasTwoReadings();
  clearTimeout(speaking);
  if (!isDrawing) speaking = setTimeout(() => say(answerText(found, nothing)), SILENCE);
}

/* What the page shows */

const percent = (p) => `${(100 * p).toFixed(1)}\u202f%`;
const rows = classes.map((name) => {
  const row = document.createElement("li");
  for (const part of ["name", "bar", "value"]) {
    row.append(Object.assign(document.createElement("span"), { className: part }));
  }
  row.children[0].textContent = name;
  row.children[1].append(document.createElement("span"));
  return row;
});
element("classes").append(...rows);

function bestOf(found) {
  return found.reduce((best, p, code) => (p > found[best] ? code : best), 0);
}

/* Returns whether light and dark may be swapped. A digit that the service has found is light. */
function hasTwoReadings() {
  if (picture) return !(picture.image && input.digits);
  return input.light_ink === null && drawing.strokes.length > 0;
}

function nothingText() {
  if (picture) return "This picture shows no digit: it is blank or too pale.";
  return "Nothing is drawn yet.";
}

function answerText(found, nothing) {
  if (!found) return nothing;
  const best = bestOf(found);
  return `${classes[best].slice(0, LONGEST_SAID)}, ${percent(found[best])}.`;
}

function showAnswer(found, nothing) {
  const best = found && bestOf(found);
  element("answer").textContent = found ? classes[best] : "";
  element("answer").className = found && classes[best].length > LONG_NAME ? "long" : "";
  element("sureness").textContent = found ? percent(found[best]) : nothing;
  rows.forEach((row, code) => {
    row.className = code === best ? "best" : "";
    row.children[1].firstChild.style.width = found ? `${100 * found[code]}%` : "0";
    row.children[2].textContent = found ? percent(found[code]) : "–";
  });
  if (found && rows.length > MANY_CLASSES) {
    const order = rows.map((_, code) => code).sort((a, b) => found[b] - found[a]);
    element("classes").append(...order.map((code) => rows[code]));
  }
}

let shown = 0;  // counts the images, so that what is computed for an earlier one is dropped

async function showImage(pixels, found, isDrawing) {
  const mine = ++shown;
  paintImage(pixels);
  element("rests-on").textContent = "";
  if (!found || isDrawing || !element("why").checked) return;
  const code = bestOf(found);
  const weights = await whatCounts(pixels, code, () => mine !== shown);
  if (!weights) return;
  paintImage(pixels, weights);
  element("rests-on").textContent = `Coloured: what speaks for \u2068${classes[code].slice(0, LONGEST_SAID)}\u2069.`;
}

function paintImage(pixels, weights) {
  const { width, height, channels } = input, canvas = element("seen");
  Object.assign(canvas, { width, height });
  element("seen-nothing").hidden = Boolean(pixels);
  if (!pixels) return;
  const colour = [230, 159, 0];  // orange, which differs from grey for everybody
  const brush = canvas.getContext("2d"), image = brush.createImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    const share = weights ? 0.75 * weights[i] : 0;
    for (let c = 0; c < 3; c++) {
      const tone = pixels[i * channels + (channels === 1 ? 0 : c)];
      image.data[4 * i + c] = (1 - share) * tone + share * colour[c];
    }
    image.data[4 * i + 3] = 255;
  }
  brush.putImageData(image, 0, 0);
}

/* Returns for each pixel, from 0 to 1, how much the probability of a class falls when a square
around it is covered with the tone of the border; null if meanwhile another image is shown. */
async function whatCounts(pixels, code, isOutdated) {
  const { width, height, channels } = input;
  const side = Math.max(2, Math.round(Math.min(width, height) / 5)), step = Math.ceil(side / 2);
  const ground = borderTone({ data: pixels, width, height, channels });
  const log = (p) => Math.log(Math.max(p, 1e-7));
  const before = log(predict(pixels)[code]);
  const falls = new Float64Array(width * height), counts = new Float64Array(width * height);
  let start = performance.now();
  for (let top = step - side; top < height; top += step) {
    for (let left = step - side; left < width; left += step) {
      if (performance.now() - start > SLOW / 4) {
        await new Promise((resume) => setTimeout(resume));  // the page stays responsive
        start = performance.now();
      }
      if (isOutdated()) return null;
      const places = [];
      for (let y = Math.max(top, 0); y < Math.min(top + side, height); y++) {
        for (let x = Math.max(left, 0); x < Math.min(left + side, width); x++) places.push(y * width + x);
      }
      const covered = pixels.slice();
      for (const place of places) for (let c = 0; c < channels; c++) covered[place * channels + c] = ground[c];
      const fall = covered.every((x, i) => x === pixels[i]) ? 0 : before - log(predict(covered)[code]);
      for (const place of places) {
        falls[place] += Math.max(fall, 0);
        counts[place] += 1;
      }
    }
  }
  const means = falls.map((fall, i) => fall / counts[i]);
  const most = Math.max(1e-9, means.reduce((one, other) => Math.max(one, other)));
  return means.map((mean) => mean / most);
}

function say(text) {
  element("spoken").textContent = text;
}

/* The controls */

function complain(text) {
  element("problem").textContent = text;
}

/* Shows a picture, and classifies it; `file` is what it was read from, if it was a file. */
async function usePicture(given, file) {
  const mine = ++nGiven;
  if (service?.reads) {
    showAnswer(null, "The service reads the picture.");
    let problem = "";
    try {
      given.image = await askForImage(given, file);
    } catch (error) {
      problem = error.message;
    }
    if (mine !== nGiven) return;  // another picture or a drawing has followed
    if (problem) {
      classify(true);  // shows what was there before
      complain(problem);
      return;
    }
  }
  forgetPicture();
  element("swap").checked = false;
  picture = drawing.backdrop = given;
  drawing.clear();
}

function forgetPicture() {
  nGiven += 1;
  if (picture) element("swap").checked = false;
  picture = drawing.backdrop = null;
}

function clearAll() {
  forgetPicture();
  drawing.clear();
}

listenToSources(usePicture, complain);
element("undo").addEventListener("click", () => {
  if (picture) clearAll(); else drawing.undo();
});
element("clear").addEventListener("click", clearAll);
element("pen").addEventListener("input", () => { drawing.pen = element("pen").value / 100; });
element("swap").addEventListener("change", () => schedule(false));
element("why").addEventListener("change", () => schedule(false));
/* Tells whether a key is the one of Z, also with Caps Lock and where keys have other letters. */
function isZ({ key, code }) {
  return key.toLowerCase() === "z" || (code === "KeyZ" && key > "\x7f");
}
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || !isZ(event)) return;
  event.preventDefault();
  element("undo").click();
});
for (const query of ["(prefers-color-scheme: dark)", "print"]) {  // the ink has another colour
  matchMedia(query).addEventListener("change", () => drawing.show());
}
drawing.show();
classify(true);  // says nothing yet
