// Film 3, agreement: the noun gives its gender and number, letters pop on.
import { C, W, g, lerp, ramp, sentence, settle, bow, tag } from "./stage.js";
import { blinks, cat, doorway, flower, house, land, tree } from "./art.js";
import { title } from "./title.js";

export function draw(t, cue) {
  const [, one, door, many, doors, rule, gender] = cue.map(c => c.at);
  const first = ramp(t, one + 0.7), rest = i => ramp(t, many + 0.5 + 0.28 * i), entry = ramp(t, door + 0.6), come = ramp(t, doors - 0.1, 1.1);
  const slide = -86 * come;
  let svg = land(t, { sunX: 470, sunY: 180 }) + g(tree(1.25), { x: 60, y: 314 }) + g(tree(0.8), { x: 606, y: 308 });
  svg += g(house({ shutters: [rest(0), first, rest(1), rest(2)], colour: C.green }) + g(doorway({ door: entry }), { s: 0.66 }), { x: W / 2 + slide, y: 322, s: 1.02 });
  if (come > 0) svg += g(house({ small: true, roof: C.accent, door: ramp(t, doors + 1.2), colour: C.green }), { x: lerp(720, 470, settle(come)), y: 326, s: 1.05 });
  svg += [[150, 334], [176, 344], [560, 340]].map(([x, y], i) => g(flower(i % 2 ? C.white : C.rose), { x, y, r: Math.sin(t + i) * 4, s: 0.8 })).join("");
  svg += g(cat(t, { fur: "#d9863b", eyes: blinks(t), look: 0.7, up: 0.4 }), { x: 92 + 24 * come, y: 346, s: 0.52 });

  const line = sentence(t, [
    { at: one, words: [{ t: "un" }, { t: "volet" }, { t: "vert", adj: 1 }] },
    { at: door, words: [{ t: "une" }, { t: "porte" }, { t: "vert", end: "e", adj: 1, id: "vert" }] },
    { at: many, words: [{ t: "des" }, { t: "volets" }, { t: "vert", end: "s", adj: 1, id: "vert" }] },
    { at: doors, words: [{ t: "des" }, { t: "portes" }, { t: "vert", end: "es", adj: 1, id: "vert" }] },
  ], { y: 76 });
  svg += line.svg;
  const near = (start, stop) => ramp(t, start, 0.7) * (1 - ramp(t, stop - 0.1, 0.4));
  svg += tag("masculin singulier", line.at("volet"), near(one + 1.1, door));
  svg += tag("féminin singulier", line.at("porte"), near(door + 1.2, many));
  svg += tag("masculin pluriel", line.at("volets"), near(many + 1.2, doors));
  svg += tag("féminin pluriel", line.at("portes"), near(doors + 1.2, rule));
  if (t > rule) {
    const noun = line.at("portes"), adj = line.at("vert");
    svg += bow({ x: noun.x + 10, y: noun.y }, { x: adj.x, y: adj.y }, ramp(t, rule + 0.2, 1.1));
    svg += tag("genre", { x: (noun.x + adj.x) / 2 - 62, y: noun.y }, ramp(t, gender + 0.1), { dy: 70 });
    svg += tag("nombre", { x: (noun.x + adj.x) / 2 + 40, y: noun.y }, ramp(t, gender + 0.8), { dy: 70 });
  }
  return svg + title(t, one, "3", "Accorder avec le nom");
}
