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
import { recall, scene as sceneOf } from "./p-scene.js";
import { Watched } from "./watched.js";

const PERIOD = 5000; // ms between two words on a film that plays
const AGAIN = 1000, RARELY = 30_000; // ms until what did not come is asked for again, doubled each time, and at most

class PLive extends HTMLElement {
  #live = new Live(); #say = new Say(this, this.#live, () => this.#where());
  #w; #letGo = null; #shown = ""; #here = null; #late = ""; #tries = 0; #again = 0; #beat = 0; #scene = null; #giveBack = null; #afterAttention = null; #known = new Set();

  connectedCallback() {
    this.#w = this.dataset;
    const live = this.#live;
    live.addEventListener("welcome", () => { this.#say.room(); this.#attention(live.attention); if (this.#late) this.#stage(); });
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
    flash(live, this, () => this.#busy);
    live.start();
  }

  disconnectedCallback() { clearInterval(this.#beat); clearTimeout(this.#again); this.#live.stop(); this.#letGo?.(); }

  // One's own stage wins over that of all.
  get #stageNow() { return this.#live.mine?.stage ?? this.#live.stages.pupils; }
  get #up() { return !!this.#scene && !this.#scene.hidden; }
  get #film() { return this.#up ? this.#scene.querySelector("video") : document.querySelector("main video"); }

  // An exercise, whoever opened it, or a film the pupil is watching, is work in
  // progress; also while the class looks at the board.
  get #busy() {
    if (this.#up) return !!this.#scene.querySelector("[data-exercise]");
    if (document.querySelector("[data-exercise]") || this.#afterAttention?.running()) return true;
    const own = document.querySelector("main video");
    return !!own && !own.paused;
  }

  /** What is on this tablet now, for the teacher and for what is shared. */
  #where() {
    const stage = this.#up ? this.#here : null, film = this.#film;
    const item = stage?.item ?? document.querySelector("main [data-item]")?.dataset.item ?? "";
    if (!item || !film) {
      const now = this.#stageNow, page = stage && now?.launch === stage.launch && now.page;
      return { item, ...(page ? { position: page } : {}) };
    }
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
    if (stage.launch === this.#shown) {
      this.#banner(null);
      if (stage.page) this.#say.status(); // the page was turned
      return this.#live.ack();
    }
    const late = this.#late === stage.launch; // it did not come; the pupil did not leave it
    const fresh = !this.#known.has(stage.launch) && this.#say.kept("left") !== stage.launch;
    this.#known.add(stage.launch);
    if (!fresh && !late && !this.#shown) return this.#banner(stage); // left earlier: one tap brings it back
    if (this.#busy) return this.#banner(stage, fresh);
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
    clearTimeout(this.#again);
    this.#shown = stage.launch;
    this.#banner(null);
    this.#say.keep("left", "");
    try {
      const nodes = await this.#ready(stage);
      if (this.#shown !== stage.launch) return;
      this.#late = "";
      this.#tries = 0;
      this.#show(stage, nodes);
    } catch (err) {
      if (this.#shown === stage.launch) this.#failed(stage, err);
    }
  }

  /** The scene of a stage, with what listens to its exercise. */
  async #ready(stage) {
    const nodes = await sceneOf(stage.item, stage.page);
    const frame = nodes[0]?.querySelector("p-frame");
    if (!frame) return nodes;
    frame.dataset.launches = this.#w.launches;
    frame.dataset.results = this.#w.results;
    await import("./p-frame.js"); // before the exercise speaks
    return nodes;
  }

  #show(stage, nodes) {
    const scene = this.#scene = this.querySelector("[data-scene]"), title = scene.querySelector("[data-title]");
    const now = () => (this.#stageNow?.launch === stage.launch ? this.#stageNow : null);
    this.#here = stage;
    scene.querySelector("[data-body]").replaceChildren(...nodes);
    const view = scene.querySelector(".scene"), video = scene.querySelector("video");
    over(this.#live, view, "pupils", now);
    // Who opened it is read with the title, which has the focus: nothing else says it.
    const who = document.createElement("span");
    who.className = "unseen";
    who.textContent = this.#opens({ ...stage, title: "" });
    title.replaceChildren(who, stage.title || "");
    scene.hidden = false;
    if (!this.#afterAttention) this.#holdBelow();
    if (video) {
      this.#letGo = follow(this.#live, video, () => (this.#afterAttention ? null : now()));
      // A film seen together counts as one seen alone.
      new Watched(video, this.#w.progress, stage.item, () => view.means());
      recall(view);
    }
    this.#live.ack();
    this.#say.status();
  }

  // The page below waits, and the scene has the focus.
  #holdBelow() {
    this.#giveBack ??= hold(this.#scene);
    this.#scene.querySelector("[data-title]").focus({ preventScroll: true });
  }

  // What the box does not have is said; what did not come through comes later.
  #failed(stage, err) {
    this.#close();
    if (err.message === "404") {
      this.#late = "";
      this.#banner(stage);
      this.querySelector("[data-text]").textContent = this.#w.missing;
      return this.#say.aloud(this.#w.missing);
    }
    this.#banner(stage, this.#late !== stage.launch);
    if (this.#late !== stage.launch) this.#tries = 0;
    this.#late = stage.launch;
    const wait = Math.min(RARELY, AGAIN * 2 ** this.#tries++) * (0.5 + Math.random());
    // Without a line the next welcome asks.
    this.#again = setTimeout(() => { if (this.#late && this.#live.online) this.#stage(); }, wait);
  }

  #close() {
    this.#letGo?.();
    this.#letGo = this.#here = null;
    this.#shown = "";
    clearTimeout(this.#again);
    if (!this.#up) return;
    this.#scene.querySelector("video")?.pause(); // says what was played
    this.#scene.hidden = true;
    this.#scene.querySelector("[data-body]").replaceChildren();
    if (!this.#afterAttention) this.#giveUp();
    this.#say.status();
  }

  #giveUp() {
    this.#giveBack?.({ play: false }); // a film does not start by itself after a lesson's
    this.#giveBack = null;
  }

  #leave() {
    const stage = this.#stageNow;
    this.#close();
    this.#late = "";
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
    // A scene may have come meanwhile, over what was held then, or gone.
    back({ play: !this.#up || !!this.#giveBack });
    this.#say.aloud(this.#w.back);
    if (!this.#up) this.#giveUp();
    else if (!this.#giveBack) this.#holdBelow();
  }

  #sound() {
    const video = this.#scene?.querySelector("video");
    if (video) video.muted = video.closest("p-scene").means().audio_description; // its sound is the other one
    this.querySelector("[data-live=sound]").hidden = true;
  }
}

customElements.define("p-live", PLive);
