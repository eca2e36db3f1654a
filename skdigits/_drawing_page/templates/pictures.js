/* Pictures of a user, as the model takes images.

A picture is {data, width, height, channels}, with numbers from 0 to 255. When it is read it has four
channels: red, green, blue, and an opacity that is full. */

const LARGEST_SIDE = 1600;  // pixels; a larger picture is made smaller when it is read

/* Reads a file, as `load_images` does: upright, and what is transparent becomes white. */
async function readPicture(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LARGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const picture = takePicture(bitmap, bitmap.width * scale, bitmap.height * scale);
  bitmap.close();
  return picture;
}

/* Reads what a canvas can draw: a bitmap or a frame of a video. */
function takePicture(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width));
  canvas.height = Math.max(1, Math.round(height));
  const brush = canvas.getContext("2d");
  brush.imageSmoothingQuality = "high";
  brush.fillStyle = "#fff";
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.drawImage(source, 0, 0, canvas.width, canvas.height);
  const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
  return { data, width: canvas.width, height: canvas.height, channels: 4 };
}

/* Returns a canvas with a picture on it. */
function canvasOf({ data, width, height }) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return canvas;
}

/* Returns the picture in the size and colours of the model's images, as `load_images` makes it:
undistorted, and with a margin in the usual colour of its border where the shape is another. */
function toModelImage(picture, { width, height, channels }) {
  const image = channels === 1 ? toGrey(picture) : withoutAlpha(picture);
  const scale = Math.min(width / image.width, height / image.height);
  const wide = Math.min(width, Math.max(1, halvesToEven(image.width * scale)));
  const high = Math.min(height, Math.max(1, halvesToEven(image.height * scale)));
  return padded(resized(image, wide, high), width, height);
}

/* Rounds as Python does: 10.5 to 10, and 11.5 to 12. */
function halvesToEven(x) {
  return x % 1 === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
}

function toGrey({ data, width, height, channels }) {
  const grey = new Uint8ClampedArray(width * height);
  for (let i = 0, at = 0; i < grey.length; i++, at += channels) {
    // The weights of Pillow, which are those of ITU-R BT.601.
    grey[i] = (data[at] * 19595 + data[at + 1] * 38470 + data[at + 2] * 7471 + 32768) >> 16;
  }
  return { data: grey, width, height, channels: 1 };
}

function withoutAlpha({ data, width, height }) {
  return { data: data.filter((_, i) => i % 4 < 3), width, height, channels: 3 };
}

function inverted(picture) {
  return { ...picture, data: picture.data.map((x, i) => (i % 4 < 3 ? 255 - x : x)) };
}

/* Returns a picture of another size: means of the pixels where it becomes smaller, numbers between
its pixels where it becomes larger; the filters BOX and BILINEAR of Pillow. */
function resized(picture, width, height) {
  const isSmaller = width < picture.width || height < picture.height;
  const narrow = resizedAlong(picture, width, 1, isSmaller);
  return resizedAlong(narrow, height, 0, isSmaller);
}

function resizedAlong({ data, width, height, channels }, length, axis, isSmaller) {
  const before = axis ? width : height;
  if (before === length) return { data, width, height, channels };
  const size = axis ? [length, height] : [width, length];
  const out = new Uint8ClampedArray(size[0] * size[1] * channels);
  const along = axis ? channels : width * channels, across = axis ? width * channels : channels;
  const outAlong = axis ? channels : size[0] * channels, outAcross = axis ? size[0] * channels : channels;
  const nLines = axis ? height : width, scale = before / length, step = Math.max(scale, 1);
  const reach = step * (isSmaller ? 0.5 : 1);
  for (let i = 0; i < length; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const stop = Math.min(before, Math.floor(centre + reach + 0.5));
    const weights = [];
    for (let k = first; k < stop; k++) {
      weights.push(isSmaller ? 1 : Math.max(0, 1 - Math.abs(k + 0.5 - centre) / step));
    }
    const total = weights.reduce((one, other) => one + other);
    for (let line = 0; line < nLines; line++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = first; k < stop; k++) sum += weights[k - first] * data[k * along + line * across + c];
        out[i * outAlong + line * outAcross + c] = Math.floor(sum / total + 0.5);
      }
    }
  }
  return { data: out, width: size[0], height: size[1], channels };
}

function padded(picture, width, height) {
  if (picture.width === width && picture.height === height) return picture;
  const { channels } = picture, ground = borderTone(picture);
  const data = new Uint8ClampedArray(width * height * channels).map((_, i) => ground[i % channels]);
  const top = (height - picture.height) >> 1, left = (width - picture.width) >> 1;
  for (let y = 0; y < picture.height; y++) {
    const row = picture.data.subarray(y * picture.width * channels, (y + 1) * picture.width * channels);
    data.set(row, ((top + y) * width + left) * channels);
  }
  return { data, width, height, channels };
}

/* Returns the median of each channel on the border. */
function borderTone({ data, width, height, channels }) {
  const places = [];
  for (let x = 0; x < width; x++) places.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y++) places.push(y * width, y * width + width - 1);
  return Array.from({ length: channels }, (_, c) => {
    const values = places.map((place) => data[place * channels + c]).sort((a, b) => a - b);
    const middle = values.length / 2;
    return halvesToEven((values[middle - 1] + values[middle]) / 2);
  });
}

const PALEST = 0.25, DARKEST = 0.75;  // of the strongest ink; paler is ground, darker is full ink
const LEAST_CONTRAST = 10;  // tones between ground and ink

/* Returns whether the ink on a picture is lighter than its border rather than darker. */
function inkIsLight(picture) {
  const grey = toGrey(picture), [ground] = borderTone(grey);
  return grey.data.reduce((sum, x) => sum + Math.sign(x - ground) * (x - ground) ** 2, 0) > 0;
}

/* Returns the ink of a digit on a picture with even light: what is lighter than its border, or
darker. Null without any. */
function inkOfPicture(picture, isLight) {
  const scale = Math.min(1, INK_SIDE / Math.max(picture.width, picture.height));
  const size = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  const grey = resized(toGrey(picture), ...size), [ground] = borderTone(grey);
  const sign = isLight ? 1 : -1;
  const strength = Float32Array.from(grey.data, (x) => Math.max(0, sign * (x - ground)));
  const most = strength.reduce((one, other) => Math.max(one, other));
  if (most < LEAST_CONTRAST) return null;
  const toInk = (x) => clip((x / most - PALEST) / (DARKEST - PALEST), 0, 1);
  return { data: strength.map(toInk), width: grey.width, height: grey.height };
}
