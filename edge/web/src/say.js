// What a pupil says to the class: a raised hand, « j'ai fini », « je suis
// bloqué », and whether the teacher may show their page. A second tap takes it
// back. The box forgets it when a page is left, so it is said again on the
// next one; nothing of it outlives the lesson or the tab.

const PLACE = "preau.class";

export class Say {
  #root; #live; #where; #state = {}; #share = "";

  /** where() says what is on this tablet now. */
  constructor(root, live, where) {
    this.#root = root; this.#live = live; this.#where = where;
    try { this.#state = JSON.parse(sessionStorage.getItem(PLACE)) ?? {}; } catch { /* nothing kept */ }
  }

  kept(what) { return this.#state[what]; }

  keep(what, value) {
    this.#state[what] = value;
    try { sessionStorage.setItem(PLACE, JSON.stringify(this.#state)); } catch { /* for this page only */ }
  }

  /** The room came, came back or went. */
  room() {
    const room = this.#live.room?.id ?? "";
    if (room !== this.#state.room) {
      this.#state = { room };
      this.keep("room", room);
    }
    this.#root.querySelector("[data-tools]").hidden = !room;
    this.#root.toggleAttribute("lesson", !!room);
    if (!room) { this.#asked(null); return; }
    if (this.#state.hand) this.#live.tell({ t: "hand", up: true });
    this.status();
    this.#show();
  }

  press(what) {
    if (what === "share-yes" || what === "share-no") return this.#answer(what === "share-yes");
    if (what === "offer") return this.#offer();
    if (what === "hand") {
      const up = !this.#state.hand;
      if (!this.#live.tell({ t: "hand", up })) return this.aloud(this.#root.dataset.cut);
      this.keep("hand", up && this.#live.now());
    } else {
      const before = this.#state.mood;
      this.keep("mood", before === what ? "" : what);
      if (!this.status()) { this.keep("mood", before); return this.aloud(this.#root.dataset.cut); }
    }
    this.#show();
    const on = this.#pressed(what);
    this.aloud(this.#root.querySelector(`[data-live=${what}]`).dataset[on ? "pressed" : "released"]);
  }

  #pressed(what) { return what === "hand" ? !!this.#state.hand : this.#state.mood === what; }

  #show() {
    for (const what of ["hand", "done", "stuck"]) {
      this.#root.querySelector(`[data-live=${what}]`).setAttribute("aria-pressed", String(this.#pressed(what)));
    }
    const offer = this.#root.querySelector("[data-live=offer]");
    if (offer) offer.hidden = !this.#where().item;
  }

  /** Tells where the pupil is, and how it goes. */
  status() {
    this.#show();
    const { mood } = this.#state;
    return this.#live.tell({ t: "status", ...this.#where(), ...(mood ? { mood } : {}) });
  }

  /** What the box says to this pupil alone. */
  mine(mine) {
    if (this.#state.hand && mine?.lowered > this.#state.hand) { // the teacher put it down
      this.keep("hand", 0);
      this.#live.tell({ t: "hand", up: false }); // said again by a page that did not know yet
      this.#show();
      this.aloud(this.#root.querySelector("[data-live=hand]").dataset.released);
    }
    this.#asked(mine?.share ?? null);
  }

  #asked(share) {
    const ask = this.#root.querySelector("[data-share]");
    if (this.#share === (share?.id ?? "")) return;
    this.#share = share?.id ?? "";
    ask.hidden = !share;
    if (!share) return;
    const { item } = this.#where(), w = this.#root.dataset;
    const text = (item ? w.asks : w.asksNothing).replace("%s", share.by || w.teacher);
    ask.querySelector("[data-share-text]").textContent = text;
    ask.querySelector("[data-live=share-yes]").hidden = !item;
    this.aloud(text);
  }

  #answer(yes) {
    const id = this.#share, { item, position } = this.#where();
    this.#live.tell({ t: "share", id, yes, ...(yes ? { item, ...(position ? { position } : {}) } : {}) });
    this.#asked(null);
    this.aloud(yes ? this.#root.dataset.shared : this.#root.dataset.refused);
  }

  #offer() {
    const { item, position } = this.#where();
    if (item && this.#live.tell({ t: "share", yes: true, item, ...(position ? { position } : {}) })) this.aloud(this.#root.dataset.offered);
  }

  /** Says it to screen readers, politely; the same twice is said twice. */
  aloud(text) {
    const region = this.#root.querySelector("[data-says]");
    region.textContent = region.textContent === text ? text + "\u00a0" : text;
  }
}
