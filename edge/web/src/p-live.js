// <p-live>: the class on a pupil's tablet. What the teacher opens comes in
// from the board's side over the page, at the same instant as everywhere; the
// page underneath stays as it was and is given back. A running exercise is
// never covered: its pupil gets a banner in the slot kept for it, and one tap.
import { Live, follow } from "./live.js";
import { scene as sceneOf } from "./p-scene.js";
import { Watched } from "./watched.js";

class PLive extends HTMLElement {
  #live = new Live(); #w; #letGo = null; #shown = ""; #status = 0; #scene = null; #restore = null;

  connectedCallback() {
    this.#w = this.dataset;
    const live = this.#live;
    live.addEventListener("welcome", () => this.#room());
    live.addEventListener("link", (e) => this.toggleAttribute("online", e.detail.online));
    live.addEventListener("stage", (e) => { if (e.detail.to === "pupils") this.#stage(e.detail.stage, e.detail.fresh); });
    live.addEventListener("attention", (e) => this.#attention(e.detail.on));
    live.addEventListener("ended", () => { this.#close(); this.#attention(false); this.#room(); });
    this.addEventListener("click", (e) => {
      const what = e.target.closest("[data-live]")?.dataset.live;
      if (what === "join") this.#open(this.#live.stages.pupils);
      if (what === "leave") this.#leave();
      if (what === "hand") this.#hand(e.target.closest("[data-live]"));
      if (what === "sound") this.#sound();
    });
    this.addEventListener("p-muted", () => { const b = this.querySelector("[data-live=sound]"); if (b) b.hidden = false; });
    live.start();
  }

  disconnectedCallback() { clearInterval(this.#status); this.#live.stop(); this.#letGo?.(); }

  // An exercise, or a film the pupil is watching, is work in progress.
  get #busy() {
    if (document.querySelector("[data-exercise]")) return true;
    const own = document.querySelector("main video");
    return !!own && !own.paused;
  }

  #room() { this.querySelector("[data-live=hand]")?.toggleAttribute("hidden", !this.#live.room); }

  #stage(stage, fresh) {
    if (!stage) { this.#close(); this.#banner(null); return; }
    if (stage.launch === this.#shown) return this.#live.ack();
    if (!fresh && !this.#shown) return this.#banner(stage); // left earlier, or reloaded: one tap brings it back
    if (this.#busy) { this.#close(); return this.#banner(stage); }
    this.#open(stage);
  }

  #banner(stage) {
    const slot = this.querySelector("[data-banner]");
    slot.toggleAttribute("data-on", !!stage);
    slot.querySelector("[data-live=join]").hidden = !stage;
    slot.querySelector("[data-text]").textContent = stage ? (stage.by ? this.#w.opens.replace("%s", stage.by) : this.#w.live) + " " + (stage.title || "") : "";
  }

  async #open(stage) {
    if (!stage) return;
    this.#letGo?.();
    this.#shown = stage.launch;
    this.#banner(null);
    try {
      const nodes = await sceneOf(stage.item);
      if (this.#shown !== stage.launch) return;
      const scene = this.#scene = this.querySelector("[data-scene]");
      scene.querySelector("[data-body]").replaceChildren(...nodes);
      scene.querySelector("[data-title]").textContent = stage.title || "";
      this.#pauseOwn();
      scene.hidden = false;
      this.#freeze(true);
      scene.querySelector("[data-title]").focus({ preventScroll: true });
      const video = scene.querySelector("video");
      if (video) {
        this.#letGo = follow(this.#live, video, () => this.#live.stages.pupils);
        // A film seen together counts as one seen alone.
        new Watched(video, this.#w.progress, stage.item, () => ({ captions: video.textTracks[0]?.mode === "showing" }));
      }
      this.#live.ack();
      this.#tell(video);
      clearInterval(this.#status);
      this.#status = setInterval(() => this.#tell(video), 5000);
    } catch {
      this.#shown = "";
      this.#banner(stage);
      this.querySelector("[data-text]").textContent = this.#w.missing;
    }
  }

  #tell(video) {
    this.#live.tell({
      t: "status", item: this.#live.stages.pupils?.item ?? "", position: video?.currentTime ?? 0, playing: !!video && !video.paused,
      progress: video?.duration ? Math.min(1, video.currentTime / video.duration) : 0,
    });
  }

  // Everything else is inert while the scene is up; keyboards stay inside.
  #freeze(on) {
    for (const el of document.body.children) {
      if (!el.contains(this)) el.inert = on;
    }
    for (let el = this; el.parentElement && el !== document.body; el = el.parentElement) {
      for (const sibling of el.parentElement.children) if (sibling !== el && el.parentElement !== document.body) sibling.inert = on;
    }
  }

  #pauseOwn() {
    const playing = [...document.querySelectorAll("video, audio")].filter((v) => !this.contains(v) && !v.paused);
    playing.forEach((v) => v.pause());
    this.#restore = document.activeElement;
  }

  #close() {
    clearInterval(this.#status);
    this.#letGo?.();
    this.#letGo = null;
    this.#shown = "";
    if (!this.#scene || this.#scene.hidden) return;
    this.#scene.querySelector("video")?.pause(); // says what was played
    this.#scene.hidden = true;
    this.#scene.querySelector("[data-body]").replaceChildren();
    this.#freeze(false);
    this.#restore?.focus?.({ preventScroll: true });
    this.#live.tell({ t: "status", item: "" });
  }

  #leave() {
    const stage = this.#live.stages.pupils;
    this.#close();
    this.#banner(stage);
  }

  #attention(on) {
    const cover = this.querySelector("[data-attention]");
    if (on) this.#pauseOwn();
    cover.hidden = !on;
    if (on || !this.#scene || this.#scene.hidden) this.#freeze(on);
  }

  #hand(button) {
    const up = button.getAttribute("aria-pressed") !== "true";
    if (this.#live.tell({ t: "hand", up })) button.setAttribute("aria-pressed", String(up));
  }

  #sound() {
    const video = this.#scene?.querySelector("video");
    if (video) video.muted = false;
    this.querySelector("[data-live=sound]").hidden = true;
  }
}

customElements.define("p-live", PLive);
