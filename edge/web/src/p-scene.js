// <p-scene>: an item shown to a class. Captions, sign language and the
// described sound are chosen on each screen, and remembered for a pupil; the
// film itself follows the teacher.

import { leaf } from "./ink/layers.js";

const PATIENCE = 10_000; // ms for a scene to come
const SAID = 1000; // ms: what was played of a film that goes is still to be said
// What a pupil likes, under the names of their own player; captions are on in a
// class until they say otherwise there.
const LIKES = { lsf: "signed", described: "described", captions: "captionsInClass" };

class Scene extends HTMLElement {
  #film; #slaves = {}; #timer = 0;

  connectedCallback() {
    const [film, signer] = this.querySelectorAll("video");
    this.#film = film;
    this.#slaves = { lsf: signer, described: this.querySelector("audio") };
    this.addEventListener("click", (e) => {
      const button = e.target.closest("[data-tool]");
      if (!button) return;
      const on = button.getAttribute("aria-pressed") !== "true";
      this.press(button.dataset.tool, on);
      this.dispatchEvent(new CustomEvent("p-means", { detail: { tool: button.dataset.tool, on } }));
    });
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
    for (const slave of Object.values(this.#slaves)) slave?.pause();
    setTimeout(() => { if (!this.isConnected) release(this); }, SAID);
  }

  /** Switches one means on or off, if this film has it. */
  press(tool, on) {
    const button = this.querySelector(`[data-tool=${tool}]`);
    if (!button) return;
    button.setAttribute("aria-pressed", String(on));
    if (tool === "captions") for (const track of this.#film.textTracks) track.mode = on ? "showing" : "disabled";
    else this.#slave(tool, on);
  }

  /** By which means the film is followed just now. */
  means() {
    const on = (tool) => this.querySelector(`[data-tool=${tool}]`)?.getAttribute("aria-pressed") === "true";
    return { captions: on("captions"), audio_description: on("described"), sign_language: on("lsf") };
  }

  // The signer is a second film beside the first, the described sound one in
  // the place of its own; both are kept in step with it.
  #slave(tool, on) {
    const film = this.#film, one = this.#slaves[tool];
    if (tool === "lsf") {
      one.hidden = !on;
      this.classList.toggle("signed", on);
    } else film.muted = on;
    if (on && !one.src) { // nobody pays for what nobody asked
      one.preload = "auto";
      one.src = one.dataset.src;
    }
    clearInterval(this.#timer);
    const { sign_language: signed, audio_description: described } = this.means();
    const wanted = [signed && this.#slaves.lsf, described && this.#slaves.described].filter(Boolean);
    if (!on) one.pause();
    if (wanted.length) this.#timer = setInterval(() => wanted.forEach((media) => this.#keep(media)), 200);
  }

  #keep(media) {
    const film = this.#film;
    if (media.readyState < 1) return;
    if (film.paused !== media.paused) film.paused ? media.pause() : media.play().catch(() => this.#unheard(media));
    const gap = film.currentTime - media.currentTime;
    if (Math.abs(gap) > 0.5) media.currentTime = film.currentTime;
    media.playbackRate = film.playbackRate * (Math.abs(gap) > 0.06 && Math.abs(gap) <= 0.5 ? 1 + Math.sign(gap) * 0.05 : 1);
  }

  // A sound of its own needs a tap the browser has not seen.
  #unheard(media) { if (media.localName === "audio") this.dispatchEvent(new CustomEvent("p-muted", { bubbles: true })); }
}

customElements.define("p-scene", Scene);

/**
 * Lets go of films and sounds that are not shown again. One that is only taken
 * off the page keeps its line to the box, and a browser has six of them.
 */
export function release(root) {
  for (const media of root.querySelectorAll("video, audio")) {
    media.pause();
    media.replaceChildren();
    for (const name of ["src", "poster"]) media.removeAttribute(name);
    media.load();
  }
}

/** Fetches the scene of an item and returns its nodes, ready to be placed; a pack is at `page`. */
export async function scene(item, page) {
  const answer = await fetch("/scene/" + item, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout?.(PATIENCE) });
  if (!answer.ok) throw new Error(String(answer.status));
  // The box's own page, already escaped. Its nodes are taken, not copied: a film
  // left behind in the parsed page would keep all of it alive.
  const all = new DOMParser().parseFromString(await answer.text(), "text/html");
  leaf(all, page);
  return [...all.querySelector("#main").children].map((node) => document.adoptNode(node));
}

/** Sets a scene on a pupil's own tablet as they like it, and remembers what they change. */
export function recall(view) {
  const place = "preau.film:" + (document.documentElement.dataset.who || "");
  const likes = () => { try { return JSON.parse(localStorage.getItem(place)) ?? {}; } catch { return {}; } };
  const described = view.querySelector("[data-tool=described]");
  if (described) described.hidden = false;
  const mine = likes();
  for (const [tool, like] of Object.entries(LIKES)) if (typeof mine[like] === "boolean") view.press(tool, mine[like]);
  view.addEventListener("p-means", ({ detail }) => {
    try { localStorage.setItem(place, JSON.stringify({ ...likes(), [LIKES[detail.tool]]: detail.on })); } catch { /* for this scene only */ }
  });
}
