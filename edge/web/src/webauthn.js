// Passkeys as the box speaks of them. Browsers learnt to read and write their
// JSON late (2024), hence the few lines that do it here.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Known says whether this browser has passkeys at this address.
export const known = () => isSecureContext && "credentials" in navigator && "PublicKeyCredential" in globalThis;

// Refusal is an answer of the box that is not a yes.
export class Refusal extends Error {
  constructor(status, kind) { super(kind); this.status = status; this.kind = kind; }
}

// post sends to the box and reads its JSON; kind is "offline" when it is out
// of reach, else the box's own word.
export async function post(url, body, signal) {
  const json = !(body instanceof URLSearchParams);
  let resp;
  try {
    resp = await fetch(url, {
      method: "POST", signal, body: json ? JSON.stringify(body) : body,
      headers: { Accept: "application/json", ...(json && { "Content-Type": "application/json" }) },
    });
  } catch (err) {
    if (err.name === "AbortError") throw err;
    throw new Refusal(0, "offline");
  }
  const answer = await resp.json().catch(() => ({}));
  if (!resp.ok) throw new Refusal(resp.status, answer.error?.kind ?? "internal");
  return answer;
}

function sent(made) {
  const response = {};
  for (const field of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
    if (made.response[field]) response[field] = text(made.response[field]);
  return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: {} };
}

// create has the browser make what the box offered.
export async function create({ publicKey: o }) {
  const publicKey = { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) },
    excludeCredentials: (o.excludeCredentials ?? []).map((c) => ({ ...c, id: bytes(c.id) })) };
  return sent(await navigator.credentials.create({ publicKey }));
}

// get has the browser sign what the box asks; mediation "conditional" waits
// until the holder picks a key beside the name.
export async function get({ publicKey: o }, mediation, signal) {
  return sent(await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge) }, mediation, signal }));
}
