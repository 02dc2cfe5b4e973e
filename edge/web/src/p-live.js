// <p-live>: the class on a pupil's tablet. What the teacher opens comes in
// from the board's side over the page, at the same instant as everywhere; the
// page underneath stays as it was and is given back. A running exercise, or a
// film of one's own, is never covered: its pupil gets a banner in the place
// kept for it, and one tap.
import { Live, follow } from "./live.js";
import { flash } from "./flash.js";
import { hold } from "./hold.js";
import { Say } from "./say.js";
import { over } from "./ink/layers.js";
import { scene as sceneOf } from "./p-scene.js";
import { Watched } from "./watched.js";

const PERIOD = 5000; // ms between two words on a film that plays

class PLive extends HTMLElement {
  #live = new Live(); #say = new Say(this, this.#live, () => this.#where());
  #w; #letGo = null; #shown = ""; #beat = 0; #scene = null; #giveBack = null; #afterAttention = null; #known = new Set();

  connectedCallback() {
    this.#w = this.dataset;
    const live = this.#live;
    live.addEventListener("welcome", () => { this.#say.room(); this.#attention(live.attention); });
    live.addEventListener("link", (e) => this.#link(e.detail));
    live.addEventListener("stage", (e) => { if (e.detail.to === "pupils") this.#stage(); });
    live.addEventListener("mine", () => { this.#stage(); this.#say.mine(live.mine); });
    live.addEventListener("attention", (e) => this.#attention(e.detail.on));
    live.addEventListener("ended", () => { this.#close(); this.#banner(null); this.#attention(false); this.#say.room(); });
    this.addEventListener("click", (e) => {
      const button = e.target.closest("[data-live]"), what = button?.dataset.live;
      if (what === "join") this.#open(this.#stageNow);
      else if (what === "leave") this.#leave();
      else if (what === "sound") this.#sound();
      else if (what) this.#say.press(what);
    });
    this.addEventListener("p-muted", () => { const b = this.querySelector("[data-live=sound]"); if (b) b.hidden = false; });
    this.#beat = setInterval(() => { if (this.#film && !this.#film.paused) this.#say.status(); }, PERIOD);
    flash(live, this, () => this.#busy && !this.#up);
    live.start();
  }

  disconnectedCallback() { clearInterval(this.#beat); this.#live.stop(); this.#letGo?.(); }

  // One's own stage wins over that of all.
  get #stageNow() { return this.#live.mine?.stage ?? this.#live.stages.pupils; }
  get #up() { return !!this.#scene && !this.#scene.hidden; }
  get #film() { return this.#up ? this.#scene.querySelector("video") : document.querySelector("main video"); }

  // An exercise, or a film the pupil is watching, is work in progress.
  get #busy() {
    if (document.querySelector("[data-exercise]")) return true;
    const own = document.querySelector("main video");
    return !!own && !own.paused;
  }

  /** What is on this tablet now, for the teacher and for what is shared. */
  #where() {
    const stage = this.#up ? this.#stageNow : null, film = this.#film;
    const item = stage?.item ?? document.querySelector("main [data-item]")?.dataset.item ?? "";
    if (!item || !film) return { item };
    return { item, position: film.currentTime, playing: !film.paused, progress: film.duration ? Math.min(1, film.currentTime / film.duration) : 0 };
  }

  #link({ online, code }) {
    this.toggleAttribute("online", online);
    // Signed out elsewhere, or the session is over: nobody's page stays open.
    if (code === 4503) { document.dispatchEvent(new Event("p-signed-out")); return; }
    document.dispatchEvent(new CustomEvent("p-link", { detail: { online } }));
  }

  #stage() {
    const stage = this.#stageNow;
    if (!stage) { this.#close(); this.#banner(null); return; }
    if (stage.launch === this.#shown) return this.#live.ack();
    const fresh = !this.#known.has(stage.launch) && this.#say.kept("left") !== stage.launch;
    this.#known.add(stage.launch);
    if (!fresh && !this.#shown) return this.#banner(stage); // left earlier: one tap brings it back
    if (this.#busy && !this.#up) return this.#banner(stage, fresh);
    this.#open(stage);
  }

  #banner(stage, announce = false) {
    const slot = this.querySelector("[data-banner]");
    const text = stage ? this.#opens(stage) : "";
    slot.toggleAttribute("data-on", !!stage);
    slot.querySelector("[data-live=join]").hidden = !stage;
    slot.querySelector("[data-text]").textContent = text;
    if (announce) this.#say.aloud(text);
  }

  #opens(stage) { return (stage.by ? this.#w.opens.replace("%s", stage.by) : this.#w.now) + " " + (stage.title || ""); }

  async #open(stage) {
    if (!stage) return;
    this.#letGo?.();
    this.#letGo = null;
    this.#shown = stage.launch;
    this.#banner(null);
    this.#say.keep("left", "");
    try {
      const nodes = await sceneOf(stage.item);
      if (this.#shown !== stage.launch) return;
      const scene = this.#scene = this.querySelector("[data-scene]");
      scene.querySelector("[data-body]").replaceChildren(...nodes);
      over(this.#live, scene.querySelector(".scene"), "pupils", () => this.#stageNow);
      scene.querySelector("[data-title]").textContent = stage.title || "";
      this.#giveBack ??= hold(scene);
      scene.hidden = false;
      scene.querySelector("[data-title]").focus({ preventScroll: true });
      this.#say.aloud(this.#opens(stage));
      const video = scene.querySelector("video");
      if (video) {
        this.#letGo = follow(this.#live, video, () => (this.#afterAttention ? null : this.#stageNow));
        // A film seen together counts as one seen alone.
        new Watched(video, this.#w.progress, stage.item, () => ({ captions: video.textTracks[0]?.mode === "showing" }));
      }
      this.#live.ack();
      this.#say.status();
    } catch {
      this.#shown = "";
      this.#banner(stage);
      this.querySelector("[data-text]").textContent = this.#w.missing;
      this.#say.aloud(this.#w.missing);
    }
  }

  #close() {
    this.#letGo?.();
    this.#letGo = null;
    this.#shown = "";
    if (!this.#up) return;
    this.#scene.querySelector("video")?.pause(); // says what was played
    this.#scene.hidden = true;
    this.#scene.querySelector("[data-body]").replaceChildren();
    this.#giveBack?.({ play: false }); // a film does not start by itself after a lesson's
    this.#giveBack = null;
    this.#say.status();
  }

  #leave() {
    const stage = this.#stageNow;
    this.#close();
    this.#banner(stage);
    this.#say.keep("left", stage?.launch ?? ""); // on the next page too
  }

  // Screens pause for the board, and are given back exactly as they were.
  #attention(on) {
    if (on === !!this.#afterAttention) return;
    const cover = this.querySelector("[data-attention]");
    if (on) {
      this.#afterAttention = hold(cover);
      cover.hidden = false;
      return;
    }
    cover.hidden = true;
    const back = this.#afterAttention;
    this.#afterAttention = null;
    back();
    this.#say.aloud(this.#w.back);
  }

  #sound() {
    const video = this.#scene?.querySelector("video");
    if (video) video.muted = false;
    this.querySelector("[data-live=sound]").hidden = true;
  }
}

customElements.define("p-live", PLive);
