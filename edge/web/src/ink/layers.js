// What was drawn over the stages on screen, as the box tells it.

/** Layers holds strokes by launch, page and target. */
export class Layers {
  #all = [];

  /** Starts afresh from a welcome's state. */
  reset(list) { this.#all = (list || []).map((l) => ({ ...l, page: l.page || 0, strokes: [...l.strokes] })); }

  /** Forgets the layers of launches that are on no screen. */
  keep(launches) { this.#all = this.#all.filter((l) => launches.includes(l.launch)); }

  take(m) {
    const page = m.page || 0;
    if (m.t === "rub") {
      for (const l of this.#all) {
        if (l.launch === m.launch && l.page === page) l.strokes = m.ids ? l.strokes.filter((s) => !m.ids.includes(s.id)) : [];
      }
      return;
    }
    let layer = this.#all.find((l) => l.launch === m.launch && l.page === page && l.to === m.to);
    if (!layer) this.#all.push((layer = { launch: m.launch, page, to: m.to, strokes: [] }));
    for (const s of m.strokes) {
      const i = layer.strokes.findIndex((have) => have.id === s.id);
      if (i < 0) { if (!m.more) layer.strokes.push(s); }
      else if (m.more) layer.strokes[i].points.push(...s.points);
      else layer.strokes[i] = s;
    }
  }

  /** The strokes over a launch, as one kind of screen shows them; of all kinds without side. */
  of(launch, page = 0, side = "") {
    return this.#all.filter((l) => l.launch === launch && l.page === page && (!side || l.to === "all" || l.to === side)).flatMap((l) => l.strokes);
  }
}

/** The page that a stage, or what a pupil offers, is at, from 1. */
export const pageOf = (stage) => stage.page || Math.max(1, Math.round(stage.position || 1));

/** Turns the pages of a scene that has some as its stage says, until it is taken away. */
export async function pages(live, scene, stageOf) {
  const pdf = scene.querySelector("p-pdf");
  if (pdf) await import("../p-pdf.js");
  else if (!scene.querySelector("[data-leaves]")) return;
  const off = new AbortController();
  const step = () => {
    if (!scene.isConnected) return off.abort();
    const stage = stageOf();
    if (!stage) return;
    if (pdf) pdf.turn(pageOf(stage));
    else leaf(scene, pageOf(stage));
  };
  for (const type of ["stage", "mine", "welcome"]) live.addEventListener(type, step, { signal: off.signal });
  step();
}

/**
 * Has a pack of HTML pages show the one of that number; beyond the last one,
 * the last. A page turned is no step of the screen's own history.
 */
export function leaf(scene, number) {
  const pack = scene.querySelector("[data-leaves]"), paths = pack?.dataset.leaves.split(" ");
  const n = Math.min(Math.max(1, number || 1), paths?.length);
  if (!pack || Number(pack.dataset.page) === n) return;
  const frame = pack.querySelector("iframe"), url = pack.dataset.base + paths[n - 1];
  pack.dataset.page = n;
  frame.title = pack.dataset.label.replace("%d", n).replace("%n", paths.length);
  frame.style.height = ""; // what the page before asked for
  if (frame.contentWindow) frame.contentWindow.location.replace(url);
  else frame.src = url; // not placed yet
}

/**
 * Over turns a scene's pages, and shows ink over it once there is some: what is
 * never drawn on loads nothing. It ends with the scene.
 */
export function over(live, scene, side, stageOf) {
  let loading = false;
  pages(live, scene, stageOf);
  const off = new AbortController();
  const need = async () => {
    if (!scene.isConnected) return off.abort();
    const stage = stageOf();
    if (loading || !stage) return;
    if (scene.querySelector("p-ink")) return off.abort(); // the chalk laid one
    loading = true;
    const { inkOver } = await import("../p-ink.js");
    if (scene.isConnected && !scene.querySelector("p-ink")) inkOver(live, scene, side, stageOf);
    off.abort();
  };
  const some = () => { if (live.ink.of(stageOf()?.launch, stageOf()?.page, side).length) need(); };
  for (const type of ["ink", "point"]) live.addEventListener(type, need, { signal: off.signal });
  live.addEventListener("welcome", some, { signal: off.signal });
  // A scene that nobody drew on is not held by what waited for ink.
  for (const type of ["stage", "welcome", "ended"]) live.addEventListener(type, () => { if (!scene.isConnected) off.abort(); }, { signal: off.signal });
  some();
}
