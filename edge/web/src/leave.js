// A shared tablet: what a person leaves behind goes with them. The page knows
// whose it is (data-who); the tablet remembers the last one. Whoever comes
// next, and every page still open, finds nothing of the one before.
import { outbox } from "./outbox.js";
import { reach, say } from "./reach.js";

const LAST = "preau.who"; // in localStorage: the person whose pages were last here
const DRAIN = 2000;       // ms that the way out waits for what is not yet sent

const who = document.documentElement.dataset.who || "";
const door = location.pathname.startsWith("/connexion");
let leaving = false;
const others = "BroadcastChannel" in window ? new BroadcastChannel("preau") : null;

/** Forgets what scripts keep of a person; the outbox's own entries stay until
 *  the box has them, and only under that person's name. */
async function forget() {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("preau.")) localStorage.removeItem(key);
    sessionStorage.clear();
  } catch { /* forbidden: nothing was kept either */ }
  const worker = navigator.serviceWorker?.controller;
  if (!worker) return;
  await new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    worker.postMessage({ t: "wipe" }, [port2]);
    setTimeout(done, 1000);
  });
}

/** A page of somebody who is gone shows nothing more. */
function gone() {
  if (leaving) return; // the way out leads to the class's names
  document.documentElement.hidden = true;
  location.replace("/connexion");
}

function last() {
  try { return localStorage.getItem(LAST) || ""; } catch { return who; }
}

if (who || door) {
  const before = last();
  if (before && before !== who) forget(); // no sign-out in between: the session ran out
  try { who ? localStorage.setItem(LAST, who) : localStorage.removeItem(LAST); } catch { /* no storage */ }
  if (door && !who) others?.postMessage("out");
}

if (who) {
  // History gives back a page as it stood.
  addEventListener("pageshow", (e) => { if (e.persisted && last() !== who) gone(); });
  others?.addEventListener("message", (e) => { if (e.data === "out") gone(); });
  document.addEventListener("p-signed-out", gone);
  document.querySelector("[data-signout]")?.form.addEventListener("submit", async (e) => {
    e.preventDefault();
    const form = e.target;
    // Nobody can leave without the box: it holds the session.
    if (!await reach()) return say(form.querySelector("[data-stay]").dataset.stay);
    leaving = true;
    await Promise.race([outbox.drain(), new Promise((done) => setTimeout(done, DRAIN))]);
    await forget();
    form.submit();
  });
}
