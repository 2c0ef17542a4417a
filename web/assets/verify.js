// Gains for /verify and /v: the camera, and the text in a scanned address. Both pages work without.
"use strict";

(() => {
  const $ = (id) => document.getElementById(id);
  const show = (id, on) => { const node = $(id); if (node) node.hidden = !on; };

  // Posts the page's own form with other values and shows the answer in place, so that the text
  // stays out of every address and going back works.
  async function check(form, values) {
    const data = new FormData();
    data.set("form_token", form.elements.form_token.value);
    for (const [name, value] of Object.entries(values)) data.set(name, value);
    const response = await fetch(form.action, { method: "POST", body: data, credentials: "same-origin" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const main = page.getElementById("main");
    if (!main) throw new Error("no answer");
    const here = $("main");
    here.replaceChildren(...main.childNodes);
    document.title = page.title;
    here.focus();
    window.scrollTo(0, 0);
  }

  // /v: the text after # never leaves the browser by itself.
  const landing = $("landing");
  async function land() {
    let text = location.hash.slice(1);
    try { text = decodeURIComponent(text); } catch { /* as it stands */ }
    if (!text) return;
    show("landing-wait", true);
    show("landing-manual", false);
    try {
      await check(landing, { text });
    } catch {
      show("landing-wait", false);
      show("landing-failed", true);
      show("landing-manual", true);
    }
  }
  if (landing) {
    window.addEventListener("hashchange", () => location.reload());
    land();
  }

  // /verify: the camera, where the browser lets us.
  const form = $("verify-form");
  if (!form || !navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) return;
  show("camera", true);
  const video = $("camera-video");
  let stream = null;

  function close() {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    for (const id of ["camera-view", "camera-shot", "camera-close"]) show(id, false);
    show("camera-open", true);
  }

  async function send(values) {
    try {
      await check(form, values);
      close();
    } catch {
      show("script-error", true);
    }
  }

  async function watch() {
    if (!("BarcodeDetector" in window)) return;
    const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
    while (stream) {
      const codes = await detector.detect(video).catch(() => []);
      if (stream && codes.length > 0) {
        await send({ text: codes[0].rawValue });
        return;
      }
      await new Promise((wake) => setTimeout(wake, 250));
    }
  }

  $("camera-open").addEventListener("click", async () => {
    show("script-error", false);
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 1920 } },
      });
    } catch {
      show("script-error", true);
      return;
    }
    video.srcObject = stream;
    await video.play();
    show("camera-open", false);
    for (const id of ["camera-view", "camera-shot", "camera-close"]) show(id, true);
    watch();
  });

  $("camera-shot").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => { if (blob) send({ file: new File([blob], "camera.jpg") }); }, "image/jpeg", 0.92);
  });

  $("camera-close").addEventListener("click", close);
})();
