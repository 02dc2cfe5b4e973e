// <p-ink>: a clear sheet over what a scene shows, kept on the content itself
// (not its black bars) at every size. It paints what the box tells of the
// launch on screen, and what its own pen draws before the box has it.
import { paint } from "./ink/paint.js";

const MOST_PIXELS = 2560; // a canvas no wider than that: a board of 4K has small machines behind it
const DRIES_MS = 700;

/** The part of an element that its picture fills, in the page's pixels. */
export function contentBox(el) {
  const r = el.getBoundingClientRect();
  const sheet = el.localName === "canvas"; // a page of a PDF
  const w = el.videoWidth || el.naturalWidth || (sheet && el.width), h = el.videoHeight || el.naturalHeight || (sheet && el.height);
  if (!w || !h) return r;
  const k = Math.min(r.width / w, r.height / h);
  return new DOMRect(r.x + (r.width - w * k) / 2, r.y + (r.height - h * k) / 2, w * k, h * k);
}

class Ink extends HTMLElement {
  live = null; side = ""; stage = () => null;
  own = new Map(); // strokes that the box has not confirmed, by id
  #still; #wet; #drying = new Map(); #observer; #all = true; #frame = 0; #timer = 0; #dot; #w = 0; #h = 0; #media = null;

  connectedCallback() {
    this.setAttribute("aria-hidden", "true");
    if (!this.#still) {
      this.#still = this.appendChild(document.createElement("canvas"));
      this.#wet = this.appendChild(document.createElement("canvas"));
      this.#dot = this.appendChild(document.createElement("i"));
      this.#dot.hidden = true;
    }
    this.#media = this.parentElement.querySelector("video, img, iframe, p-pdf canvas");
    this.#observer = new ResizeObserver(() => this.place());
    this.#observer.observe(this.parentElement);
    if (this.#media) {
      this.#observer.observe(this.#media);
      for (const type of ["loadedmetadata", "load", "resize"]) this.#media.addEventListener(type, this.#again);
    }
    for (const type of ["ink", "rub", "point", "stage", "welcome"]) this.live.addEventListener(type, this.#hear);
    this.place();
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#media) for (const type of ["loadedmetadata", "load", "resize"]) this.#media.removeEventListener(type, this.#again);
    for (const type of ["ink", "rub", "point", "stage", "welcome"]) this.live.removeEventListener(type, this.#hear);
  }

  #again = () => this.place();

  /** Lies down on the content. */
  place() {
    if (!this.isConnected) return;
    const box = contentBox(this.#media ?? this.parentElement), frame = this.parentElement.getBoundingClientRect();
    for (const [side, v] of [["left", box.x - frame.x], ["top", box.y - frame.y], ["width", box.width], ["height", box.height]]) this.style[side] = v + "px";
    const dense = Math.min(devicePixelRatio || 1, MOST_PIXELS / (box.width || 1));
    const w = Math.max(1, Math.round(box.width * dense)), h = Math.max(1, Math.round(box.height * dense));
    if (w !== this.#w || h !== this.#h) {
      [this.#w, this.#h] = [w, h];
      for (const c of [this.#still, this.#wet]) { c.width = w; c.height = h; }
      this.repaint();
    }
  }

  get strokes() {
    const stage = this.stage();
    return stage ? this.live.ink.of(stage.launch, stage.page, this.side) : [];
  }

  /** Paints all again at the next frame. */
  repaint() { this.#all = true; this.ask(); }

  /** Paints what is still wet at the next frame. */
  ask() { this.#frame ||= requestAnimationFrame(() => { this.#frame = 0; this.#paint(); }); }

  #hear = (e) => {
    const m = e.detail, stage = this.stage();
    if (e.type === "point") return this.#point(m);
    if (e.type === "stage" || e.type === "welcome") { this.#dot.hidden = true; return this.repaint(); }
    if (m.launch !== stage?.launch || (m.page || 0) !== (stage.page || 0)) return;
    if (e.type === "rub") return this.repaint();
    for (const s of m.strokes) {
      if (!m.more && this.#drying.has(s.id)) this.#all = true; // replaced
      this.#drying.set(s.id, performance.now());
    }
    this.ask();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#dry(), DRIES_MS);
  };

  // What nobody draws on any more goes to the sheet below.
  #dry() {
    const ctx = this.#still.getContext("2d"), now = performance.now();
    for (const s of this.strokes) {
      if (this.#drying.has(s.id) && !this.own.has(s.id) && now - this.#drying.get(s.id) >= DRIES_MS - 50) {
        paint(ctx, this.#w, this.#h, s);
        this.#drying.delete(s.id);
      }
    }
    if (this.#drying.size) this.#timer = setTimeout(() => this.#dry(), DRIES_MS);
    this.ask();
  }

  #paint() {
    const all = this.strokes, still = this.#still.getContext("2d"), wet = this.#wet.getContext("2d");
    if (this.#all) {
      this.#all = false;
      still.clearRect(0, 0, this.#w, this.#h);
      this.#drying.clear();
      for (const s of all) if (!this.own.has(s.id)) paint(still, this.#w, this.#h, s);
    }
    wet.clearRect(0, 0, this.#w, this.#h);
    for (const s of all) if (this.#drying.has(s.id) && !this.own.has(s.id)) paint(wet, this.#w, this.#h, s);
    const stage = this.stage();
    for (const s of this.own.values()) if (s.where.launch === stage?.launch && (s.where.page || 0) === (stage.page || 0)) paint(wet, this.#w, this.#h, s);
  }

  #point({ launch, page, x, y }) {
    const stage = this.stage();
    const here = x >= 0 && launch === stage?.launch && (page || 0) === (stage.page || 0);
    this.#dot.hidden = !here;
    if (here) { this.#dot.style.left = x * 100 + "%"; this.#dot.style.top = y * 100 + "%"; }
  }
}

customElements.define("p-ink", Ink);

/** Lays a sheet over a scene; remove() takes it away. */
export function inkOver(live, scene, side, stage) {
  const ink = document.createElement("p-ink");
  Object.assign(ink, { live, side, stage });
  scene.append(ink);
  return ink;
}
