/* What the page of `skdigits serve` asks its service for. */

const READ = ["image/png", "image/jpeg", "image/webp", "image/gif"];  // formats that the service reads
const TOO_LARGE = 413;  // this status may come from a proxy, without a reason

/* Returns the image that the model gets of a picture, as numbers from 0 to 255. A frame of the
camera, and a file in a format that only the browser reads, such as HEIC, is sent as PNG. */
async function askForImage(picture, file) {
  const toPng = () => new Promise((done) => canvasOf(picture).toBlob(done, "image/png"));
  const body = READ.includes(file?.type) ? file : await toPng();
  const { image } = await ask("read", body, "application/octet-stream");
  return Uint8ClampedArray.from(image.flat(2));
}

/* Returns the probabilities of the classes for an image of the model's size. The service takes 1 for
white where no number is larger, so white is 1 in all images; four digits tell all tones. */
async function askForProbabilities(pixels, { width, height, channels }, classes) {
  const numbers = Array.from(pixels, (x) => Number((x / 255).toFixed(4)));
  const dots = Array.from({ length: width * height }, (_, i) => {
    const dot = numbers.slice(i * channels, (i + 1) * channels);
    return channels === 1 ? dot[0] : dot;
  });
  const rows = Array.from({ length: height }, (_, y) => dots.slice(y * width, (y + 1) * width));
  const answer = await ask("predict", JSON.stringify(rows), "application/json");
  const { probabilities } = answer.predictions[0];
  return classes.map((name) => probabilities[name] ?? 0);
}

/* Sends a body, and returns the answer; an error has the reason as a sentence for people. */
async function ask(path, body, type) {
  let response;
  try {
    response = await fetch(path, { method: "POST", body, headers: { "Content-Type": type } });
  } catch {
    throw new Error("The service cannot be reached. It may have ended.");
  }
  const answer = await response.json().catch(() => ({}));  // of a proxy, it may be anything
  if (response.ok && answer.model) return answer;
  const isTooLarge = response.status === TOO_LARGE;
  const unknown = isTooLarge ? "the picture is too large" : `the service has failed (${response.status})`;
  const reason = answer.error ?? unknown;
  throw new Error(`${reason[0].toUpperCase()}${reason.slice(1)}.`);
}
