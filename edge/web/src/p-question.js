// <p-question>: a question to the class, on a pupil's tablet. It opens by
// itself, unless the pupil is at something: then it waits as a banner in the
// place kept for it. What was sent is shown and can be changed until the
// question closes; what could not leave stays here and is sent when the box is
// back, or the pupil is told that it came too late.
import { countOf, figure, isWritten, labelOf, written } from "./choices.js";

const KEPT = "preau.answer";
const AGAIN = 4000; // ms

class PQuestion extends HTMLElement {
  #live; #busy; #w = this.dataset; #drawn = ""; #known = ""; #pending = null; #sending = false; #told = ""; #again = 0;

  /** follow(live, busy): busy() says that the pupil is at something. */
  follow(live, busy) {
    this.#live = live;
    this.#busy = busy;
    this.#pending = kept();
    live.addEventListener("question", () => this.#change());
    live.addEventListener("mine", () => this.#paint());
    live.addEventListener("welcome", () => this.#back());
    live.addEventListener("link", () => this.#paint());
    this.addEventListener("click", (e) => this.#click(e));
    this.addEventListener("submit", (e) => { e.preventDefault(); this.#submit(e.target); });
    this.#back();
  }

  get #question() { return this.#live.question; }
  #$(sel) { return this.querySelector(sel); }

  // The answer that counts: what the box has, else what is on its way.
  get #mine() {
    const q = this.#question;
    if (this.#pending?.id === q?.id) return this.#pending.value;
    const mine = this.#live.mine?.answer;
    return mine && mine.id === q?.id ? mine.value : null;
  }

  #click(e) {
    const button = e.target.closest("[data-flash]");
    if (!button) return;
    if (button.dataset.flash === "open") this.#show(true);
    if (button.dataset.flash === "later") this.#show(false);
    if (button.dataset.flash === "seen") this.#forget();
    if (button.dataset.flash === "pick") this.#pick(button);
  }

  // One choice leaves at once; several wait for "send".
  #pick(button) {
    const q = this.#question;
    if (!q?.open) return;
    if (!q.multiple) return this.#send([Number(button.value)]);
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
  }

  #submit(form) {
    const q = this.#question;
    if (!q?.open) return;
    if (q.kind === "choice") {
      const picks = [...form.querySelectorAll("[aria-pressed=true]")].map((b) => Number(b.value));
      return picks.length ? this.#send(picks) : this.#note(this.#w.empty);
    }
    const text = form.querySelector("input, textarea").value.trim();
    if (!text) return this.#note(this.#w.empty);
    if (q.kind === "number" && !/^[-−+]?[\d ]*[.,]?\d+$/.test(text)) return this.#note(this.#w.notnumber);
    this.#send(text);
  }

  #send(value) {
    this.#pending = { id: this.#question.id, value, who: who() };
    keep(this.#pending);
    this.#deliver();
    this.#paint();
  }

  async #deliver() {
    const { id, value } = this.#pending;
    const same = () => this.#pending?.id === id && JSON.stringify(this.#pending.value) === JSON.stringify(value);
    this.#sending = true;
    try {
      await this.#live.command({ t: "answer", id, value });
      if (!same()) return; // a newer one is on its way
      // The box says it back in "mine"; until then it is known from here.
      this.#live.mine = { ...this.#live.mine, answer: { id, value } };
      this.#drop();
    } catch (err) {
      if (err.kind === "offline" || !same()) return; // kept, for when the box is back
      if (err.kind === "unavailable" || err.kind === "full") { // it counts, but is not written down: said again
        clearTimeout(this.#again);
        this.#again = setTimeout(() => this.#back(), AGAIN);
        return;
      }
      this.#drop();
      if (err.kind === "conflict" || err.kind === "not-found") this.#tooLate();
      else { this.#told = this.#w.refused; }
    } finally {
      this.#sending = false;
      this.#paint();
    }
  }

  #drop() { this.#pending = null; keep(null); }

  // The box is back, or this page just came: what is kept leaves, if it can.
  #back() {
    const q = this.#question;
    if (this.#pending && this.#live.room !== undefined && this.#live.online) {
      if (q?.id === this.#pending.id) this.#deliver(); // the box knows whether it counts
      else this.#tooLate();
    }
    this.#change();
  }

  #tooLate() {
    this.#drop();
    this.#told = this.#w.late;
    this.hidden = false;
    if (!this.#question) this.#banner(this.#w.late, "seen");
    this.#aloud(this.#w.late);
  }

  #forget() { this.#told = ""; this.#banner(""); this.hidden = true; }

  // The question came, closed, was revealed or went.
  #change() {
    const q = this.#question;
    if (!q) {
      // What is being sent has its own answer to come.
      if (this.#pending && !this.#sending && this.#live.online && this.#live.room) this.#tooLate();
      if (this.#known) this.#leave();
      return;
    }
    if (this.#known && this.#pending && (this.#pending.id !== q.id || !q.open) && this.#live.online && !this.#sending) this.#back();
    this.hidden = false;
    if (q.id !== this.#known) {
      this.#known = q.id;
      this.#told = this.#told === this.#w.late ? this.#told : "";
      const typing = document.activeElement?.matches("input, textarea, select, [contenteditable]");
      const first = q.open || this.#mine !== null;
      this.#paint();
      if (first && !this.#busy() && !typing) return this.#show(true); // its title has the focus, and is read
      this.#show(false);
      this.#aloud(this.#heading(q));
      return;
    }
    this.#paint();
    if (!q.open) this.#aloud(this.#$("[data-note]").textContent);
  }

  #leave() {
    this.#known = this.#drawn = "";
    const had = this.#$("[data-panel]").contains(document.activeElement);
    this.#$("[data-panel]").hidden = true;
    if (!this.#told) { this.#banner(""); this.hidden = true; }
    if (had) document.querySelector("main")?.focus({ preventScroll: true });
  }

  #heading(q) { return q.text || this.#w[q.kind] || ""; }

  #show(open) {
    const panel = this.#$("[data-panel]");
    panel.hidden = !open;
    this.#banner(open ? "" : this.#w.asked + " " + this.#heading(this.#question), "open");
    if (open) this.#$("[data-title]").focus({ preventScroll: true });
    else if (!document.activeElement || document.activeElement === document.body) document.querySelector("main")?.focus({ preventScroll: true });
  }

  #banner(text, what) {
    const call = this.#$("[data-call]");
    call.toggleAttribute("data-on", !!text);
    this.#$("[data-call-text]").textContent = text;
    for (const b of call.querySelectorAll("button")) b.hidden = b.dataset.flash !== what;
  }

  #paint() {
    const q = this.#question;
    if (!q || q.id !== this.#known) return;
    const mine = this.#mine;
    const key = JSON.stringify([q.id, q.open, q.right, q.choices]);
    if (key !== this.#drawn) {
      const first = !this.#drawn.startsWith(JSON.stringify([q.id]).slice(0, -1));
      this.#drawn = key;
      this.#draw(q, first);
    }
    this.#$("[data-title]").textContent = this.#heading(q);
    for (const b of this.querySelectorAll("[data-flash=pick]")) {
      const at = Number(b.value), chosen = Array.isArray(mine) && mine.includes(at);
      if (!q.multiple || !q.open || !this.#$("[data-form]").contains(document.activeElement)) b.setAttribute("aria-pressed", String(chosen));
      b.disabled = !q.open;
      const right = !!q.right?.includes(at);
      b.toggleAttribute("data-right", right);
      b.querySelector("[data-mark]").textContent = [right ? this.#w.rightone : "", chosen && !q.open ? this.#w.yours : ""].filter(Boolean).join(" · ");
    }
    this.#note(this.#told || this.#status(q, mine));
  }

  #status(q, mine) {
    const said = mine === null ? "" : written(q, mine, this.#w);
    if (q.right?.length) {
      const right = q.right.map((v) => written(q, isWritten(q) ? v : [v], this.#w)).join(", ");
      return this.#w.reveal.replace("%s", right) + (said ? " " + this.#w.yoursaid.replace("%s", said) : "");
    }
    if (!q.open) return said && !this.#pending ? this.#w.closed.replace("%s", said) : this.#w.closednone;
    if (mine === null) return "";
    if (!this.#pending) return this.#w.sent.replace("%s", said);
    return (this.#live.online ? this.#w.sending : this.#w.kept).replace("%s", said);
  }

  #note(text) {
    const note = this.#$("[data-note]");
    if (note.textContent !== text) { note.textContent = text; if (this.#question?.open) this.#aloud(text); }
  }

  #draw(q, first) {
    const form = this.#$("[data-form]");
    const typed = !first ? form.querySelector("input, textarea")?.value : undefined;
    form.replaceChildren();
    if (!isWritten(q)) {
      for (let i = 0; i < countOf(q); i++) form.append(this.#choice(q, i));
      if (q.multiple && q.open) form.append(this.#button());
      return;
    }
    const field = document.createElement(q.kind === "text" ? "textarea" : "input");
    field.className = "input";
    field.maxLength = q.kind === "text" ? 200 : 24;
    field.autocomplete = "off";
    if (q.kind === "text") field.rows = 2;
    else field.inputMode = "decimal";
    field.setAttribute("aria-label", this.#w["your" + q.kind]);
    field.value = typed ?? (this.#mine === null ? "" : String(written(q, this.#mine, this.#w)));
    field.disabled = !q.open;
    form.append(field);
    if (q.open) form.append(this.#button());
  }

  #button() {
    const send = document.createElement("button");
    send.className = "primary";
    send.textContent = this.#w.send;
    return send;
  }

  #choice(q, i) {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "flash-choice";
    b.dataset.flash = "pick";
    b.value = i;
    const text = document.createElement("span"), mark = document.createElement("span");
    text.textContent = labelOf(q, i, this.#w);
    mark.dataset.mark = "";
    mark.className = "flash-mark";
    b.append(figure(i, q.kind === "truefalse"), text, mark);
    if (!text.textContent) text.remove();
    return b;
  }

  #aloud(text) {
    const region = this.#$("[data-says]");
    if (text && region.textContent !== text) region.textContent = text;
  }
}

// Kept in this tab alone, and for its owner alone: the next pupil of a shared
// tablet sends nothing of the one before.
const who = () => document.documentElement.dataset.who || "";

function kept() {
  try {
    const k = JSON.parse(sessionStorage.getItem(KEPT));
    return k && k.who === who() ? k : null;
  } catch { return null; }
}

function keep(answer) {
  try { answer ? sessionStorage.setItem(KEPT, JSON.stringify(answer)) : sessionStorage.removeItem(KEPT); } catch { /* for this page only */ }
}

customElements.define("p-question", PQuestion);
