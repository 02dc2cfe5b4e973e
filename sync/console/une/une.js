// Puts the newest edition on the page, without a reload that would take the
// reader's place away. Nobody reads while a table is open or the tab hidden.
const EVERY_MS = 15_000;

setInterval(async () => {
  const main = document.querySelector("main");
  if (document.hidden || main.querySelector("details[open]") || main.contains(document.activeElement) && document.activeElement !== main) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    main.replaceChildren(...[...fresh.childNodes].map((node) => document.importNode(node, true)));
  } catch { /* the next one will do */ }
}, EVERY_MS);
