// What the board shows between lessons: a code that is never older than its
// life, the room and its next lesson, the hour of the school. It looks for news
// each minute, moves a little so that nothing burns in, dims when nobody is
// there, and takes up a new version of the page when no lesson is on.

const NEWS_MS = 60_000, DRIFT_MS = 180_000, SOON_MS = 5000, AWAKE_MS = 300_000;
const DRIFT = [[0, 0], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1]];

export class Idle {
  #board; #live; #asking = null; #retry = 0; #news = 0; #tick = 0; #until = 0; #step = 0; #moved = 0; #touched = -Infinity; #rest;

  constructor(board, live, signal) {
    this.#board = board;
    this.#live = live;
    this.#rest = board.hasAttribute("rest");
    board.addEventListener("pointerdown", () => { this.#touched = performance.now(); this.#dim(); }, { signal, passive: true });
    document.addEventListener("visibilitychange", () => this.#beat(), { signal });
  }

  start() {
    this.#moved = performance.now();
    this.#tick = setInterval(() => this.#beat(), 1000);
    this.#news = setInterval(() => this.#ask(), NEWS_MS);
    this.#beat();
    this.register();
  }

  stop() { clearInterval(this.#tick); clearInterval(this.#news); clearTimeout(this.#retry); this.#asking?.abort(); }

  // Only the clock goes on: this board is being forgotten.
  quiet() { clearInterval(this.#news); clearTimeout(this.#retry); this.#asking?.abort(); this.#code({}); }

  note(text) { const out = this.#$("[data-note]"); if (out.textContent !== text) out.textContent = text; }

  // A lesson has the board: its code is nobody's.
  taken() { this.#code({}); }

  // Asks the box for a code, or to be known again. One question at a time: the
  // codes of an earlier answer are void.
  async register() {
    clearTimeout(this.#retry);
    this.#asking?.abort();
    const asking = this.#asking = new AbortController();
    try {
      const answer = await fetch("/live/boards", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}", signal: asking.signal });
      if (!answer.ok) throw Object.assign(new Error("refused"), { status: answer.status });
      const board = await answer.json();
      this.#board.toggleAttribute("paired", !!board.room);
      this.#code(board);
      this.note("");
      this.#live.start();
      this.#ask();
    } catch (err) {
      if (asking.signal.aborted) return;
      this.note(this.#board.dataset.offline);
      this.later(err.status === 429 ? 30_000 : 2000);
    }
  }

  later(ms = 2000) {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.register(), ms + Math.random() * 2000);
  }

  #$(sel) { return this.#board.querySelector(sel); }

  #code(board) {
    const svg = this.#$("[data-qr]"), has = !!board.code;
    this.#$("[data-code]").textContent = has ? board.code.slice(0, 3) + " " + board.code.slice(3) : "";
    svg.setAttribute("viewBox", board.qr ? `0 0 ${board.qr.size} ${board.qr.size}` : "0 0 1 1");
    svg.querySelector("path").setAttribute("d", board.qr?.path ?? "");
    svg.toggleAttribute("data-empty", !board.qr);
    this.#until = has ? performance.now() + board.left - SOON_MS : 0;
  }

  #beat() {
    const now = performance.now();
    const text = new Date(this.#live.now()).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", timeZone: this.#board.dataset.zone });
    const out = this.#$("[data-hour]");
    if (out.textContent !== text) out.textContent = text;
    if (this.#until && now > this.#until) { // never left on the wall past its time
      this.#code({});
      if (!this.#live.room) this.register();
    }
    if (now - this.#moved > DRIFT_MS) {
      this.#moved = now;
      const [x, y] = DRIFT[++this.#step % DRIFT.length];
      this.#$("[data-idle]").style.transform = `translate(${x}vh, ${y}vh)`;
    }
    this.#dim();
  }

  #dim() { this.#board.toggleAttribute("rest", this.#rest && !this.#live.room && performance.now() - this.#touched > AWAKE_MS); }

  async #ask() {
    let news;
    try {
      const answer = await fetch("/tableau/etat", { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      news = await answer.json();
    } catch { return; } // the line's own state says it
    const say = (sel, text) => { const out = this.#$(sel); if (out.textContent !== text) out.textContent = text; };
    say("[data-place]", news.place);
    say("[data-date]", news.date);
    say("[data-next]", news.next);
    this.#rest = news.rest;
    this.#dim();
    if (news.build !== this.#board.dataset.build) this.#renew(news.build);
  }

  // A page that still has the old build after a reload does not try for ever.
  #renew(build) {
    // Until the box has said so, a board does not know that no lesson is on.
    if (!this.#live.online || this.#live.room || this.#board.hasAttribute("onstage")) return;
    try {
      if (sessionStorage.getItem("preau.build") === build) return;
      sessionStorage.setItem("preau.build", build);
    } catch { return; }
    location.reload();
  }
}
