// The chooser "Pour qui ?": the class and the board by default; groups of the
// lesson are added as they are made.

export function aimAt(root, regie) {
  const box = root.querySelector("[data-aim]"), out = box.querySelector("[data-aimed]"), groups = box.querySelector("[data-groups]");
  const labels = new Map([...box.querySelectorAll("input")].map((i) => [i.value, i.nextElementSibling.textContent]));
  const paint = () => {
    const { aim } = regie;
    out.textContent = aim.label ?? labels.get(aim.to);
    const at = aim.for ? regie.groups.findIndex((g) => g.for === aim.for) : -1;
    for (const input of box.querySelectorAll("input")) input.checked = input.value === (aim.for ? "group-" + at : aim.to);
    box.toggleAttribute("data-some", !!aim.for);
  };
  const grouped = () => {
    groups.replaceChildren(...regie.groups.map((g, i) => {
      const label = document.createElement("label"), input = document.createElement("input"), text = document.createElement("span");
      Object.assign(input, { type: "radio", name: "aim", value: "group-" + i });
      text.textContent = g.label + " · " + g.for.map((p) => regie.name(p)).join(", ");
      label.append(input, " ", text);
      return label;
    }));
    paint();
  };
  box.addEventListener("change", (e) => {
    const { value } = e.target;
    if (e.target.name !== "aim") return;
    regie.setAim(value.startsWith("group-") ? { to: "pupils", ...regie.groups[Number(value.slice(6))] } : { to: value });
    box.open = false;
    box.querySelector("summary").focus();
  });
  box.addEventListener("click", (e) => {
    if (!e.target.closest("[data-do=pick]")) return;
    box.open = false;
    regie.emit("view", "eleves");
  });
  regie.addEventListener("aim", paint);
  regie.addEventListener("groups", grouped);
  // Names of another class's pupils come with them.
  regie.addEventListener("members", () => { if (regie.groups.length && !box.open) grouped(); });
  grouped();
}
