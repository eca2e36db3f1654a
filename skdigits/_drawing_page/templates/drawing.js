/* The canvas that is drawn on, with a mouse, a finger, a pen or the keyboard.

Strokes are kept as points from 0 to 1 of the canvas's width and drawn again when anything changes,
so they are sharp on every screen and can be undone. */

const MARGIN = 0.1;  // around the ink, of its longer side
const KEY_STEP = 1 / 28, FINE_KEY_STEP = 1 / 112;  // of the canvas's width
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

class Drawing {
  /* `changed` is called after each change, with whether a stroke goes on; `said` with what a screen
  reader is to say. */
  constructor(canvas, { changed, said }) {
    Object.assign(this, { canvas, changed, said });
    this.strokes = [];  // each {pen, points}; pen is the width
    this.pen = 0.06;
    this.backdrop = null;  // a picture behind the strokes
    this.pointer = null;  // the id of the one that draws
    this.keys = new Set();
    this.cursor = null;  // of the keyboard; null until it is used
    this.keyStroke = null;
    this.ratio = canvas.height / canvas.width;
    this.listen();
    new ResizeObserver(() => this.show()).observe(canvas);
  }

  listen() {
    const on = (name, handle) => this.canvas.addEventListener(name, handle, { passive: false });
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
      on(name, (event) => this.release(event));
    }
    // Safari on tablets takes short strokes for handwriting otherwise, and scrolls in old versions.
    on("touchmove", (event) => event.preventDefault());
    on("contextmenu", (event) => event.preventDefault());
    on("keydown", (event) => this.pressKey(event));
    on("keyup", (event) => this.keys.delete(event.key));
    on("blur", () => this.leave());
  }

  press(event) {
    if (this.pointer !== null || event.button !== 0) return;  // a second finger, or another button
    this.pointer = event.pointerId;
    try {
      this.canvas.setPointerCapture(event.pointerId);  // strokes go on where they leave the canvas
    } catch {
      // the pointer is gone already
    }
    this.cursor = null;
    this.endKeyStroke();
    this.strokes.push({ pen: this.pen, points: [this.place(event)] });
    this.update(true);
  }

  move(event) {
    if (event.pointerId !== this.pointer) return;
    if (event.pointerType === "mouse" && !event.buttons) {  // it was released unseen
      this.release(event);
      return;
    }
    const between = event.getCoalescedEvents?.() ?? [];
    const points = this.strokes.at(-1).points;
    for (const each of between.length ? between : [event]) points.push(this.place(each));
    this.update(true);
  }

  release(event) {
    if (event.pointerId !== this.pointer) return;
    if (event.type === "pointerup") this.strokes.at(-1).points.push(this.place(event));
    this.pointer = null;
    this.update(false);
  }

  place({ clientX, clientY }) {
    const box = this.canvas.getBoundingClientRect();
    const left = box.left + this.canvas.clientLeft, top = box.top + this.canvas.clientTop;
    return [(clientX - left) / this.canvas.clientWidth, (clientY - top) / this.canvas.clientWidth];
  }

  pressKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in ARROWS) this.keys.add(event.key);
    else if (event.key !== " " && event.key !== "Escape") return;
    if (event.key === "Escape" && !this.keyStroke) return;
    event.preventDefault();
    this.cursor ??= [0.5, this.ratio / 2];
    if (event.key in ARROWS) this.moveCursor(event.shiftKey ? FINE_KEY_STEP : KEY_STEP);
    else if (event.key === " " && !event.repeat && !this.keyStroke) this.startKeyStroke();
    else if (!event.repeat) this.endKeyStroke("Pen up.");
    this.update(this.keyStroke !== null);
  }

  moveCursor(step) {
    // Two arrows at a time move the pen aslant.
    for (const key of this.keys) {
      this.cursor[0] = Math.min(Math.max(this.cursor[0] + step * ARROWS[key][0], 0), 1);
      this.cursor[1] = Math.min(Math.max(this.cursor[1] + step * ARROWS[key][1], 0), this.ratio);
    }
    this.keyStroke?.points.push([...this.cursor]);
  }

  startKeyStroke() {
    this.keyStroke = { pen: this.pen, points: [[...this.cursor]] };
    this.strokes.push(this.keyStroke);
    this.said("Pen down.");
  }

  endKeyStroke(text) {
    if (this.keyStroke && text) this.said(text);
    this.keyStroke = null;
  }

  leave() {
    this.keys.clear();
    const wasDrawing = this.keyStroke !== null;
    this.endKeyStroke();
    this.cursor = null;
    if (wasDrawing) this.update(false); else this.show();
  }

  /* Ends a stroke that goes on, of the keyboard or of a pointer that is still down. */
  endStroke() {
    this.endKeyStroke();
    this.pointer = null;
  }

  undo() {
    this.endStroke();
    this.strokes.pop();
    this.update(false);
  }

  clear() {
    this.endStroke();
    this.strokes = [];
    this.update(false);
  }

  update(isDrawing) {
    this.show();
    this.changed(isDrawing);
  }

  /* Draws all strokes on the screen, in the colour of the page's text. */
  show() {
    const sharp = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1));
    const width = sharp || this.canvas.width, height = Math.round(width * this.ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      Object.assign(this.canvas, { width, height });
    }
    const brush = this.canvas.getContext("2d");
    brush.clearRect(0, 0, width, height);
    if (this.backdrop) paintPicture(brush, this.backdrop, width, height);
    paintStrokes(brush, this.strokes, width, getComputedStyle(this.canvas).color);
    if (this.cursor) this.showCursor(brush, width);
  }

  showCursor(brush, width) {
    const [x, y] = this.cursor.map((place) => place * width);
    brush.beginPath();
    brush.arc(x, y, Math.max(this.pen / 2, 0.02) * width, 0, 2 * Math.PI);
    brush.lineWidth = Math.max(2, width / 150);
    brush.strokeStyle = getComputedStyle(this.canvas).getPropertyValue("--accent");
    if (this.keyStroke) {
      brush.fillStyle = brush.strokeStyle;
      brush.fill();
    }
    brush.stroke();
  }

  /* Returns the part of the canvas that has strokes, with a margin, in units of the canvas's width;
  null if there are no strokes on it. */
  inkedPart() {
    const part = { left: 1, top: this.ratio, right: 0, bottom: 0 };
    for (const { pen, points } of this.strokes) {
      for (const [x, y] of points) {
        part.left = Math.max(0, Math.min(part.left, x - pen / 2));
        part.top = Math.max(0, Math.min(part.top, y - pen / 2));
        part.right = Math.min(1, Math.max(part.right, x + pen / 2));
        part.bottom = Math.min(this.ratio, Math.max(part.bottom, y + pen / 2));
      }
    }
    const longest = Math.max(part.right - part.left, part.bottom - part.top);
    if (Math.min(part.right - part.left, part.bottom - part.top) <= 0) return null;
    const margin = MARGIN * longest;
    return {
      left: part.left - margin,
      top: part.top - margin,
      right: part.right + margin,
      bottom: part.bottom + margin,
    };
  }

  /* Returns the ink of a part of the canvas, {data, width, height} with numbers from 0 to 1. */
  ink({ left, top, right, bottom } = { left: 0, top: 0, right: 1, bottom: this.ratio }) {
    const scale = INK_SIDE / Math.max(right - left, bottom - top);
    const width = Math.ceil((right - left) * scale), height = Math.ceil((bottom - top) * scale);
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const brush = canvas.getContext("2d", { willReadFrequently: true });
    brush.translate(-left * scale, -top * scale);
    brush.rect(0, 0, scale, scale * this.ratio);  // what lies beyond the canvas does not count
    brush.clip();
    paintStrokes(brush, this.strokes, scale, "#000");
    const pixels = brush.getImageData(0, 0, width, height).data;
    const data = new Float32Array(width * height);
    for (let i = 0; i < data.length; i++) data[i] = pixels[4 * i + 3] / 255;
    return { data, width, height };
  }
}

/* Paints strokes as curves through the middles between their points, which rounds corners that are
only due to the rate of the events. */
function paintStrokes(brush, strokes, scale, colour) {
  brush.lineCap = brush.lineJoin = "round";
  brush.strokeStyle = brush.fillStyle = colour;
  for (const { pen, points } of strokes) {
    const places = points.map(([x, y]) => [x * scale, y * scale]);
    brush.lineWidth = pen * scale;
    brush.beginPath();
    brush.arc(...places[0], (pen * scale) / 2, 0, 2 * Math.PI);  // all of a dot
    brush.fill();
    brush.beginPath();
    brush.moveTo(...places[0]);
    for (let i = 1; i < places.length - 1; i++) {
      const [x, y] = places[i], [nextX, nextY] = places[i + 1];
      brush.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    brush.lineTo(...places.at(-1));
    brush.stroke();
  }
}

/* Paints a picture as large as it fits. */
function paintPicture(brush, picture, fullWidth, fullHeight) {
  const { width, height } = picture;
  const scale = Math.min(fullWidth / width, fullHeight / height);
  const left = (fullWidth - width * scale) / 2, top = (fullHeight - height * scale) / 2;
  brush.drawImage(canvasOf(picture), left, top, width * scale, height * scale);
}
