// <p-regie-tableau>: the board of the room: taken by a tap when the school
// knows it by its place, else by the code it shows.

class RegieTableau extends HTMLElement {
  #regie; #w = this.dataset; #on = null;

  follow(regie) {
    this.#regie = regie;
    const form = this.#$("[data-claim]");
    form.addEventListener("submit", (e) => { e.preventDefault(); this.#claim(form); });
    this.addEventListener("click", (e) => {
      const button = e.target.closest("button");
      if (button?.dataset.do === "pair-more") { form.hidden = !form.hidden; if (!form.hidden) form.querySelector("input").focus(); }
      if (button?.dataset.board) this.#take(button);
    });
    regie.addEventListener("members", () => this.#paint());
    if (location.hash.length > 1) { // a scanned QR code: the secret never reaches a server's log
      form.querySelector("input").value = decodeURIComponent(location.hash.slice(1));
      history.replaceState(null, "", location.pathname);
      this.#claim(form);
    }
    this.#nearby();
  }

  #$(sel) { return this.querySelector(sel); }

  #paint() {
    const boards = [...this.#regie.members.values()].filter((m) => m.role === "board"), on = boards.some((m) => m.online);
    const text = on ? this.#w.boardon : boards.length ? this.#w.boardoff : this.#w.boardnone, out = this.#$("[data-board]");
    if (out.textContent !== text) out.textContent = text;
    if (on === this.#on) return;
    this.#on = on;
    // While there is none it comes first; then it is one of the tools.
    const root = this.closest("p-classe"), held = this.contains(document.activeElement);
    if (on) root.querySelector("#outil-tableau").append(this);
    else root.querySelector("#ouvrir").prepend(this);
    if (held) root.querySelector("#choix-titre").focus();
    root.querySelector("[data-boardsaid]").textContent = on ? this.#w.yes : this.#w.no;
    this.toggleAttribute("on", on);
    this.#$("[data-claim]").hidden = on;
    this.#$("[data-nearby]").hidden = on || !this.#$("[data-nearby]").childElementCount;
    this.#$("[data-do=pair-more]").hidden = !on;
  }

  async #nearby() {
    try {
      const answer = await fetch("/live/boards?room=" + encodeURIComponent(this.#w.room), { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const box = this.#$("[data-nearby]");
      box.replaceChildren(...(await answer.json()).boards.filter((b) => b.room !== this.#w.room).map((b) => {
        const button = document.createElement("button");
        button.type = "button";
        button.dataset.board = b.board;
        button.className = "primary";
        button.textContent = this.#w.take.replace("%s", b.place);
        return button;
      }));
      box.hidden = !!this.#on || !box.childElementCount;
    } catch { /* the code is there */ }
  }

  #claim(form) {
    const input = form.querySelector("input");
    return this.#ask("/live/claim", { code: input.value, room: this.#w.room, place: this.#w.place || undefined }, form.querySelector("button"), () => { input.value = ""; form.hidden = true; }, input);
  }

  #take(button) { return this.#ask("/live/take", { board: button.dataset.board, room: this.#w.room }, button, () => { this.#$("[data-nearby]").hidden = true; }); }

  async #ask(url, body, button, done, field) {
    button.disabled = true;
    try {
      const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
      if (answer.ok) {
        this.#regie.say(this.#w.paired);
        done();
      } else {
        this.#regie.say(this.#w["code" + answer.status] || this.#w.codebad, true);
        field?.focus();
      }
    } catch {
      this.#regie.say(this.#w.offline, true);
    } finally {
      button.disabled = false;
    }
  }
}

customElements.define("p-regie-tableau", RegieTableau);
