// <p-seance>: the frame of a part of a course. When the part is done it goes
// to a page that says {type: "preau.return"}; the frame's origin is "null" (a
// sandbox), so it is known by its window. All it can do is close itself.
class Seance extends HTMLElement {
  connectedCallback() { addEventListener("message", this.#hear); }
  disconnectedCallback() { removeEventListener("message", this.#hear); }

  #hear = (e) => {
    if (e.source === this.querySelector("iframe")?.contentWindow && e.data?.type === "preau.return") location.replace(this.dataset.back);
  };
}
customElements.define("p-seance", Seance);
