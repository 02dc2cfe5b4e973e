// Still pictures: the posters of what is not a film, and the story's pictures.
import { C, W, H, g, label, sentence, tag, width } from "./stage.js";
import { balloon, bird, cat, doorway, flower, house, land, paw, string, tree } from "./art.js";

const GINGER = "#d9863b";
const flowers = list => list.map(([x, y], i) => g(flower([C.rose, C.white, C.accent][i % 3]), { x, y, s: 0.85 })).join("");
const home = (x, y, s) => g(house({ colour: C.green }) + g(doorway({ colour: C.green }), { s: 0.6 }), { x, y, s });
const line = (words, y = 76) => sentence(99, [{ at: 0, words }], { y }).svg;

// holder is the cat that holds a balloon by its string.
const holder = (x, y, s, knot, size, mood, r = 0) => {
  const arm = paw(x, y, s, GINGER);
  return string(arm.hand.x, arm.hand.y, knot.x, knot.y, 2) + g(balloon(1, { s: size }), knot) + g(cat(2, { fur: GINGER, ...mood }), { x, y, sx: -s, sy: s, r }) + arm.svg;
};

const sheet = (x, y, r, inner) => g(`<rect x="-86" y="-118" width="172" height="236" rx="6" fill="${C.ink}" opacity=".12" transform="translate(5 6)"/><rect x="-86" y="-118" width="172" height="236" rx="6" fill="${C.white}"/>` + inner, { x, y, r });
const rule = (y, w, c = C.dune) => `<rect x="-64" y="${y}" width="${w}" height="6" rx="3" fill="${c}"/>`;

export const posters = {
  // The four films' cat, house, balloon and bird together.
  collection: () => land(3, { sunX: 330, sunY: 200 }) + g(tree(1.1), { x: 40, y: 314 }) + home(190, 320, 1.0) +
    holder(356, 336, 0.95, { x: 462, y: 206 }, 1.0, { look: -0.5, up: 0.4 }) +
    `<path d="M660 250C620 244 590 250 552 246" stroke="${C.wood}" stroke-width="11" stroke-linecap="round" fill="none"/>` + g(bird(1), { x: 590, y: 240, sx: -0.66, sy: 0.66 }) +
    flowers([[96, 340], [286, 342], [470, 342], [540, 336]]) + line([{ t: "L’adjectif", adj: 1 }, { t: "qualificatif", adj: 1 }]),
  document: () => story.start(),
  app: () => land(1, { sunX: 500, sunY: 200 }) + g(cat(2, { fur: "#2b2f45", look: -0.6, up: 0.6 }), { x: 320, y: 346, s: 0.85 }) +
    ["la", "petite", "souris", "grise"].map((word, i) => {
      const x = [108, 238, 395, 546][i], w = width(word, 34, 700) + 40, adj = i % 2;
      return g(`<rect x="${-w / 2}" y="-30" width="${w}" height="60" rx="18" fill="${C.ink}" opacity=".1" transform="translate(0 4)"/><rect x="${-w / 2}" y="-30" width="${w}" height="60" rx="18" fill="${adj ? C.tint : C.white}" stroke="${adj ? C.accent : C.dune}" stroke-width="3"/>` +
        label(word, { x: 0, y: 11, size: 34, weight: adj ? 700 : 500, fill: adj ? C.accent : C.ink }) +
        (adj ? g(`<circle r="15" fill="${C.accent}"/><path d="M-6 0l4.5 5L6.5 -5" fill="none" stroke="${C.white}" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/>`, { x: w / 2 - 4, y: -28 }) : ""), { x, y: 88 });
    }).join(""),
  subject: () => `<rect width="${W}" height="${H}" fill="${C.sky}"/><circle cx="320" cy="190" r="150" fill="${C.paper}"/>` +
    sheet(400, 186, 7, rule(-90, 90, C.ink) + [-66, -52, -38, -8, 6, 20, 50, 64, 78].map((y, i) => rule(y, [128, 120, 96][i % 3])).join("")) +
    sheet(282, 180, -4, rule(-92, 112, C.ink) + label("Français", { x: -64, y: -58, size: 22, weight: 700, anchor: "start", fill: C.accent }) + label("grammaire", { x: -64, y: -36, size: 18, anchor: "start" }) +
      [-14, 0, 14].map((y, i) => rule(y, [128, 122, 80][i])).join("") + [38, 62, 86].map(y => `<rect x="-64" y="${y}" width="16" height="16" rx="4" fill="none" stroke="${C.ink}" stroke-width="2.5"/>` + g(rule(0, 96), { x: 24, y: y + 5 })).join("") + `<path d="M-61 68l4 5l9 -11" fill="none" stroke="${C.accent}" stroke-width="3.5" stroke-linecap="round" stroke-linejoin="round"/>`) +
    g(`<rect x="-9" y="-92" width="18" height="128" fill="${C.ochre}"/><path d="M-9 36L0 62L9 36Z" fill="${C.sand}"/><path d="M-3.5 52L0 62L3.5 52Z" fill="${C.ink}"/><rect x="-9" y="-104" width="18" height="14" rx="4" fill="${C.accent}"/>`, { x: 486, y: 214, r: 32 }),
};

const story = {
  start: () => land(2, { sunX: 470, sunY: 150 }) + g(tree(1.3), { x: 70, y: 314 }) + home(210, 322, 1.15) + 
    holder(408, 338, 1, { x: 520, y: 184 }, 1.25, { look: -0.8, up: 0.7 }) + flowers([[120, 342], [300, 340], [500, 342], [560, 334], [600, 344]]),
  flight: () => land(5, { sunX: 150, sunY: 150 }) + g(home(0, 0, 0.5), { x: 120, y: 306 }) + g(tree(0.6), { x: 190, y: 302 }) + g(tree(0.75), { x: 560, y: 304 }) +
    holder(300, 252, 0.9, { x: 392, y: 140 }, 1.2, { look: -0.5, up: 0.9, shadow: 0 }, 4) +
    g(bird(1), { x: 520, y: 170, sx: -0.6, sy: 0.6 }).replace(/<path d="M-4 -6v8[^>]*>/, ""),
  night: () => land(5, { sky: "#f7cfc6", sun: "#f4b08f", hill: "#bfc3ad", sunX: 470, sunY: 250, clouds: 0.6 }) + g(tree(1.3), { x: 80, y: 314 }) + home(230, 322, 1.1) +
    string(524, 330, 548, 232, 1) + `<path d="M524 340v-14" stroke="${C.wood}" stroke-width="6" stroke-linecap="round"/>` + g(balloon(1), { x: 548, y: 232, s: 0.9 }) + g(cat(2, { fur: GINGER, asleep: 1 }), { x: 458, y: 340, sx: -0.9, sy: 0.9 }) + flowers([[120, 342], [346, 342], [600, 340]]),
};

const file = inner => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}">${inner}</svg>\n`;


const portrait = inner => `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200"><circle cx="100" cy="104" r="94" fill="${C.sand}"/>${inner}</svg>\n`;
const heart = g(`<path d="M0 12C-22 -4 -14 -22 0 -12C14 -22 22 -4 0 12Z" fill="${C.accent}"/>`, { x: 156, y: 48, r: 10 });

/** faces are the cat that goes with the exercise: thinking, and pleased. */
const faces = {
  "chat-pense": () => portrait(g(cat(1, { fur: GINGER, look: 0.9, up: 0.9 }), { x: 92, y: 186, s: 1.02 }) + g(`<path d="M-13 -12a13.5 13.5 0 1 1 19 12c-5 2.5 -6 5 -6 9.5M0 24v.1" fill="none" stroke="${C.accent}" stroke-width="9" stroke-linecap="round" stroke-linejoin="round"/>`, { x: 160, y: 40, r: 8 })),
  "chat-content": () => portrait(g(cat(1, { fur: GINGER, asleep: 1 }), { x: 92, y: 186, s: 1.02 }) + heart),
};

/** pictures are complete SVG files, without text, by their place under items/. */
export const pictures = () => Object.fromEntries([
  ...Object.entries(story).map(([name, make]) => [`lecture-ballon/${name}.svg`, file(make())]),
  ...Object.entries(faces).map(([name, make]) => [`exercice-adjectif/${name}.svg`, make()]),
]);
