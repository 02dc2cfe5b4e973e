// <p-poll>: a question on the board. Large words, letters in shapes, how many
// answered what: bars with their numbers, never a name. A free text is shown
// only when the teacher chose it, and nobody knows whose it is.
import { answered, countOf, figure, isWritten, labelOf, said as write } from "./choices.js";

class PPoll extends HTMLElement {
  #live; #w = this.dataset; #drawn = ""; #tally = null; #fit = new ResizeObserver(() => this.#shrink());

  follow(live) {
    this.#live = live;
    live.addEventListener("question", () => this.#change());
    live.addEventListener("welcome", () => this.#change());
    live.addEventListener("ended", () => this.#change());
    live.addEventListener("tally", (e) => { this.#tally = e.detail; this.#count(); });
    this.#fit.observe(this);
    this.#change();
  }

  disconnectedCallback() { this.#fit.disconnect(); }

  #$(sel) { return this.querySelector(sel); }

  #change() {
    const q = this.#live.room === null ? null : this.#live.question;
    this.hidden = !q;
    document.documentElement.toggleAttribute("data-asking", !!q);
    if (!q) { this.#drawn = ""; this.#tally = null; return; }
    if (this.#tally?.id !== q.id) this.#tally = null;
    const key = JSON.stringify([q.id, q.text, q.choices]);
    if (key !== this.#drawn) { this.#drawn = key; this.#draw(q); }
    this.#right(q);
    this.#count();
    this.#shrink();
  }

  #draw(q) {
    this.dataset.kind = q.kind;
    this.#$("[data-text]").textContent = q.text || this.#w[q.kind];
    const list = this.#$("[data-choices]");
    const count = countOf(q);
    list.hidden = !count;
    list.dataset.many = count;
    list.replaceChildren(...Array.from({ length: count }, (_, i) => {
      const row = document.createElement("li"), label = document.createElement("span"), bar = document.createElement("span"), n = document.createElement("span"), mark = document.createElement("span");
      row.className = "poll-row";
      label.className = "poll-label";
      label.textContent = labelOf(q, i, this.#w);
      bar.className = "poll-bar";
      bar.append(document.createElement("i"));
      n.className = "poll-number";
      n.textContent = "0";
      mark.className = "poll-mark";
      row.append(figure(i, q.kind === "truefalse"), label, mark, bar, n);
      return row;
    }));
    list.classList.toggle("aloud", q.kind === "choice" && q.choices.every((c) => !c));
  }

  // What is right is said with a word and a frame; the rest stays readable.
  #right(q) {
    const known = !!q.right?.length;
    this.#$("[data-choices]").querySelectorAll(".poll-row").forEach((row, i) => {
      const right = known && q.right.includes(i);
      row.toggleAttribute("data-right", right);
      row.toggleAttribute("data-other", known && !right);
      row.querySelector(".poll-mark").textContent = right ? "✓ " + this.#w.right : "";
    });
    const said = this.#$("[data-answer]");
    said.hidden = !(isWritten(q) && known);
    if (!said.hidden) said.textContent = "✓ " + this.#w.answer.replace("%s", q.right.map(write).join(" · "));
    const shown = this.#$("[data-shown]");
    shown.hidden = !q.shown;
    shown.textContent = q.shown || "";
    this.#$("[data-state]").textContent = known ? this.#w.revealed : q.open ? "" : this.#w.closed;
  }

  #count() {
    const q = this.#live.question;
    if (!q || this.hidden) return;
    const t = this.#tally ?? { answered: 0, of: 0, counts: [] };
    this.#$("[data-count]").textContent = answered(t, this.#w);
    const whole = this.#$("[data-whole] i");
    whole.style.inlineSize = (100 * t.answered) / Math.max(1, t.of, t.answered) + "%";
    const most = Math.max(1, ...(t.counts ?? []));
    this.#$("[data-choices]").querySelectorAll(".poll-row").forEach((row, i) => {
      const n = t.counts?.[i] ?? 0;
      row.querySelector(".poll-number").textContent = n;
      row.querySelector(".poll-bar i").style.inlineSize = (100 * n) / most + "%";
    });
  }

  // Long words get smaller until all is on the wall; nobody scrolls there.
  #shrink() {
    if (this.hidden) return;
    for (const step of ["", "1", "2", "3", "4"]) {
      this.dataset.small = step;
      if (this.scrollHeight <= this.clientHeight + 1 && this.#$("[data-body]").scrollHeight <= this.#$("[data-body]").clientHeight + 1) return;
    }
  }
}

customElements.define("p-poll", PPoll);
