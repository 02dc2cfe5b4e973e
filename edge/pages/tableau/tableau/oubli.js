// A board that is released keeps nothing: neither what this box wrote into its
// browser nor a cookie. Over HTTPS the box's answer empties the browser as well.

const drop = (name) => new Promise((done) => {
  const request = indexedDB.deleteDatabase(name);
  request.onsuccess = request.onerror = request.onblocked = done; // what is open goes when its page does
});

/** Wipes; away() is called while the box cannot be told. */
export async function wipe(away) {
  const each = async (list, act) => { try { await Promise.all((await list()).map(act)); } catch { /* not in this browser, or not over HTTP */ } };
  await each(async () => (await navigator.serviceWorker?.getRegistrations()) ?? [], (r) => r.unregister());
  await each(async () => (await globalThis.caches?.keys()) ?? [], (key) => caches.delete(key));
  await each(async () => (await indexedDB.databases?.()) ?? [], (db) => drop(db.name));
  for (const store of ["localStorage", "sessionStorage"]) { try { globalThis[store].clear(); } catch { /* forbidden: nothing is in it */ } }
  for (;;) { // the cookie is the box's to take back
    try { if ((await fetch("/live/forget", { method: "POST" })).ok) return; } catch { /* the box is away */ }
    away();
    await new Promise((then) => setTimeout(then, 2000));
  }
}
