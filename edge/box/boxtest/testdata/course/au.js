// An AU as a publisher makes it: it fetches its token, reads its launch data
// and does the steps that its launchParameters name.
const asked = Object.fromEntries(new URLSearchParams(location.search));
const cmi5 = "https://w3id.org/xapi/cmi5/context/", adl = "http://adlnet.gov/expapi/verbs/";
let headers, data;

const address = (path, q) => asked.endpoint + path + "?" + new URLSearchParams(q);
const state = (stateId) => address("activities/state", { stateId, activityId: asked.activityId, agent: asked.actor, registration: asked.registration });

function statement(verb, result, more) {
  const context = structuredClone(data.contextTemplate);
  context.registration = asked.registration;
  context.contextActivities.category = [{ id: cmi5 + "categories/cmi5" }];
  if (result && ("success" in result || "completion" in result)) context.contextActivities.category.push({ id: cmi5 + "categories/moveon" });
  if (data.masteryScore !== undefined) context.extensions[cmi5 + "extensions/masteryscore"] = data.masteryScore;
  return { id: crypto.randomUUID ? crypto.randomUUID() : uuid(), actor: JSON.parse(asked.actor), verb: { id: adl + verb }, object: { id: asked.activityId },
    ...(result ? { result } : {}), context, timestamp: new Date().toISOString(), ...more };
}

// Without HTTPS there is no crypto.randomUUID.
function uuid() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = b[6] & 15 | 64;
  b[8] = b[8] & 63 | 128;
  const hex = [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

async function say(st) {
  const answer = await fetch(asked.endpoint + "statements", { method: "POST", headers, body: JSON.stringify(st) });
  return answer.status + " " + await answer.text();
}

// sayByForm is the alternate request syntax of xAPI 1.0.3.
async function sayByForm(st) {
  const body = new URLSearchParams({ statementId: st.id, content: JSON.stringify(st), ...headers });
  const answer = await fetch(asked.endpoint + "statements?method=PUT", { method: "POST", body });
  return answer.status + " " + await answer.text();
}

const duration = "PT2S";
const steps = {
  initialized: () => say(statement("initialized")),
  completed: () => sayByForm(statement("completed", { completion: true, duration })),
  passed: (scaled) => say(statement("passed", { success: true, duration, score: { scaled: Number(scaled) } })),
  failed: (scaled) => say(statement("failed", { success: false, duration, score: { scaled: Number(scaled) } })),
  terminated: () => say(statement("terminated", { duration })),
  back: () => { location.href = data.returnURL; },
  // tries fails the first time and passes the second: it remembers by a state.
  tries: async () => {
    const before = await fetch(state("tries"), { headers });
    if (before.status === 404) {
      await fetch(state("tries"), { method: "PUT", headers, body: '{"tries":1}' });
      return steps.failed("0.5");
    }
    await steps.completed();
    return steps.passed("0.9");
  },
};

async function run() {
  const token = await (await fetch(asked.fetch, { method: "POST" })).json();
  headers = { Authorization: "Basic " + token["auth-token"], "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json" };
  data = await (await fetch(state("LMS.LaunchData"), { headers })).json();
  const prefs = await (await fetch(address("agents/profile", { profileId: "cmi5LearnerPreferences", agent: asked.actor }), { headers })).json();
  let all = data.launchParameters;
  if (data.launchMode !== "Normal") all = "initialized terminated";
  for (const step of all.split(" ")) {
    const [name, value] = step.split(":");
    if (steps[name]) document.getElementById("says").textContent += " " + name + " " + await steps[name](value);
  }
  window.au = { token: token["auth-token"], data, prefs, say, statement, steps };
}
run().catch((err) => { document.getElementById("says").textContent = "broken: " + err; });
