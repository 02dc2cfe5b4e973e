// What a pupil did, kept in the tablet until the box has it. Works over plain
// HTTP: no service worker, no Web Locks. One tab of the tablet sends at a time:
// it holds a lease, which ends by itself when the tab dies; should two send
// the same thing all the same, the box takes it once by its id.

const STORE = "outbox";
const LEASE = "lease";     // {key: 1, tab, until}, in a database of its own: what is done waits behind nothing
const HOLD = 6000;         // ms that it lasts from the last word of its tab
const TAB = "preau.tab";   // in sessionStorage, between two pages of a tab
const BATCH = 50;          // entries that are read at once, then sent one after the other
const CAP = 500;           // beyond, the oldest go: the newest say more
const STALE = 60 * 24 * 3600e3; // of somebody who never came back to this tablet
const FIRST = 2000, LAST = 60000; // ms between tries

const opening = {};
let timer = 0, wait = FIRST, busy = null, again = false;
let leads = false;     // this tab has the lease
const tab = claim();
const had = new Set(); // ids of what the box has; a full tablet may not delete it

function open(store) {
  return opening[store] ??= new Promise((resolve, reject) => {
    const req = indexedDB.open(store === STORE ? "preau" : "preau-" + store, 1);
    req.onupgradeneeded = () => req.result.createObjectStore(store, { keyPath: "key", autoIncrement: true });
    req.onsuccess = () => {
      req.result.onclose = () => { opening[store] = null; }; // the browser made room: what comes is kept afresh
      resolve(req.result);
    };
    req.onerror = () => { opening[store] = null; reject(req.error); };
  });
}

/** Runs work in one transaction, and resolves with the result of the request
 *  that it returns, or with what it gives. */
function run(mode, work, store = STORE) {
  return open(store).then((db) => new Promise((resolve, reject) => {
    const tx = db.transaction(store, mode);
    let given;
    const req = work(tx.objectStore(store), (value) => { given = value; });
    tx.oncomplete = () => resolve(req ? req.result : given);
    tx.onerror = tx.onabort = () => reject(tx.error);
  }));
}

/** This tab's name, handed from page to page: the next one goes on at once
 *  where the last one was cut. A copy of the tab finds none, and makes its own. */
function claim() {
  try {
    const name = sessionStorage.getItem(TAB);
    sessionStorage.removeItem(TAB);
    return name ?? id();
  } catch { return id(); }
}

function hand() {
  try { sessionStorage.setItem(TAB, tab); } catch { /* the lease ends by itself */ }
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
const coming = new Set(); // what is not in the database yet

const own = (e) => e.who === who() && !had.has(e.body.id);
const all = () => run("readonly", (s) => s.getAll()).catch(() => []);
const mine = async () => [...(await all()).filter(own), ...held];

/** Takes the lease or makes it last, and says whether this tab has it. A
 *  tablet too full for a lease sends all the same. */
function lease() {
  return run("readwrite", (s, give) => {
    s.get(1).onsuccess = ({ target: { result: l } }) => {
      const now = Date.now();
      leads = !l || l.tab === tab || l.until < now || l.until > now + HOLD; // the clock was set back
      if (leads) s.put({ key: 1, tab, until: now + HOLD });
      give(leads);
    };
  }, LEASE).catch(() => true);
}

/** Gives the lease back, even by a page that is being left. */
function release() {
  if (!leads) return;
  leads = false;
  return run("readwrite", (s) => { s.delete(1); s.transaction.commit?.(); }, LEASE).catch(() => {}); // it ends by itself
}

/** The next entries to send, oldest first; null while another tab sends. */
async function batch() {
  if (!await count()) return [];
  if (!await lease()) return null;
  const kept = await all(), ours = kept.filter(own);
  const old = [...kept.filter((e) => e.at < Date.now() - STALE), ...ours.slice(0, -CAP)];
  if (old.length) await run("readwrite", (s) => { for (const e of old) s.delete(e.key); });
  const next = ours.slice(-CAP).slice(0, BATCH);
  return next.length ? next : [...held];
}

async function forget(entry) {
  held = held.filter((e) => e !== entry);
  if (!entry.key) return;
  had.add(entry.body.id);
  await run("readwrite", (s) => s.delete(entry.key)).catch(() => {});
}

const tell = (kept, online) => document.dispatchEvent(new CustomEvent("p-outbox", { detail: { kept, online, held: held.length } }));

/** How many of this person's activities wait here. */
const count = () => mine().then((all) => all.length);

/** What of this person's waits here, oldest first: {url, body}. */
const waiting = mine;

/** Keeps body, which has an id, then sends it as soon as the box answers.
 *  Resolves once it is kept; document hears "p-outbox" with {kept, online}.
 *  leaving: the page may be gone in a moment. */
async function put(url, body, leaving = false) {
  body.id ??= id();
  had.delete(body.id);
  const entry = { url, body, who: who(), at: Date.now() };
  // A page that is being left may not live to see the database's answer: the
  // browser carries this one for it. Sent twice, it counts once.
  let carried = null;
  if (leaving) carried = send(entry).then((res) => res.ok, () => false);
  else coming.add(entry);
  const add = () => run("readwrite", (s) => s.add(entry));
  try {
    entry.key = await add().catch(() => room().then(add));
  } catch {
    held.push(entry); // private mode, or full: the pill says so
  }
  coming.delete(entry);
  // A page that stays waits for that answer, and sends nothing twice.
  if (carried && await Promise.race([carried, new Promise((late) => setTimeout(late, FIRST))])) await forget(entry);
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
  const lasts = setInterval(() => leads && lease(), HOLD / 3);
  let online = true, next = 0;
  try {
    for (let list; next === 0 && (list = await batch())?.length !== 0;) {
      if (!list) next = FIRST; // another tab sends: what it leaves is ours
      for (const entry of list ?? []) {
        const res = await send(entry);
        // Most 4xx are final: the box will never want it. Not so when somebody
        // else is signed in, or nobody any more, or when it is too much at once.
        if (!res.ok && (res.status >= 500 || [401, 403, 408, 429].includes(res.status))) throw new Refused(res.status);
        await forget(entry);
        if (!res.ok) refused(entry, res.status, await res.json().catch(() => null));
        if (!await lease()) { next = FIRST; break; } // it took over while this one slept
      }
      if (list) tell(await count(), true);
    }
    wait = FIRST;
  } catch (e) {
    online = e instanceof Refused; // the box answered
    next = wait;
    wait = Math.min(LAST, wait * 2);
  }
  clearInterval(lasts);
  await release();
  if (next) timer = setTimeout(drain, next * (0.5 + Math.random()));
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
  addEventListener("pagehide", () => {
    for (const e of [...held, ...coming]) send(e).catch(() => {});
    release();
    hand();
  });
  addEventListener("pageshow", (e) => { if (e.persisted) claim(); });
  addEventListener("online", hurry);
  document.addEventListener("p-online", hurry);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) hurry(); });
  drain();
}

class Refused extends Error {}

export const outbox = { id, put, drain, count, waiting, start };
