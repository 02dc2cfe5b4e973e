// <p-tableau>: the board. Idle, it shows its code, its room and the hour; on
// stage, the item fills it, with tools along the bottom. It shows no name and
// no score, keeps nothing of a lesson that is over, and comes back by itself
// from a reload, a cut, a restart of the box.
import { Live, follow } from "../../../web/src/live.js";
import { over } from "../../../web/src/ink/layers.js";
import { chalk } from "./craie.js";
import { release, scene } from "../../../web/src/p-scene.js";
import "../../../web/src/p-poll.js";
import "../../../web/src/p-timer.js";
import { Idle } from "./veille.js";
import { wipe } from "./oubli.js";

const CALM_MS = 6000; // without a touch, the tools leave a film alone
const UNPAIRED = 4502;
const AGAIN_MS = 1000, AGAIN_MOST_MS = 30_000; // what could not be fetched is asked for again

class Tableau extends HTMLElement {
  #live = new Live("?as=board"); #idle; #letGo = null; #shown = ""; #calm = 0; #hands = 0; #heard = true; #asked = 0; #again = 0; #leaving = false; #on = new AbortController();

  connectedCallback() {
    const live = this.#live, signal = this.#on.signal;
    const on = (type, act) => live.addEventListener(type, act, { signal });
    on("link", (e) => this.#link(e.detail));
    on("welcome", (e) => this.#welcome(e.detail));
    on("stage", (e) => { if (e.detail.to === "boards") this.#stage(e.detail.stage); });
    on("count", (e) => this.#count(e.detail));
    on("attention", (e) => this.#attention(e.detail.on));
    on("ended", () => this.#over());
    chalk(this, live);
    for (const name of ["p-poll", "p-timer"]) this.#$(name).follow(live);
    this.addEventListener("click", (e) => this.#do(e.target.closest("[data-do]")?.dataset.do), { signal });
    this.addEventListener("p-muted", () => this.#silent(true), { signal });
    for (const type of ["pointerdown", "pointermove", "keydown", "focusin"]) this.addEventListener(type, () => this.#stir(), { signal, passive: true });
    this.#idle = new Idle(this, live, signal);
    this.#idle.start();
  }

  disconnectedCallback() { this.#on.abort(); this.#idle.stop(); clearTimeout(this.#calm); clearTimeout(this.#again); this.#live.stop(); this.#letGo?.(); }

  #$(sel) { return this.querySelector(sel); }
  get #film() { return this.#$("[data-stage] video"); }
  get #up() { return this.hasAttribute("onstage"); }

  #link({ online, code, over }) {
    if (this.#leaving) return;
    if (code === UNPAIRED) return this.#forget();
    this.#idle.note(online ? "" : this.dataset.offline);
    if (over) this.#idle.later(); // the line is closed for good, and this is still a board
  }

  #welcome({ resumed }) {
    const { room, attention } = this.#live, was = this.hasAttribute("paired");
    this.toggleAttribute("paired", !!room);
    if (room) {
      this.#$("[data-class]").textContent = room.title || "";
      this.#idle.taken();
    } else if (was || this.#shown) {
      this.#over();
    }
    this.#attention(!!room && attention);
    const stage = this.#live.stages.boards;
    if (stage && stage.launch === this.#shown && !this.#up && (resumed || this.#again)) this.#bring(stage); // the line is back: no reason to wait
    this.#live.tell({ t: "ready", width: innerWidth, height: innerHeight });
  }

  #over() {
    this.#blank();
    this.#idle.register();
  }

  // Nothing of a lesson stays on the wall after it.
  #blank() {
    this.#stage(null);
    this.removeAttribute("paired");
    for (const sel of ["[data-class]", "[data-count]", "[data-hands]", "[data-stagehands]"]) this.#$(sel).textContent = "";
    this.#attention(false);
    this.#curtain(false);
    this.#$("[data-sure]").close();
  }

  async #forget() {
    if (this.#leaving) return;
    this.#leaving = true;
    this.#blank();
    this.#idle.quiet();
    this.#live.stop();
    await wipe(() => this.#idle.note(this.dataset.offline));
    location.replace("/tableau");
  }

  #count({ pupils, hands }) {
    const say = (sel, text, shown) => { const out = this.#$(sel); out.textContent = text; out.hidden = !shown; };
    say("[data-count]", this.dataset.count.replace("%d", pupils), true);
    say("[data-hands]", this.dataset.hands.replace("%d", hands), hands > 0);
    say("[data-stagehands]", this.dataset.hands.replace("%d", hands), hands > 0 && this.#up);
    this.#hands = hands;
  }

  #attention(on) {
    for (const out of this.querySelectorAll("[data-attention]")) {
      out.hidden = !on;
      out.textContent = on ? this.dataset.attentive : "";
    }
  }

  #stage(stage) {
    const launch = stage?.launch ?? "";
    if (launch === this.#shown) { if (stage && this.#up) this.#live.ack(); return; }
    if (this.#again) this.#idle.note("");
    this.#shown = launch;
    this.#clear();
    if (stage) this.#bring(stage);
  }

  // Asks until it has the scene, or something newer is on.
  async #bring(stage, wait = AGAIN_MS) {
    const asked = ++this.#asked;
    clearTimeout(this.#again);
    try {
      const nodes = await scene(stage.item, stage.page);
      if (asked !== this.#asked) return; // something newer came meanwhile
      this.#again = 0;
      this.#show(nodes);
      over(this.#live, this.#$("[data-stage] .scene"), "boards", () => this.#live.stages.boards);
      this.#live.ack();
      this.#live.tell({ t: "status", item: stage.item });
    } catch (err) {
      if (asked !== this.#asked) return;
      this.#idle.note(err.message === "404" ? this.dataset.missing : this.dataset.offline);
      this.#again = setTimeout(() => this.#bring(stage, Math.min(AGAIN_MOST_MS, 2 * wait)), wait);
    }
  }

  #show(nodes) {
    const area = this.#$("[data-stage]"), tools = this.#$("[data-tools]");
    area.replaceChildren(...nodes);
    (area.querySelector(".scene-tools") ?? area.querySelector(".scene")).append(tools);
    tools.hidden = false;
    this.toggleAttribute("onstage", true);
    this.#idle.note("");
    this.#$("[data-stagehands]").hidden = !this.#hands;
    const film = this.#film;
    tools.querySelector("[data-mute]").hidden = !film;
    if (film && this.hasAttribute("hiding")) this.#curtain(true);
    if (film) this.#letGo = follow(this.#live, film, () => this.#live.stages.boards);
    this.#stir();
  }

  // The film's bytes are let go at once, not when the collector comes by.
  #clear() {
    const area = this.#$("[data-stage]"), tools = this.#$("[data-tools]");
    this.#asked++;
    clearTimeout(this.#again);
    this.#again = 0;
    this.#letGo?.();
    this.#letGo = null;
    release(area);
    tools.hidden = true;
    this.append(tools);
    area.replaceChildren();
    this.#silent(false);
    this.#$("[data-stagehands]").hidden = true;
    this.removeAttribute("onstage");
    this.removeAttribute("calm");
  }

  // The tools are there for whoever touches the board, and leave the film alone
  // after. A page or a document takes its own touches: they stay beside it.
  #stir() {
    this.removeAttribute("calm");
    clearTimeout(this.#calm);
    if (this.#shown) this.#calm = setTimeout(() => this.#settle(), CALM_MS);
  }

  #settle() {
    const film = this.#film;
    if (film?.paused || this.#$("[data-stage] iframe") || this.#$("[data-tools]:focus-within, dialog[open]")) return this.#stir();
    if (this.#shown) this.toggleAttribute("calm", true);
  }

  #do(what) {
    switch (what) {
      case "full": (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()).catch(() => {}); break;
      case "sound": this.#sound(); break;
      case "hide": this.#curtain(this.#$("[data-curtain]").hidden); break;
      case "unpair": this.#$("[data-sure]").showModal(); break;
      case "stay": this.#$("[data-sure]").close(); break;
      case "forget": this.#$("[data-sure]").close(); this.#forget(); break;
    }
  }

  // Sound needs a tap that the browser has seen; until then the film is silent.
  #silent(on) {
    this.#$("[data-silent]").hidden = !on;
    this.#muted(on);
  }

  #sound() {
    const film = this.#film;
    if (!film) return;
    film.muted = !film.muted;
    this.#silent(false);
    this.#muted(film.muted);
  }

  #muted(yes) {
    const button = this.#$("[data-mute]");
    button.setAttribute("aria-pressed", String(!yes));
    button.setAttribute("aria-label", yes ? this.dataset.soundon : this.dataset.soundoff);
  }

  // The film goes on with the class behind the curtain, unheard.
  #curtain(on) {
    this.#$("[data-curtain]").hidden = !on;
    this.#$("[data-do=hide]").setAttribute("aria-pressed", String(on));
    this.toggleAttribute("hiding", on);
    const film = this.#film;
    if (!film) return;
    if (on) this.#heard = !film.muted;
    film.muted = on || !this.#heard;
    this.#muted(film.muted);
  }
}

customElements.define("p-tableau", Tableau);
