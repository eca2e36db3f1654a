/* Predicts as the classifier does: from the numbers of an image to the probability of each class.

A tensor is {data, shape}, with data in C order and channels last. `makeModel` turns the plain data
that Python writes (see `_page_model.py`) into a function of a tensor. */

function makeModel(node, weights) {
  const inner = () => makeModel(node.of, weights);
  switch (node.kind) {
    case "network": return makeNetwork(node, weights);
    case "steps": return chain([...node.steps.map((step) => makeLayer(step, weights)), inner()]);
    case "mean": return meanOf(node.of.map((each) => makeModel(each, weights)));
    case "temperature": return withTemperature(inner(), node.scale);
  }
  throw new Error(`unknown kind of model: ${node.kind}`);
}

function makeNetwork({ shape, offset, unit, layers, views }, weights) {
  const run = chain(layers.map((layer) => makeLayer(layer, weights)));
  const predict = (image) => {
    const size = offset.length;
    const data = Float32Array.from(image.data, (x, i) => (x - offset[i % size]) / unit[i % size]);
    return run({ data, shape }).data;
  };
  if (!views.length) return predict;
  return meanOf(views.map((view) => (image) => predict(movedImage(image, shape, view))));
}

const chain = (functions) => (x) => functions.reduce((value, apply) => apply(value), x);

function meanOf(models) {
  return (image) => {
    const sum = new Float64Array(models[0](image));
    for (const model of models.slice(1)) model(image).forEach((p, i) => { sum[i] += p; });
    return sum.map((p) => p / models.length);
  };
}

function withTemperature(model, scale) {
  // The small number is scikit-learn's: it keeps the logarithm of 0 finite.
  const logits = (p) => scale * Math.log(p + 1e-12);
  return (image) => softmax({ data: Float64Array.from(model(image), logits), shape: [] }).data;
}

function movedImage({ data }, [height, width, channels], { rows, columns }) {
  const moved = new Float64Array(data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = (rows[y] * width + columns[x]) * channels;
      for (let c = 0; c < channels; c++) moved[to++] = data[from + c];
    }
  }
  return { data: moved };
}

/* The layers. Each function makes one, which takes a tensor and returns another. */

function makeLayer(layer, weights) {
  const array = (name) => readArray(layer[name], weights);
  switch (layer.kind) {
    case "ScaleShift": return scaleShift(array("scale"), array("shift"));
    case "Reshape": return ({ data }) => ({ data, shape: layer.shape });
    case "Dense": return dense(array("kernel"), array("bias"));
    case "Conv2D": return convolution(layer, array("kernel"), array("bias"));
    case "Pool2D": return pooling(layer);
    case "Activation": return activation(layer);
    case "Softmax": return softmax;
    case "DivideBySum": return divideBySum;
  }
  throw new Error(`unknown kind of layer: ${layer.kind}`);
}

function scaleShift(scale, shift) {
  const size = scale.length;
  return ({ data, shape }) => {
    const out = new Float32Array(data.length);
    for (let at = 0; at < data.length; at += size) {
      for (let c = 0; c < size; c++) out[at + c] = data[at + c] * scale[c] + shift[c];
    }
    return { data: out, shape };
  };
}

function dense(kernel, bias) {
  const nUnits = bias.length, nInputs = kernel.length / nUnits;
  kernel = transposed(kernel, nInputs, nUnits);
  return ({ data, shape }) => {
    const nRows = data.length / nInputs, out = new Float32Array(nRows * nUnits);
    multiply(data, nRows, kernel, bias, out, 0);
    return { data: out, shape: [...shape.slice(0, -1), nUnits] };
  };
}

function convolution({ size: [kHeight, kWidth], strides, padding }, kernel, bias) {
  const nFilters = bias.length, length = kernel.length / nFilters;
  kernel = transposed(kernel, length, nFilters);
  return ({ data, shape }) => {
    const [height, width, channels] = shape, [top, , left] = padding;
    const [outHeight, outWidth] = outputSize(shape, [kHeight, kWidth], strides, padding);
    const out = new Float32Array(outHeight * outWidth * nFilters);
    const patches = new Float32Array(outWidth * length);  // what one row of the output looks at
    for (let row = 0; row < outHeight; row++) {
      patches.fill(0);
      for (let i = 0; i < kHeight; i++) {
        const y = row * strides[0] + i - top;
        if (y < 0 || y >= height) continue;
        for (let column = 0; column < outWidth; column++) {
          const x = column * strides[1] - left;
          const first = Math.max(x, 0), stop = Math.min(x + kWidth, width);
          let to = column * length + (i * kWidth + first - x) * channels;
          const end = (y * width + stop) * channels;
          for (let from = (y * width + first) * channels; from < end;) patches[to++] = data[from++];
        }
      }
      multiply(patches, outWidth, kernel, bias, out, row * outWidth * nFilters);
    }
    return { data: out, shape: [outHeight, outWidth, nFilters] };
  };
}

function pooling({ pool, size: [pHeight, pWidth], strides, padding }) {
  const isMax = pool === "max";
  return ({ data, shape }) => {
    const [height, width, channels] = shape, [top, , left] = padding;
    const [outHeight, outWidth] = outputSize(shape, [pHeight, pWidth], strides, padding);
    const out = new Float32Array(outHeight * outWidth * channels);
    let to = 0;
    for (let row = 0; row < outHeight; row++) {
      const y = row * strides[0] - top, yFirst = Math.max(y, 0), yStop = Math.min(y + pHeight, height);
      for (let column = 0; column < outWidth; column++) {
        const x = column * strides[1] - left;
        const first = Math.max(x, 0), stop = Math.min(x + pWidth, width);
        for (let c = 0; c < channels; c++) {
          let best = -Infinity, sum = 0;
          for (let v = yFirst; v < yStop; v++) {
            for (let u = first; u < stop; u++) {
              const value = data[(v * width + u) * channels + c];
              if (value > best) best = value;
              sum += value;
            }
          }
          out[to++] = isMax ? best : sum / ((yStop - yFirst) * (stop - first));
        }
      }
    }
    return { data: out, shape: [outHeight, outWidth, channels] };
  };
}

function outputSize([height, width], size, strides, [top, bottom, left, right]) {
  return [
    Math.floor((height + top + bottom - size[0]) / strides[0]) + 1,
    Math.floor((width + left + right - size[1]) / strides[1]) + 1,
  ];
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const elu = (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x));
const ACTIVATIONS = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  leaky_relu: (x, alpha) => (x >= 0 ? x : alpha * x),
  elu,
  selu: (x) => 1.05070098 * elu(x, 1.67326324),
  gelu: (x) => x * (1 + erf(x / Math.SQRT2)) / 2,
  silu: (x) => x * sigmoid(x),
  tanh: (x) => Math.tanh(x),
  sigmoid,
  hard_sigmoid: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  softsign: (x) => x / (1 + Math.abs(x)),
  exponential: (x) => Math.exp(x),
};

function activation({ name, alpha }) {
  const apply = ACTIVATIONS[name];
  return ({ data, shape }) => ({ data: data.map((x) => apply(x, alpha)), shape });
}

function erf(x) {
  // Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: wrong by 1.5e-7 at most.
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const terms = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const sum = terms.reduceRight((rest, term) => t * (term + rest), 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

function softmax(x) {
  return eachRow(x, (row) => {
    const most = row.reduce((one, other) => Math.max(one, other));
    for (let i = 0; i < row.length; i++) row[i] = Math.exp(row[i] - most);  // never overflows
    divide(row);
  });
}

function divideBySum(x) {
  return eachRow(x, divide);
}

function divide(row) {
  const sum = row.reduce((one, other) => one + other);
  for (let i = 0; i < row.length; i++) row[i] = sum === 0 ? 1 / row.length : row[i] / sum;
}

function eachRow({ data, shape }, change) {
  const out = new Float64Array(data), length = shape.at(-1) ?? data.length;
  for (let at = 0; at < out.length; at += length) change(out.subarray(at, at + length));
  return { data: out, shape };
}

/* `out` becomes rows @ kernel + bias, from the place `to` on. The kernel is transposed, so that all
numbers are read in their order. Four units share each number of a row. */
function multiply(rows, nRows, kernel, bias, out, to) {
  const nUnits = bias.length, length = kernel.length / nUnits;
  for (let row = 0; row < nRows; row++) {
    const start = row * length;
    let unit = 0;
    for (; unit + 3 < nUnits; unit += 4) {
      const k0 = unit * length, k1 = k0 + length, k2 = k1 + length, k3 = k2 + length;
      let s0 = bias[unit], s1 = bias[unit + 1], s2 = bias[unit + 2], s3 = bias[unit + 3];
      for (let i = 0; i < length; i++) {
        const value = rows[start + i];
        s0 += value * kernel[k0 + i];
        s1 += value * kernel[k1 + i];
        s2 += value * kernel[k2 + i];
        s3 += value * kernel[k3 + i];
      }
      out[to++] = s0; out[to++] = s1; out[to++] = s2; out[to++] = s3;
    }
    for (; unit < nUnits; unit++) {
      let sum = bias[unit];
      for (let i = 0; i < length; i++) sum += rows[start + i] * kernel[unit * length + i];
      out[to++] = sum;
    }
  }
}

function transposed(matrix, nRows, nColumns) {
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < nRows; row++) {
    for (let column = 0; column < nColumns; column++) {
      out[column * nRows + row] = matrix[row * nColumns + column];
    }
  }
  return out;
}

/* The weights: little-endian numbers of 16 or 32 bits, in base64. */

function readArray({ start, length, bits }, bytes) {
  if (bits === 32) return new Float32Array(bytes.buffer, start, length);
  return fromHalf(new Uint16Array(bytes.buffer, start, length));
}

function fromHalf(halves) {
  const words = new Uint32Array(halves.length), floats = new Float32Array(words.buffer);
  for (let i = 0; i < halves.length; i++) {
    words[i] = (halves[i] & 0x7fff) << 13;
    floats[i] *= 2 ** 112;  // from the exponent's offset of 15 to 127; right for tiny numbers too
    words[i] |= (halves[i] & 0x8000) << 16;
  }
  return floats;
}

function decodeBase64(text) {
  text = text.trim();
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array(text.length / 4 * 3 - padding);
  const part = 1 << 20;  // letters, a multiple of 4: a copy of the whole text could be too large
  let to = 0;
  for (let from = 0; from < text.length; from += part) {
    const piece = atob(text.slice(from, from + part));
    for (let i = 0; i < piece.length; i++) bytes[to++] = piece.charCodeAt(i);
  }
  return bytes;
}
