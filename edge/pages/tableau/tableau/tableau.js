// <p-tableau>: the board. Idle, it shows its code and the hour; on stage, the
// item fills it, with tools along the bottom. It shows no name and no score,
// and comes back by itself from a reload, a cut, a restart of the box.
import { Live, follow } from "../../../web/src/live.js";
import { over } from "../../../web/src/ink/layers.js";
import { chalk } from "./craie.js";
import { scene } from "../../../web/src/p-scene.js";

class Tableau extends HTMLElement {
  #live = new Live(); #w; #letGo = null; #shown = ""; #retry = 0; #clock = 0;

  connectedCallback() {
    this.#w = this.dataset;
    const live = this.#live;
    live.addEventListener("link", (e) => this.#link(e.detail));
    live.addEventListener("welcome", () => this.#welcome());
    live.addEventListener("stage", (e) => { if (e.detail.to === "boards") this.#stage(e.detail.stage); });
    live.addEventListener("count", (e) => this.#count(e.detail));
    live.addEventListener("ended", () => this.#stage(null));
    chalk(this, live);
    this.#clock = setInterval(() => this.#hour(), 1000);
    this.#hour();
    this.addEventListener("click", (e) => {
      if (e.target.closest("[data-full]")) (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {});
    });
    this.#register();
  }

  disconnectedCallback() { clearInterval(this.#clock); clearTimeout(this.#retry); this.#live.stop(); this.#letGo?.(); }

  #$(sel) { return this.querySelector(sel); }

  #hour() {
    const out = this.#$("[data-hour]");
    const text = new Date(this.#live.now()).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    if (out.textContent !== text) out.textContent = text;
  }

  // Asks the box for a code, or to be known again.
  async #register() {
    clearTimeout(this.#retry);
    try {
      const answer = await fetch("/live/boards", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
      if (!answer.ok) throw new Error(String(answer.status));
      const board = await answer.json();
      this.#place(board.place);
      this.#paired(!!board.room);
      if (board.code) this.#code(board);
      this.#live.start();
    } catch {
      this.#note(this.#w.offline);
      this.#retry = setTimeout(() => this.#register(), 2000 + Math.random() * 2000);
    }
  }

  #code(board) {
    this.#$("[data-code]").textContent = board.code.slice(0, 3) + " " + board.code.slice(3);
    const svg = this.#$("[data-qr]");
    if (board.qr) {
      svg.setAttribute("viewBox", `0 0 ${board.qr.size} ${board.qr.size}`);
      svg.querySelector("path").setAttribute("d", board.qr.path);
    }
    const left = board.expires - this.#live.now();
    // A code is never left on the wall past its time.
    this.#retry = setTimeout(() => { if (!this.#live.room) this.#register(); }, Math.max(5000, left - 5000));
  }

  #place(name) { if (name) this.#$("[data-place]").textContent = name; }
  #note(text) { this.#$("[data-note]").textContent = text; }
  #paired(yes) { this.toggleAttribute("paired", yes); }

  #link({ online, code }) {
    if (online) return this.#note("");
    if (code === 4502 || code === 4503 || code === 4504) { // unpaired: forget everything
      this.#stage(null);
      this.#paired(false);
      this.#register();
      return;
    }
    this.#note(this.#w.offline);
  }

  #welcome() {
    const room = this.#live.room;
    this.#paired(!!room);
    if (room) {
      this.#$("[data-class]").textContent = room.title || "";
      clearTimeout(this.#retry);
    } else if (this.#shown) {
      this.#stage(null);
    }
    this.#live.tell({ t: "ready", width: innerWidth, height: innerHeight });
  }

  #count({ pupils, hands }) {
    this.#$("[data-count]").textContent = this.#w.count.replace("%d", pupils);
    const out = this.#$("[data-hands]");
    out.hidden = !hands;
    out.textContent = this.#w.hands.replace("%d", hands);
  }

  async #stage(stage) {
    const area = this.#$("[data-stage]");
    const launch = stage?.launch ?? "";
    if (launch === this.#shown) { if (stage) this.#live.ack(); return; }
    this.#shown = launch;
    this.#letGo?.();
    this.#letGo = null;
    if (!stage) {
      area.replaceChildren();
      this.removeAttribute("onstage");
      return;
    }
    try {
      const nodes = await scene(stage.item);
      if (this.#shown !== launch) return; // something newer came meanwhile
      area.replaceChildren(...nodes);
      over(this.#live, area.querySelector(".scene"), "boards", () => this.#live.stages.boards);
      this.toggleAttribute("onstage", true);
      const video = area.querySelector("video");
      if (video) this.#letGo = follow(this.#live, video, () => this.#live.stages.boards);
      this.#live.ack();
      this.#live.tell({ t: "status", item: stage.item });
    } catch {
      this.#shown = "";
      this.#note(this.#w.missing);
    }
  }
}

customElements.define("p-tableau", Tableau);
