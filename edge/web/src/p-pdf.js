// <p-pdf>: one page of a PDF, whole, on a canvas: every screen shows the same
// one, and it can be drawn over. pdf.js is fetched only when a PDF is opened.

const MOST_PIXELS = 2560;

class Pdf extends HTMLElement {
  #file = null; #page = 0; #drawn = ""; #drawing = null; #observer = null;

  connectedCallback() {
    this.#observer = new ResizeObserver(() => this.#draw());
    this.#observer.observe(this);
    this.#open();
  }

  disconnectedCallback() {
    this.#observer.disconnect();
    this.#drawing?.cancel();
    this.#file?.then((f) => f.loadingTask.destroy(), () => {});
  }

  /** Shows a page, from 1; beyond the last one, the last. */
  turn(page) {
    if (page === this.#page) return;
    this.#page = page;
    this.#draw();
  }

  async #open() {
    try {
      const { getDocument, GlobalWorkerOptions } = await import("./ink/pdfjs.js");
      GlobalWorkerOptions.workerSrc = this.dataset.worker;
      this.#file = getDocument({ url: this.dataset.src, useWasm: false, isEvalSupported: false, useSystemFonts: true, enableXfa: false }).promise;
      await this.#file;
      this.#draw();
    } catch {
      this.toggleAttribute("failed", true); // the link to the file is there
    }
  }

  async #draw() {
    const file = await this.#file?.catch(() => null), box = this.getBoundingClientRect();
    if (!file || !this.isConnected || box.width < 10) return;
    const page = await file.getPage(Math.min(Math.max(1, this.#page), file.numPages));
    const plain = page.getViewport({ scale: 1 });
    const dense = Math.min(devicePixelRatio || 1, MOST_PIXELS / box.width);
    const scale = Math.min(box.width / plain.width, box.height / plain.height) * dense;
    const key = page.pageNumber + "/" + scale.toFixed(3);
    if (!this.isConnected || key === this.#drawn) return;
    this.#drawn = key;
    this.#drawing?.cancel();
    // Drawn beside, shown when whole: no white flash between pages.
    const view = page.getViewport({ scale }), next = document.createElement("canvas");
    [next.width, next.height] = [Math.round(view.width), Math.round(view.height)];
    const drawing = (this.#drawing = page.render({ canvas: next, viewport: view }));
    try {
      await drawing.promise;
    } catch {
      return; // another page was asked for
    }
    const canvas = this.querySelector("canvas");
    [canvas.width, canvas.height] = [next.width, next.height];
    canvas.getContext("2d").drawImage(next, 0, 0);
    canvas.setAttribute("aria-label", this.dataset.label.replace("%d", page.pageNumber).replace("%n", file.numPages));
    this.dataset.page = page.pageNumber;
    canvas.dispatchEvent(new Event("resize"));
    this.dispatchEvent(new Event("p-page", { bubbles: true }));
  }
}

customElements.define("p-pdf", Pdf);
