// <p-scene>: an item shown to a class. Captions and sign language are chosen
// on each screen; the film itself follows the teacher.

class Scene extends HTMLElement {
  #film; #signer; #timer = 0;

  connectedCallback() {
    [this.#film, this.#signer] = this.querySelectorAll("video");
    this.addEventListener("click", (e) => {
      const button = e.target.closest("[data-tool]");
      if (!button) return;
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if (button.dataset.tool === "captions") this.#captions(on);
      else this.#sign(on);
    });
  }

  disconnectedCallback() { clearInterval(this.#timer); }

  #captions(on) {
    for (const track of this.#film.textTracks) track.mode = on ? "showing" : "disabled";
  }

  // The signer is a second film beside the first, kept in step with it.
  #sign(on) {
    const signer = this.#signer, film = this.#film;
    signer.hidden = !on;
    this.classList.toggle("signed", on);
    clearInterval(this.#timer);
    if (!on) return signer.pause();
    if (!signer.src) signer.src = signer.dataset.src;
    this.#timer = setInterval(() => {
      if (signer.readyState < 1) return;
      if (film.paused !== signer.paused) film.paused ? signer.pause() : signer.play().catch(() => {});
      const gap = film.currentTime - signer.currentTime;
      if (Math.abs(gap) > 0.5) signer.currentTime = film.currentTime;
      signer.playbackRate = film.playbackRate * (Math.abs(gap) > 0.06 && Math.abs(gap) <= 0.5 ? 1 + Math.sign(gap) * 0.05 : 1);
    }, 200);
  }
}

customElements.define("p-scene", Scene);

/** Fetches the scene of an item and returns its nodes, ready to be placed. */
export async function scene(item) {
  const answer = await fetch("/scene/" + item, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Error(String(answer.status));
  // The box's own page, already escaped. Its nodes are taken, not copied: a film
  // left behind in the parsed page would keep all of it alive.
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return [...page.querySelector("#main").children].map((node) => document.adoptNode(node));
}
