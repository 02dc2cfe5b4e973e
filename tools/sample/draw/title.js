// The title card every film opens with: it stands over the scene, then rises away.
import { C, W, g, label, ramp, width } from "./stage.js";

const roof = `<path fill="${C.ink}" d="M16 3.5 1.2 12.8a1 1 0 0 0-.5.9v2.2c0 .6.5 1.1 1.1 1.1H4.6v10.4c0 .6.5 1.1 1.1 1.1h1.4c.6 0 1.1-.5 1.1-1.1V17h15.6v10.400c0 .6.5 1.1 1.1 1.1h1.4c.6 0 1.1-.5 1.1-1.1V17h2.800c.6 0 1.1-.5 1.1-1.1v-2.200a1 1 0 0 0-.5-.9z"/><circle cx="16" cy="24" r="4.5" fill="${C.accent}"/>`;

/** title shows until `leave`; `number` is the film's place in its series. */
export function title(t, leave, number, name) {
  const gone = ramp(t, leave - 0.3, 0.7);
  if (gone >= 1) return "";
  const a = ramp(t, 0, 0.5), b = ramp(t, 0.25, 0.6), w = width(name, 28, 600);
  return g(g(roof, { x: W / 2 - 14, y: 18, s: 0.9, o: a }) +
    label("L’adjectif qualificatif", { x: W / 2, y: 92 + 8 * (1 - a), size: 50, weight: 700, o: a }) +
    g(`<circle cx="-16" cy="-9" r="17" fill="${C.accent}"/>` + label(number, { x: -16, y: -1.5, size: 22, weight: 700, fill: C.white }) +
      label(name, { x: 12, y: 0.5, size: 28, weight: 600, fill: C.accent, anchor: "start" }), { x: W / 2 - w / 2 + 10, y: 136 + 8 * (1 - b), o: b }),
  { y: -20 * gone, o: 1 - gone });
}
