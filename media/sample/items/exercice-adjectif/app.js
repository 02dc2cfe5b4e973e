"use strict";
// Five sentences; the pupil picks the adjectives. Two tries, then the answer is
// shown and explained: a mistake costs nothing but a second look. The result
// goes to the host page, whatever its address: it names no one.

const QUESTIONS = [
  { words: ["Le", "petit", "chat", "dort"], adjectives: [1], hint: "Comment est le chat ?", why: "« Petit » dit comment est le chat." },
  { words: ["Une", "voiture", "rouge", "passe"], adjectives: [2], hint: "De quelle couleur est la voiture ?", why: "« Rouge » dit comment est la voiture." },
  { words: ["La", "vieille", "maison", "a", "un", "toit", "gris"], adjectives: [1, 6], hint: "Comment est la maison ? Et le toit ?", why: "« Vieille » précise la maison, « gris » précise le toit." },
  { words: ["Mon", "frère", "mange", "une", "pomme", "verte"], adjectives: [5], hint: "Comment est la pomme ?", why: "« Verte » précise la pomme. Le « e » marque le féminin." },
  { words: ["Ce", "long", "chemin", "semble", "facile"], adjectives: [1, 4], hint: "Comment est le chemin ? Regarde aussi après le verbe.", why: "« Long » est épithète. « Facile », après « semble », est attribut." },
];
const PRAISE = ["Oui !", "Bien vu !", "C’est ça !", "Exact !", "Bravo !"];

// tie keeps French punctuation with its word.
const tie = s => s.replace(/ ([:;!?»])/g, "\u00a0$1").replace(/« /g, "«\u00a0");
const el = id => document.getElementById(id);
let current, tries, answers, solved, started;

function start() {
  current = 0;
  answers = [];
  started = Date.now();
  el("end").hidden = true;
  el("question").hidden = false;
  show();
}

function show() {
  const q = QUESTIONS[current], many = q.adjectives.length > 1;
  tries = 0;
  solved = false;
  el("count").textContent = `Phrase ${current + 1} sur ${QUESTIONS.length}`;
  el("ask").textContent = many ? `Touche les ${q.adjectives.length} adjectifs.` : "Touche l’adjectif.";
  el("words").replaceChildren(...q.words.map((word, i) => {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = word;
    b.setAttribute("aria-pressed", "false");
    b.addEventListener("click", () => pick(b, many));
    b.dataset.index = i;
    return b;
  }), Object.assign(document.createElement("span"), { textContent: "." }));
  el("steps").replaceChildren(...QUESTIONS.map((_, i) => {
    const li = document.createElement("li");
    li.className = i < current ? "done" : i === current ? "now" : "";
    return li;
  }));
  say("", "chat-pense.svg");
  el("go").textContent = "Vérifier";
}

// pick presses a word; where one adjective is asked, another word lets go.
function pick(button, many) {
  if (solved) return;
  const on = button.getAttribute("aria-pressed") !== "true";
  if (on && !many) for (const b of el("words").querySelectorAll("button")) b.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", String(on));
}

function say(text, cat) {
  el("feedback").textContent = tie(text);
  el("cat").src = cat;
}

function check() {
  const q = QUESTIONS[current], picked = [...el("words").querySelectorAll("button")].filter(b => b.getAttribute("aria-pressed") === "true").map(b => Number(b.dataset.index));
  if (!picked.length) return say("Touche d’abord un mot, puis vérifie.", "chat-pense.svg");
  tries++;
  const right = picked.length === q.adjectives.length && picked.every(i => q.adjectives.includes(i));
  if (right) return settle(`${PRAISE[current]} ${q.why}`, true);
  if (tries >= 2) return settle(`Regarde bien : ${q.why}`, false);
  const some = picked.some(i => q.adjectives.includes(i));
  say(`${some ? "Tu y es presque." : "Pas encore."} ${q.hint} Essaie encore une fois.`, "chat-pense.svg");
}

// settle closes a question: the adjectives are marked, nothing is crossed out.
function settle(text, found) {
  const q = QUESTIONS[current];
  solved = true;
  for (const b of el("words").querySelectorAll("button")) {
    const adjective = q.adjectives.includes(Number(b.dataset.index));
    b.setAttribute("aria-pressed", String(adjective));
    b.setAttribute("aria-disabled", "true");
    b.classList.toggle("found", adjective);
  }
  answers.push({ question: current + 1, tries, found });
  say(text, "chat-content.svg");
  el("steps").children[current].className = "done";
  el("go").textContent = current + 1 < QUESTIONS.length ? "Phrase suivante" : "Voir la fin";
}

function next() {
  current++;
  if (current === QUESTIONS.length) return finish();
  show();
  el("count").focus();
}

function finish() {
  const score = answers.filter(a => a.found).length, max = QUESTIONS.length;
  el("question").hidden = true;
  el("end").hidden = false;
  for (const li of el("steps").children) li.className = "done";
  el("bravo").textContent = tie(score === max ? "Bravo, tu les as tous trouvés !" : "Exercice terminé !");
  el("total").textContent = score === max ? "Tu repères bien les adjectifs."
    : score ? `Tu as réussi ${score} ${score > 1 ? "phrases" : "phrase"} sur ${max}. Recommence quand tu veux.`
      : "Tu as vu les cinq réponses. Revois le film 1, puis recommence.";
  el("bravo").focus();
  if (window.parent !== window) {
    window.parent.postMessage({ type: "preau.result", score, max, completed: true, success: score >= 4, duration: Math.round((Date.now() - started) / 1000), answers }, "*");
  }
}

el("go").addEventListener("click", () => (solved ? next() : check()));
el("again").addEventListener("click", () => { start(); el("count").focus(); });
start();
