// <p-code>: the four pictures without a page for each. The form does the same
// by itself: every picture is a submit button, what was touched a field.
class Code extends HTMLElement {
  connectedCallback() {
    const form = this.querySelector("form"), code = form.elements.namedItem("code");
    const slots = [...this.querySelectorAll(".slot")], status = this.querySelector(".slots");
    const show = () => {
      slots.forEach((slot, i) => slot.classList.toggle("filled", i < code.value.length));
      const text = code.value.length < 2 ? status.dataset.single.replace(/\d/, code.value.length) : status.dataset.several.replace(/\d/, code.value.length);
      status.setAttribute("aria-label", text);
      document.getElementById("says").textContent = text;
    };
    form.addEventListener("submit", (e) => {
      const button = e.submitter;
      if (button?.name === "erase") { e.preventDefault(); code.value = ""; show(); return; }
      if (button?.name !== "symbol" || code.value.length >= slots.length - 1) return; // the last one goes to the box
      e.preventDefault();
      code.value += button.value;
      show();
    });
    // Digits do too, for who has a keyboard and a good memory.
    document.addEventListener("keydown", (e) => {
      if (e.key === "Backspace" && !e.target.matches("input")) form.querySelector("[name=erase]").click();
      else if (/^[0-9]$/.test(e.key) && !e.ctrlKey && !e.metaKey && !e.altKey) form.querySelector(`[name=symbol][value="${e.key}"]`).click();
    });
    addEventListener("pageshow", (e) => { if (e.persisted) { code.value = ""; show(); } });
  }
}
customElements.define("p-code", Code);
