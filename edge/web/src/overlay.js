// What was done and still waits in the outbox, shown on pages that were made
// before: a card finished without the box appears finished.
import { outbox } from "./outbox.js";

const ENOUGH = 0.95; // of a film, as the box reckons

/** overlay marks what of the page's items is done or begun by the outbox. words
 *  holds the two marks as templates. */
export async function overlay(words) {
  const work = new Map();
  for (const { body } of await outbox.waiting()) {
    if (!body.item) continue;
    const w = work.get(body.item) ?? { spans: [], done: false, at: 0, length: 0 };
    work.set(body.item, w);
    w.done ||= body.done === true;
    w.spans.push(...(body.segments ?? []));
    if (body.length) { w.length = body.length; w.at = body.position; }
  }
  for (const [item, w] of work) show(item, w, words);
}

/** The seconds that spans cover together. */
function covered(spans) {
  let sum = 0, end = 0;
  for (const [a, b] of spans.sort((x, y) => x[0] - y[0])) {
    sum += Math.max(0, b - Math.max(a, end));
    end = Math.max(end, b);
  }
  return sum;
}

function show(item, w, words) {
  const share = w.length ? covered(w.spans) / w.length : 0;
  const film = document.querySelector(`p-video[data-item="${CSS.escape(item)}"]`);
  if (film && w.at) film.dataset.start = share >= ENOUGH ? 0 : w.at;
  for (const link of document.querySelectorAll("main a[href^='/eleve/ressource/']")) {
    if (decodeURIComponent(new URL(link.href).pathname.slice("/eleve/ressource/".length)) !== item) continue;
    const place = link.closest(".card, .plan-step, .resume");
    const meta = place?.querySelector(".meta");
    if (!meta || meta.querySelector(".done")) continue;
    const bar = place.querySelector("progress.bar"), before = bar ? bar.value / bar.max : 0;
    const done = w.done || before + share >= ENOUGH;
    if (!done && (meta.querySelector("[data-waits]") || before)) continue;
    if (!done && !share) continue;
    const mark = words.querySelector(done ? "template[data-done]" : "template[data-begun]").content.firstElementChild.cloneNode(true);
    mark.dataset.waits = "";
    meta.querySelector("[data-waits]")?.remove();
    meta.append(mark);
    if (done) {
      place.classList.add("is-done");
      bar?.remove();
    }
  }
}
