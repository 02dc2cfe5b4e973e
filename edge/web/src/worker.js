// The service worker: what a tablet shows while the box is out of reach. It
// imports nothing, so that one script is one build; the box puts before it
// what it is made of (self.preau: build, shell, whose).
//
// It keeps the shell (styles, scripts, the font: nobody's), and for the one
// person whose pages the box last answered with: their home, the pages of what
// is theirs to do, and those pages' files, in pieces. Every answer of the box
// says whose it is; another person's, or nobody's, and all that was kept of
// the one before is gone before the answer is shown. Answers are never mixed:
// what is kept lies under the person's name and is only looked up there.
const { build, shell, bare, whose: WHOSE } = self.preau;

const META = "preau-meta", SHELL = "preau-shell-", OF = "preau-of-";
const HOME = "/eleve/", AWAY = "/eleve/hors-ligne", LIST = "/eleve/tablette";
const PATIENCE = 700;       // ms that the box may take when a page is kept
const PIECE = 2 << 20;      // bytes of a file that are fetched and kept at once
const MAX_IMAGES = 80;
const JUST = 5000;          // ms after a form was sent, when only the box's own answer is true

let who;                    // whose things are kept; undefined: not yet read
let files = null;           // of them, by path: {size, mime, item, kind, at}; null: not yet read
let era = 0;                // grows when all is forgotten
let turn = Promise.resolve();
let sent = -Infinity;       // when a form was last sent

/** in_turn runs one change of what is kept at a time. */
function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.catch(() => {});
  return mine;
}

const read = () => inTurn(async () => {
  const meta = await caches.open(META);
  who = await (await meta.match("/who"))?.text() ?? "";
  files = who ? new Map(await (await (await caches.open(OF + who)).match("/files"))?.json() ?? []) : new Map();
  joined.clear();
}).catch(() => { who = ""; files = new Map(); }); // what cannot be read is nobody's: pages come from the box

let ready = Promise.resolve().then(read);

/** A browser that runs out of room drops caches without a word: what is said
 *  to be kept is looked for. */
const look = () => inTurn(async () => {
  if (!who) return;
  const cache = await caches.open(OF + who);
  const here = new Set((await cache.keys()).map(({ url }) => url.slice(location.origin.length)));
  for (const [path, { size }] of files) {
    for (let n = 0; n * PIECE < size; n++) if (!here.has(`${path}?${n}`)) { files.delete(path); joined.delete(path); break; }
  }
});

// ---- whose

async function wipe() {
  era++;
  who = "";
  files = new Map();
  joined.clear();
  await (await caches.open(META)).delete("/who");
  await Promise.all((await caches.keys()).filter((n) => n.startsWith(OF)).map((n) => caches.delete(n)));
}

/** The box answered as to person: whatever is another's goes. */
function belongs(person) {
  return inTurn(async () => {
    if (who === person) return;
    await wipe();
    if (!person) return;
    who = person;
    await (await caches.open(META)).put("/who", new Response(person));
  });
}

// ---- shell

addEventListener("install", (e) => {
  skipWaiting();
  e.waitUntil(caches.open(SHELL + build).then((cache) => cache.addAll(shell)));
});

// Pages of the build before may still be open, and kept pages ask for its
// scripts: it goes with the build after.
addEventListener("activate", (e) => {
  e.waitUntil((async () => {
    const meta = await caches.open(META);
    const before = await (await meta.match("/builds"))?.json() ?? [];
    const builds = [...before.filter((b) => b !== build), build].slice(-2);
    await meta.put("/builds", Response.json(builds));
    await Promise.all((await caches.keys()).filter((n) => n.startsWith(SHELL) && !builds.includes(n.slice(SHELL.length))).map((n) => caches.delete(n)));
    // The worker before went on while this one was installed.
    await (ready = read());
    await clients.claim();
  })());
});

async function asset(request) {
  return await caches.match(request.url, { ignoreVary: true }) ?? fetch(request);
}

// ---- pages

addEventListener("fetch", (e) => {
  const { request } = e, url = new URL(request.url), path = url.pathname;
  if (url.origin !== location.origin) return;
  if (request.method !== "GET") {
    if (request.mode === "navigate") sent = Date.now();
    // Somebody comes or goes: what is kept goes first.
    if (path.startsWith("/connexion") || path === "/deconnexion") e.waitUntil(inTurn(wipe));
  } else if (path.startsWith("/assets/")) {
    if (!/worker\.js$|\.webmanifest$/.test(path)) e.respondWith(asset(request));
  } else if (path.startsWith("/blobs/")) {
    if (!files || files.has(path) || request.destination === "image") e.respondWith(blob(request, path, e.clientId + path));
    else pass(e.clientId + path);
  } else if (request.mode === "navigate" && (path === "/" || path.startsWith(HOME) || path.startsWith("/connexion"))) {
    e.respondWith(page(e, path === "/" ? HOME : path));
  }
});

async function page(e, path) {
  await ready;
  const me = who;
  const asked = fetch(e.request).then((answer) => seen(answer, path, e.request.url).catch(() => answer), () => null);
  e.waitUntil(asked);
  const copy = me && await kept(me, path).catch(() => null);
  if (!copy) return await asked ?? away();
  // After a form the copy is older than what was done; it is for when the box is away.
  const patient = Date.now() - sent < JUST;
  const answer = await (patient ? asked : Promise.race([asked, new Promise((late) => setTimeout(late, PATIENCE))]));
  if (answer && answer.status < 500) return answer;
  await turn;
  return who === me ? copy : await asked ?? away();
}

async function kept(person, path) {
  return (await caches.open(OF + person)).match(path, { ignoreVary: true });
}

/** What an answer says of whose it is, heeded before it is shown; the copy of
 *  a page that is kept is renewed, unless this is a view of it (?lire). */
async function seen(answer, path, url) {
  const person = answer.headers.get(WHOSE);
  if (person === null) return answer; // a redirection, a problem
  await belongs(person);
  if (!person || answer.status !== 200 || new URL(url).search) return answer;
  const cache = await caches.open(OF + person);
  if (await cache.match(path, { ignoreVary: true })) await put(cache, path, answer.clone(), era);
  return answer;
}

/** Nothing of an era that is over is kept. */
async function put(cache, key, answer, mine) {
  if (era === mine) await cache.put(key, answer);
}

async function away() {
  return await caches.match(AWAY, { ignoreVary: true }) ?? new Response(bare, { headers: { "Content-Type": "text/html; charset=utf-8" } });
}

// ---- files

// What a page began to read from the box it goes on reading there, though the
// tablet keeps it by now: a browser refuses a film of two origins, and what
// this worker makes has none. By page and path.
const passed = new Set(), MAX_PASSED = 500;

function pass(reader) {
  if (passed.size >= MAX_PASSED) passed.delete(passed.values().next().value);
  passed.add(reader);
}

async function blob(request, path, reader) {
  await ready;
  const file = files.get(path);
  if (!file) {
    const image = who && await (await caches.open(OF + who)).match(path, { ignoreVary: true });
    if (image) return image;
    pass(reader);
    return fetch(request);
  }
  if (passed.has(reader)) {
    try { return await fetch(request); } catch { passed.delete(reader); } // away: better what is kept, from its start
  }
  const whole = await join(path, file.size).catch(() => null);
  if (!whole) { files.delete(path); pass(reader); return fetch(request); } // the browser dropped a piece: it is fetched again
  const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("Range") ?? "");
  let from = 0, to = file.size - 1;
  if (range?.[1]) {
    from = Number(range[1]);
    if (range[2]) to = Math.min(to, Number(range[2]));
  } else if (range?.[2]) from = Math.max(0, file.size - Number(range[2]));
  const headers = { "Content-Type": file.mime, "Accept-Ranges": "bytes", ETag: `"${path.slice(7)}"` };
  if (from > to) return new Response(null, { status: 416, headers: { ...headers, "Content-Range": `bytes */${file.size}` } });
  headers["Content-Length"] = to - from + 1;
  if (range) headers["Content-Range"] = `bytes ${from}-${to}/${file.size}`;
  return new Response(whole.slice(from, to + 1), { status: range ? 206 : 200, headers });
}

// A file in pieces as one: the browser holds the bytes, on its disk, and
// serves them without this worker.
const joined = new Map();

async function join(path, size) {
  let whole = joined.get(path);
  if (whole) return whole;
  const cache = await caches.open(OF + who);
  const pieces = await Promise.all(Array.from({ length: Math.ceil(size / PIECE) }, (_, n) => cache.match(`${path}?${n}`).then((p) => p?.blob())));
  whole = new Blob(pieces.filter(Boolean));
  if (whole.size !== size) throw new Error("incomplete");
  if (joined.size > 3) joined.delete(joined.keys().next().value);
  joined.set(path, whole);
  return whole;
}

// ---- keeping

let keeping = null;

addEventListener("message", (e) => {
  const done = (value) => e.ports[0]?.postMessage(value ?? "done");
  switch (e.data?.t) {
    case "keep": e.waitUntil(keeping ??= keep(e.data.roles ?? []).catch(() => false).then((whole) => { keeping = null; return tell(!whole); })); break;
    case "kept": e.waitUntil(ready.then(look).then(() => tell(true))); break;
    case "wipe": e.waitUntil(inTurn(wipe).then(done)); break;
    case "room": e.waitUntil(ready.then(() => inTurn(room)).then(done, done).then(() => tell())); break;
  }
});

/** Brings what is kept up to what the box lists, and says whether all came.
 *  roles are the helps to follow a film that this pupil uses. */
async function keep(roles) {
  await ready;
  await look();
  const answer = await fetch(LIST, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) return false;
  const list = await answer.json();
  await belongs(list.person);
  const mine = era, cache = await caches.open(OF + list.person);
  const lost = () => era !== mine;
  const images = new Set();
  for (const url of list.pages) {
    const page = await fetch(url, { redirect: "error", cache: "no-store" }).catch(() => null);
    if (lost()) return false;
    if (!page?.ok || page.headers.get(WHOSE) !== list.person) continue;
    for (const [, src] of (await page.clone().text()).matchAll(/<img src="(\/blobs\/[0-9a-f]{64})"/g)) images.add(src);
    await put(cache, url, page, mine);
  }
  const ours = await caches.open(SHELL + build);
  const away = await fetch(AWAY, { cache: "no-store" }).catch(() => null);
  if (away?.ok) await put(ours, AWAY, away, mine);
  for (const url of shell) if (!await ours.match(url, { ignoreVary: true })) await ours.add(url);
  await tidy(cache, list, images);
  for (const src of [...images].slice(0, MAX_IMAGES)) {
    if (lost()) return false;
    if (await cache.match(src, { ignoreVary: true })) continue;
    const image = await fetch(src).catch(() => null);
    if (image?.ok) await put(cache, src, image, mine);
  }
  return keepFiles(cache, list, roles, lost);
}

/** Drops pages and pictures that are not listed any more, and the pieces of a
 *  file that never came whole and is not wanted now. */
async function tidy(cache, list, images) {
  const wanted = new Set(list.items.flatMap((item) => item.files.map((f) => f.url)));
  for (const { url } of await cache.keys()) {
    const { pathname: path, search } = new URL(url);
    const known = path === "/files" || list.pages.includes(path) || images.has(path) || files.has(path) || (search && wanted.has(path));
    if (!known) await cache.delete(url);
  }
}

async function keepFiles(cache, list, roles, lost) {
  const helps = ["main", "rendition", "subtitles", "poster", ...roles];
  const wanted = list.items.flatMap((item) => item.files.filter((f) => helps.includes(f.role)).map((f) => ({ ...f, item: item.page, kind: item.kind })));
  const paths = new Set(wanted.map((f) => f.url));
  const { quota = Infinity, usage = 0 } = await navigator.storage?.estimate?.() ?? {};
  const bound = Math.min(list.bound, total() + 0.8 * Math.max(0, quota - usage));
  let listed = 0;
  for (const file of wanted) {
    listed += file.size;
    if (listed > bound) break;   // what is needed first is here
    if (files.has(file.url)) continue;
    // The oldest of what is not asked for any more makes room.
    for (const old of oldest().filter((p) => !paths.has(p))) {
      if (total() + file.size <= bound) break;
      await inTurn(() => lost() || drop(old));
    }
    if (lost() || !await fetchFile(cache, file, list.per_second, lost)) return false;
    tell(true);
  }
  return true;
}

/** Fetches a file piece by piece; one that was cut goes on where it was. */
async function fetchFile(cache, file, rate, lost) {
  let mime = "";
  for (let n = 0; n * PIECE < file.size; n++) {
    const key = `${file.url}?${n}`;
    const here = await cache.match(key);
    if (here) { mime = here.headers.get("Content-Type"); continue; }
    const from = n * PIECE, to = Math.min(file.size, from + PIECE) - 1, began = Date.now();
    const answer = await fetch(file.url, { headers: { Range: `bytes=${from}-${to}` }, priority: "low" });
    if (answer.status !== 206) return false; // the network is full, or it is gone: later
    mime = answer.headers.get("Content-Type");
    const bytes = await answer.arrayBuffer();
    if (lost() || bytes.byteLength !== to - from + 1) return false;
    await cache.put(key, new Response(bytes, { headers: { "Content-Type": mime } }));
    if (lost()) return false;
    await new Promise((done) => setTimeout(done, began + (1000 * bytes.byteLength) / rate - Date.now()));
  }
  return inTurn(async () => {
    if (lost()) return false;
    files.set(file.url, { size: file.size, mime, item: file.item, kind: file.role === "main" || file.role === "rendition" ? file.kind : "", at: Date.now() });
    await cache.put("/files", Response.json([...files]));
    return true;
  });
}

const total = () => [...files.values()].reduce((sum, f) => sum + f.size, 0);
const oldest = () => [...files.keys()].sort((a, b) => files.get(a).at - files.get(b).at);

async function drop(path) {
  const cache = await caches.open(OF + who), { size } = files.get(path);
  files.delete(path);
  joined.delete(path);
  // First what takes room: a full tablet could not write.
  for (let n = 0; n * PIECE < size; n++) await cache.delete(`${path}?${n}`);
  await cache.put("/files", Response.json([...files]));
}

/** Makes room for what a pupil did. */
async function room() {
  const had = total();
  for (const path of oldest()) {
    await drop(path).catch(() => {});
    if (had - total() >= PIECE) break;
  }
}

/** Tells the open pages what is kept; looked: as it was found just now, which
 *  may be less than should be. */
async function tell(looked = false) {
  const kinds = [...files.values()].map((f) => f.kind);
  const word = { t: "kept", looked, who, films: kinds.filter((k) => k === "film").length, papers: kinds.filter((k) => k === "paper").length, bytes: total() };
  for (const client of await clients.matchAll()) client.postMessage(word);
}
