// What a pupil did, kept in the tablet until the box has it. Works over plain
// HTTP: no service worker, no Web Locks; two tabs may send the same thing, and
// the box takes it once by its id.

const STORE = "outbox";
const CAP = 500;           // beyond, the oldest go: the newest say more
const STALE = 60 * 24 * 3600e3; // of somebody who never came back to this tablet
const FIRST = 2000, LAST = 60000; // ms between tries

let opening = null;
let timer = 0, wait = FIRST, busy = null, again = false;

function open() {
  return opening ??= new Promise((resolve, reject) => {
    const req = indexedDB.open("preau", 1);
    req.onupgradeneeded = () => req.result.createObjectStore(STORE, { keyPath: "key", autoIncrement: true });
    req.onsuccess = () => resolve(req.result);
    req.onerror = () => { opening = null; reject(req.error); };
  });
}

function run(mode, work) {
  return open().then((db) => new Promise((resolve, reject) => {
    const tx = db.transaction(STORE, mode);
    const req = work(tx.objectStore(STORE));
    tx.oncomplete = () => resolve(req?.result);
    tx.onerror = tx.onabort = () => reject(tx.error);
  }));
}

/** A random UUID; crypto.randomUUID is absent over plain HTTP. */
function id() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const h = [...b].map((v) => v.toString(16).padStart(2, "0")).join("");
  return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`;
}

// On a shared tablet the next pupil sends nothing of the one before: an entry
// waits until its own person is back, and the box is told whose it is, so that
// it refuses what comes with somebody else's session.
const who = () => document.documentElement.dataset.who || "";
let held = []; // what the tablet had no room for: it lives as long as the page

async function mine() {
  const all = await run("readonly", (s) => s.getAll()).catch(() => []);
  return [...all.filter((e) => {
    if (e.at < Date.now() - STALE) forget(e);
    return e.who === who();
  }), ...held];
}

async function forget(entry) {
  held = held.filter((e) => e !== entry);
  if (entry.key) await run("readwrite", (s) => s.delete(entry.key));
}

const tell = (kept, online) => document.dispatchEvent(new CustomEvent("p-outbox", { detail: { kept, online, held: held.length } }));

/** How many of this person's activities wait here. */
const count = () => mine().then((all) => all.length);

/** What of this person's waits here, oldest first: {url, body}. */
const waiting = () => mine();

/** Keeps body, which has an id, then sends it as soon as the box answers.
 *  Resolves once it is kept; document hears "p-outbox" with {kept, online}.
 *  leaving: the page may be gone in a moment. */
async function put(url, body, leaving = false) {
  body.id ??= id();
  const entry = { url, body, who: who(), at: Date.now() };
  // A page that is being left may not live to see the database's answer: the
  // browser carries this one for it. Sent twice, it counts once.
  if (leaving) send(entry).catch(() => {});
  const add = () => run("readwrite", (s) => s.add(entry));
  try {
    await add().catch(() => room().then(add));
  } catch {
    held.push(entry); // private mode, or full: the pill says so
  }
  drain();
}

// What a pupil did comes before films that can be fetched again.
function room() {
  const worker = navigator.serviceWorker?.controller;
  if (!worker) throw new Error("full");
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = done;
    worker.postMessage({ t: "room" }, [port2]);
    setTimeout(done, 1000);
  });
}

function send(entry) {
  return fetch(entry.url, {
    method: "POST", headers: { "Content-Type": "application/json", "Preau-For": entry.who }, body: JSON.stringify(entry.body),
    keepalive: true, signal: AbortSignal.timeout?.(15000),
  });
}

/** Sends what is kept, oldest first; tries again later by itself. Resolves
 *  when this try is over. */
function drain() {
  again = !!busy;
  return busy ??= once();
}

async function once() {
  clearTimeout(timer);
  let online = true;
  try {
    const all = await mine();
    for (const old of all.splice(0, Math.max(0, all.length - CAP))) await forget(old);
    for (const entry of all) {
      const res = await send(entry);
      // Most 4xx are final: the box will never want it. Not so when somebody
      // else is signed in, or nobody any more, or when it is too much at once.
      if (!res.ok && (res.status >= 500 || [401, 403, 408, 429].includes(res.status))) throw new Refused(res.status);
      await forget(entry);
      if (!res.ok) refused(entry, res.status, await res.json().catch(() => null));
    }
    wait = FIRST;
  } catch (e) {
    online = e instanceof Refused; // the box answered
    timer = setTimeout(drain, wait * (0.5 + Math.random()));
    wait = Math.min(LAST, wait * 2);
  }
  busy = null;
  tell(await count(), online);
  if (again) { again = false; drain(); }
}

/** What the box will never take as it is: the page may know what to do.
 *  document hears "p-refused" with {body, status, answer}. */
function refused(entry, status, answer) {
  document.dispatchEvent(new CustomEvent("p-refused", { detail: { body: entry.body, status, answer } }));
}

/** Starts draining, now and whenever the tablet may have found the box again. */
function start() {
  const hurry = () => { wait = FIRST; drain(); };
  addEventListener("pagehide", () => held.forEach((e) => send(e).catch(() => {})));
  addEventListener("online", hurry);
  document.addEventListener("p-online", hurry);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) hurry(); });
  drain();
}

class Refused extends Error {}

export const outbox = { id, put, drain, count, waiting, start };
