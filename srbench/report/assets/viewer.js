"use strict";
// The pictures: two of them behind a slider, at one zoom and place, and the same part of all.
(() => {
  const one = (id) => document.getElementById(id);
  if (!one("stage")) return;

  // The viewer. Places are in pixels of the whole image; a picture shows box [left, top, width, height] of it.
  const slider = document.querySelector("img-comparison-slider");
  const stage = one("stage");
  const canvases = { left: one("left"), right: one("right") };
  const loaded = new Map();
  const state = { group: 0, image: "", left: "", right: "", zoom: 1, x: 0, y: 0, fit: true };
  const view = () => data.groups[state.group].images.get(state.image);

  function picture(index) {
    if (!loaded.has(index)) {
      const image = new Image();
      image.src = `data:image/webp;base64,${one(`picture-${index}`).textContent}`;
      loaded.set(index, image.decode().then(() => image));
    }
    return loaded.get(index);
  }
  function pixels(image) {
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, image.width, image.height);
  }
  const maps = new Map();
  function errorMap(sr, hr, gain, key) {
    if (maps.has(key)) return maps.get(key);
    const [a, b] = [pixels(sr), pixels(hr)];
    for (let i = 0; i < a.data.length; i += 4) {
      for (let c = 0; c < 3; c += 1) a.data[i + c] = Math.min(255, Math.abs(a.data[i + c] - b.data[i + c]) * gain);
      a.data[i + 3] = 255;
    }
    const canvas = new OffscreenCanvas(sr.width, sr.height);
    canvas.getContext("2d").putImageData(a, 0, 0);
    if (maps.size > 24) maps.clear();
    maps.set(key, canvas);
    return canvas;
  }
  async function source(method) {
    const shown = view();
    const image = await picture(shown.pictures[method]);
    if (!one("errors").checked) return image;
    const gain = Number(one("gain").value);
    const key = `${shown.pictures[method]} ${shown.pictures.HR} ${gain}`;
    return errorMap(image, await picture(shown.pictures.HR), gain, key);
  }

  function sized(canvas) {
    const ratio = devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    return { width, height, ratio };
  }
  function fitting() {
    const [, , width, height] = view().box;
    return Math.min(stage.clientWidth / width, canvases.left.clientHeight / height);
  }
  // The middle of the view, so that it shows no more beside the picture than it must.
  function inside(middle, start, size, shown) {
    return shown >= size ? start + size / 2 : Math.min(Math.max(middle, start + shown / 2), start + size - shown / 2);
  }
  function clamp() {
    const [left, top, width, height] = view().box;
    if (state.fit) { state.zoom = fitting(); state.x = left + width / 2; state.y = top + height / 2; }
    state.zoom = Math.min(Math.max(state.zoom, Math.min(fitting(), 1 / (devicePixelRatio || 1))), 40);
    state.x = inside(state.x, left, width, stage.clientWidth / state.zoom);
    state.y = inside(state.y, top, height, canvases.left.clientHeight / state.zoom);
    stage.classList.toggle("zoomed", state.zoom > fitting() * 1.001);
  }
  // One screen pixel for each of the picture's, or squares: never smoothed when enlarged.
  function paint(canvas, image, box, zoom, x, y) {
    const { width, height, ratio } = sized(canvas);
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = zoom * ratio < 1;
    const scale = zoom * ratio;
    context.setTransform(scale, 0, 0, scale, Math.round(width / 2 - x * scale), Math.round(height / 2 - y * scale));
    context.drawImage(image, box[0], box[1]);
  }
  const unit = () => { const metric = data.groups[state.group].metric; return metric.unit === "dB" ? " dB" : ""; };
  function figure(method) {
    if (method === "HR") return "HR";
    const value = view().figures[method];
    const metric = data.groups[state.group].metric;
    return value === undefined ? method : `${method} ${value.toFixed(metric.digits)}${unit()}`;
  }
  let drawing = 0;
  async function draw() {
    const turn = (drawing += 1);
    stage.dataset.asked = turn;
    const shown = view();
    const [left, right] = await Promise.all([source(state.left), source(state.right)]);
    if (turn !== drawing) return;
    clamp();
    paint(canvases.left, left, shown.box, state.zoom, state.x, state.y);
    paint(canvases.right, right, shown.box, state.zoom, state.x, state.y);
    one("side-left").textContent = figure(state.left);
    one("side-right").textContent = figure(state.right);
    one("zoom").textContent = `zoom ${state.zoom.toFixed(state.zoom < 10 ? 1 : 0)}`;
    const [x, y, width, height] = shown.box;
    const part = width === shown.size[0] && height === shown.size[1] ? ""
      : ` Shown are ${width}×${height} pixels at ${x}, ${y} of ${shown.size[0]}×${shown.size[1]}.`;
    const errors = one("errors").checked ? `, absolute differences from HR ×${one("gain").value}` : "";
    const said = `${state.image}: ${figure(state.left)} on the left, ${figure(state.right)} on the right${errors}.${part}`;
    if (one("said").textContent !== said) one("said").textContent = said;
    stage.dataset.drawn = `${state.image} ${state.left} ${state.right} ${state.zoom.toFixed(3)} ${state.x.toFixed(1)} ${state.y.toFixed(1)}`;
    await crops(turn);
    if (turn === drawing) stage.dataset.done = turn;
  }
  // Below: what every method makes of the middle of the view.
  async function crops(turn) {
    const shown = view();
    const side = Math.max(8, Math.min(shown.spot, shown.spot * fitting() * 4 / state.zoom, shown.box[2], shown.box[3]));
    const names = Object.keys(shown.pictures);
    const sources = await Promise.all(names.map(source));
    if (turn !== drawing) return;
    const figures = [...one("crops").children];
    names.forEach((name, index) => {
      const item = figures[index] || one("crops").appendChild(Object.assign(document.createElement("figure"), { innerHTML: "<canvas></canvas><figcaption></figcaption>" }));
      const canvas = item.firstChild;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${name}: part of ${state.image}`);
      const caption = figure(name);
      if (item.lastChild.textContent !== caption) item.lastChild.textContent = caption;
      const half = side / 2;
      const [left, top, width, height] = shown.box;
      const x = Math.min(Math.max(state.x, left + half), left + width - half);
      const y = Math.min(Math.max(state.y, top + half), top + height - half);
      paint(canvas, sources[index], shown.box, (canvas.clientWidth || 150) / side, x, y);
    });
    figures.slice(names.length).forEach((item) => item.remove());
  }

  function options(select, names, chosen) {
    select.replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
    if (!names.includes(chosen)) select.selectedIndex = 0;
    return select.value;
  }
  function look(spot) {
    state.fit = false;
    [state.x, state.y] = [spot[0] + spot[2] / 2, spot[1] + spot[3] / 2];
    state.zoom = Math.max(fitting(), Math.min(stage.clientWidth / spot[2], canvases.left.clientHeight / spot[3]) / 1.5);
    draw();
  }
  function pickImage(name) {
    const group = data.groups[state.group];
    state.image = options(one("pick-image"), [...group.images.keys()], name);
    const names = Object.keys(view().pictures);
    const methods = names.filter((method) => method !== "HR");
    state.left = options(one("pick-left"), names, names.includes(state.left) ? state.left : methods.length > 1 ? methods[methods.length - 1] : "HR");
    state.right = options(one("pick-right"), names, names.includes(state.right) ? state.right : methods[0] || "HR");
    state.fit = true;
    one("spots").replaceChildren(...view().spots.map((spot, index) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: `crop ${index + 1}` });
      button.title = "where the methods differ most";
      button.addEventListener("click", () => look(spot));
      return button;
    }));
    draw();
  }
  function pickGroup(index) {
    state.group = Number(index);
    one("pick-group").value = String(index);
    pickImage(state.image);
  }
  function step(by) {
    const names = [...data.groups[state.group].images.keys()];
    pickImage(names[(names.indexOf(state.image) + by + names.length) % names.length]);
  }
  function zoomBy(factor, point) {
    const before = state.zoom;
    state.fit = false;
    state.zoom *= factor;
    clamp();
    if (point) {
      // What lies under the pointer stays there.
      const box = stage.getBoundingClientRect();
      const [dx, dy] = [point.clientX - box.left - box.width / 2, point.clientY - box.top - box.height / 2];
      state.x += dx / before - dx / state.zoom;
      state.y += dy / before - dy / state.zoom;
    }
    draw();
  }
  function pan(dx, dy) { state.fit = false; state.x += dx / state.zoom; state.y += dy / state.zoom; draw(); }
  function fit() { state.fit = true; draw(); }
  function single() { state.fit = false; state.zoom = 1 / (devicePixelRatio || 1); draw(); }

  one("pick-group").addEventListener("change", (event) => pickGroup(event.target.value));
  one("pick-image").addEventListener("change", (event) => pickImage(event.target.value));
  one("pick-left").addEventListener("change", (event) => { state.left = event.target.value; draw(); });
  one("pick-right").addEventListener("change", (event) => { state.right = event.target.value; draw(); });
  one("errors").addEventListener("change", draw);
  one("gain").addEventListener("change", draw);
  one("previous").addEventListener("click", () => step(-1));
  one("next").addEventListener("click", () => step(1));
  one("zoom-in").addEventListener("click", () => zoomBy(1.5));
  one("zoom-out").addEventListener("click", () => zoomBy(1 / 1.5));
  one("zoom-fit").addEventListener("click", fit);
  one("zoom-one").addEventListener("click", single);
  [...document.querySelectorAll("button.show")].forEach((button) => button.addEventListener("click", () => {
    state.image = button.dataset.image;
    pickGroup(button.dataset.group);
    one("viewer").scrollIntoView();
    slider.focus({ preventScroll: true });
  }));

  const keys = {
    "+": () => zoomBy(1.5), "=": () => zoomBy(1.5), "-": () => zoomBy(1 / 1.5), 0: fit, 1: single, n: () => step(1), p: () => step(-1),
    e: () => { one("errors").checked = !one("errors").checked; draw(); },
  };
  const arrows = { ArrowLeft: [-40, 0], ArrowRight: [40, 0], ArrowUp: [0, -40], ArrowDown: [0, 40] };
  // Caught before the slider sees them, which moves its divider by any arrow.
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = event.shiftKey && arrows[event.key] ? () => pan(...arrows[event.key]) : keys[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }, true);
  slider.addEventListener("slide", () => slider.setAttribute("aria-valuenow", String(Math.round(slider.value))));
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !stage.contains(document.activeElement)) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, event);
  }, { passive: false });

  // Pointers: one pans, two zoom; the slider's handle keeps its own.
  const pointers = new Map();
  const onHandle = (event) => {
    const box = slider.shadowRoot.getElementById("handle").getBoundingClientRect();
    return event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  };
  const apart = () => { const [a, b] = [...pointers.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || onHandle(event)) return;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    stage.classList.add("held");
    slider.focus({ preventScroll: true });
  });
  addEventListener("pointermove", (event) => {
    const from = pointers.get(event.pointerId);
    if (!from) return;
    const before = pointers.size === 2 ? apart() : 0;
    pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (pointers.size === 2) zoomBy(apart() / Math.max(before, 1));
    else pan(from.x - event.clientX, from.y - event.clientY);
  });
  const release = (event) => { pointers.delete(event.pointerId); if (pointers.size === 0) stage.classList.remove("held"); };
  addEventListener("pointerup", release);
  addEventListener("pointercancel", release);
  new ResizeObserver(() => draw()).observe(stage);

  pickGroup(one("pick-group").value);
})();
