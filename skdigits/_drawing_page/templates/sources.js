/* Where pictures come from: a file that is chosen, dropped or pasted, or the camera. */

/* Hands pictures to `use`, with the file of each that comes from one; `complain` shows a text. */
function listenToSources(use, complain) {
  const read = async (files) => {
    const file = [...files].find((each) => each.type.startsWith("image/")) ?? files[0];
    complain("");
    if (!file) {
      complain("That holds no file with a picture. Save the picture first, then choose the file.");
      return;
    }
    let picture;
    try {
      picture = await readPicture(file);
    } catch {
      complain(`“${file.name}” cannot be read as a picture. Use PNG, JPEG, WebP or GIF.`);
      return;
    }
    use(picture, file);
  };

  const chooser = document.getElementById("file");
  document.getElementById("open").addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", async () => {
    await read(chooser.files);
    chooser.value = "";  // so that the same file can be chosen again
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    read(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) read(event.clipboardData.files);
  });
  listenToCamera(use, complain);
}

function listenToCamera(use, complain) {
  const button = document.getElementById("camera");
  if (!navigator.mediaDevices?.getUserMedia) return;  // an insecure page, or an old browser
  button.hidden = false;
  const dialog = document.getElementById("viewfinder"), video = dialog.querySelector("video");
  button.addEventListener("click", async () => {
    complain("");
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment" },
      });
    } catch {
      complain("The camera cannot be used. Allow it in the browser, or choose a picture.");
      return;
    }
    dialog.showModal();
    await video.play().catch(() => {});  // it was closed at once
  });
  dialog.addEventListener("close", () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  });
  dialog.querySelector("#cancel").addEventListener("click", () => dialog.close());
  dialog.querySelector("#take").addEventListener("click", async () => {
    if (!video.videoWidth) return;  // there is no frame yet
    const frame = await createImageBitmap(video, ...visiblePart(video));
    dialog.close();
    use(takePicture(frame, frame.width, frame.height));
  });
}

/* Returns left, top, width and height of the part of a video that its box shows. */
function visiblePart({ videoWidth, videoHeight, clientWidth, clientHeight }) {
  const scale = Math.max(clientWidth / videoWidth, clientHeight / videoHeight);
  const width = Math.round(clientWidth / scale), height = Math.round(clientHeight / scale);
  return [(videoWidth - width) >> 1, (videoHeight - height) >> 1, width, height];
}
