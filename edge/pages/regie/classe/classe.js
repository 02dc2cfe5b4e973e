// <p-classe>: the teacher's remote. Three big things: the board, what to
// open, what is playing; below, who is here and who needs help. Every press
// shows at once and is confirmed when the box has it.
import { Live } from "../../../web/src/live.js";

const STEP_S = 10;
const clockText = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

class Classe extends HTMLElement {
  #live = new Live(); #w; #members = new Map(); #tick = 0; #duration = 0;

  connectedCallback() {
    this.#w = this.dataset;
    const live = this.#live;
    live.addEventListener("link", (e) => this.#link(e.detail.online));
    live.addEventListener("welcome", () => this.#paintStage());
    live.addEventListener("stage", () => this.#paintStage());
    live.addEventListener("attention", () => this.#paintStage());
    live.addEventListener("presence", (e) => this.#presence(e.detail));
    live.addEventListener("ended", () => location.assign(this.#w.home));
    this.addEventListener("click", (e) => this.#click(e));
    this.#$("[data-claim]")?.addEventListener("submit", (e) => { e.preventDefault(); this.#claim(e.target); });
    this.#$("[data-seek]")?.addEventListener("change", (e) => this.#do({ t: "seek", position: Number(e.target.value) }));
    this.#$("[data-filter]")?.addEventListener("input", (e) => this.#filter(e.target.value));
    this.#tick = setInterval(() => this.#paintClock(), 500);
    if (location.hash.length > 1) { // a scanned QR code: the secret never reaches a server's log
      const input = this.#$("[data-claim] input");
      if (input) { input.value = decodeURIComponent(location.hash.slice(1)); history.replaceState(null, "", location.pathname); this.#claim(input.form); }
    }
    live.start();
  }

  disconnectedCallback() { clearInterval(this.#tick); this.#live.stop(); }

  #$(sel) { return this.querySelector(sel); }
  get #stage() { return this.#live.stages.boards ?? this.#live.stages.pupils; }

  #say(text, bad = false) {
    const out = this.#$("[data-say]");
    out.textContent = text;
    out.classList.toggle("erreur", bad);
  }

  async #do(command) {
    try {
      await this.#live.command(command);
      this.#say("");
    } catch (err) {
      this.#say(err.kind === "offline" ? this.#w.offline : this.#w.refused, true);
    }
  }

  #click(e) {
    const button = e.target.closest("[data-do]");
    if (!button || !this.contains(button)) return;
    e.preventDefault();
    const stage = this.#stage;
    switch (button.dataset.do) {
      case "open": {
        this.#duration = Number(button.dataset.duration) || 0;
        const film = button.dataset.kind === "video" || button.dataset.kind === "audio";
        button.setAttribute("aria-busy", "true");
        this.#do({ t: "open", item: button.dataset.item, position: 0, playing: film }).finally(() => button.removeAttribute("aria-busy"));
        return;
      }
      case "toggle":
        if (stage) this.#do({ t: stage.playing ? "pause" : "play", position: this.#live.position(stage) });
        return;
      case "back": case "forward":
        if (stage) this.#do({ t: "seek", position: Math.max(0, this.#live.position(stage) + (button.dataset.do === "back" ? -STEP_S : STEP_S)) });
        return;
      case "close": this.#do({ t: "close" }); return;
      case "attention": this.#do({ t: "attention", on: !this.#live.attention }); return;
      case "lower": this.#do({ t: "lower", person: button.dataset.person }); return;
      case "end": this.#do({ t: "end" }); return;
    }
  }

  async #claim(form) {
    const input = form.querySelector("input");
    const button = form.querySelector("button");
    button.disabled = true;
    try {
      const answer = await fetch("/live/claim", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ code: input.value, room: this.#w.room, place: this.#w.place || undefined }),
      });
      if (answer.ok) { this.#say(this.#w.paired); input.value = ""; form.hidden = true; }
      else this.#say(this.#w["code" + answer.status] || this.#w.codebad, true);
    } catch {
      this.#say(this.#w.offline, true);
    } finally {
      button.disabled = false;
      if (!form.hidden) input.focus();
    }
  }

  #link(online) {
    this.toggleAttribute("offline", !online);
    this.#say(online ? "" : this.#w.reconnecting, !online);
  }

  #paintStage() {
    const stage = this.#stage, area = this.#$("[data-stage]");
    area.hidden = !stage;
    this.toggleAttribute("onstage", !!stage);
    for (const b of this.querySelectorAll("[data-do=open]")) b.toggleAttribute("aria-current", b.dataset.item === stage?.item);
    const attention = this.#$("[data-do=attention]");
    if (attention) attention.setAttribute("aria-pressed", String(this.#live.attention));
    if (!stage) return;
    const card = [...this.querySelectorAll("[data-do=open]")].find((b) => b.dataset.item === stage.item);
    if (card) this.#duration = Number(card.dataset.duration) || 0;
    area.querySelector("[data-title]").textContent = stage.title || stage.item;
    const film = stage.kind === "video" || stage.kind === "audio";
    for (const el of area.querySelectorAll("[data-film]")) el.hidden = !film;
    const toggle = area.querySelector("[data-do=toggle]");
    toggle.dataset.playing = stage.playing;
    toggle.querySelector("[data-label]").textContent = stage.playing ? this.#w.pause : this.#w.play;
    this.#paintClock();
  }

  #paintClock() {
    const stage = this.#stage;
    if (!stage) return;
    const at = Math.min(this.#live.position(stage), this.#duration || Infinity);
    const seek = this.#$("[data-seek]"), text = this.#$("[data-clock]");
    if (seek && document.activeElement !== seek) { seek.max = this.#duration || 3600; seek.value = at; seek.setAttribute("aria-valuetext", clockText(at)); }
    if (text) text.textContent = clockText(at) + (this.#duration ? " / " + clockText(this.#duration) : "");
  }

  #presence(m) {
    if (m.full) this.#members.clear();
    for (const member of m.members) this.#members.set(member.id, member);
    const all = [...this.#members.values()];
    const pupils = all.filter((x) => x.role === "pupil"), boards = all.filter((x) => x.role === "board");
    this.#$("[data-here]").textContent = pupils.filter((x) => x.online).length;
    const on = boards.some((x) => x.online);
    this.toggleAttribute("board", on);
    const board = this.#$("[data-board]");
    if (board) board.textContent = on ? this.#w.boardon : boards.length ? this.#w.boardoff : this.#w.boardnone;
    // Who needs help comes first; the rest keep the order of the list.
    const rank = (x) => (x.hand ? 0 : x.mood === "stuck" ? 1 : !x.online ? 3 : 2);
    pupils.sort((a, b) => rank(a) - rank(b) || (a.hand || 0) - (b.hand || 0) || a.name.localeCompare(b.name, document.documentElement.lang));
    const list = this.#$("[data-pupils]");
    list.replaceChildren(...pupils.map((x) => this.#pupil(x)));
    this.#$("[data-nobody]").hidden = pupils.length > 0;
  }

  #pupil(x) {
    const node = this.#$("template[data-pupil]").content.firstElementChild.cloneNode(true);
    const state = x.hand ? "hand" : x.mood || (x.online ? "here" : "gone");
    node.dataset.state = state;
    node.querySelector("[data-name]").textContent = x.name;
    node.querySelector("[data-state]").textContent = this.#w["s" + state] || "";
    const lower = node.querySelector("[data-do=lower]");
    lower.dataset.person = x.id;
    lower.hidden = !x.hand;
    return node;
  }

  #filter(text) {
    const fold = (s) => s.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const want = fold(text);
    for (const card of this.querySelectorAll("[data-card]")) card.hidden = !fold(card.textContent).includes(want);
  }
}

customElements.define("p-classe", Classe);
