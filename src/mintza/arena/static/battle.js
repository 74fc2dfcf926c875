// One battle in the browser: asks, shows both answers as they come, saves the vote. It sends prompts and votes, never answers.
"use strict";
(() => {
  const root = document.getElementById("battle");
  if (!root) return;
  const by = (id) => document.getElementById(id);
  const said = JSON.parse(root.dataset.said);
  const csrf = document.querySelector("meta[name=csrf]").content;
  let token = root.dataset.token;
  let state = JSON.parse(root.dataset.state);
  let source = null;
  let current = null;
  let key = null;
  let keyed = null;

  const show = (id, visible) => { by(id).hidden = !visible; };
  const status = (text) => { by("status").textContent = text; };
  const problem = (text) => { by("problem").textContent = text || ""; show("problem", Boolean(text)); };

  // A request that is safe to send again: what was lost on the way is sent again, and the server knows it.
  async function send(path, body, tries = 3) {
    for (let attempt = 1; ; attempt += 1) {
      let reply;
      try {
        reply = await fetch(path, {
          method: "POST",
          headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
          body: JSON.stringify(body),
        });
      } catch (error) {
        if (attempt >= tries) throw new Error("offline");
        await new Promise((resume) => setTimeout(resume, 600 * attempt));
        continue;
      }
      let value = {};
      try { value = await reply.json(); } catch (error) { /* an empty answer of a proxy */ }
      if (reply.ok) return value;
      if (reply.status === 401) { window.location.assign("/login"); }
      throw Object.assign(new Error(value.error || "server_error"), { told: value.message });
    }
  }

  // The field that had the focus is gone from the page now: the focus goes on where reading does, and Tab from there.
  const reach = (element) => {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "start" });
  };

  function section(number, prompt) {
    const there = document.querySelector(`.turn[data-number="${number}"]`);
    if (there) return there;
    const made = by("turn-template").content.firstElementChild.cloneNode(true);
    made.dataset.number = number;
    made.setAttribute("aria-label", said.turn.replace("{number}", number));
    made.querySelector(".prompt").textContent = prompt;
    by("turns").append(made);
    return made;
  }

  const answer = (side) => current.querySelector(`[data-side="${side}"] .answer`);

  const cut = (side, whether) => { current.querySelector(`[data-side="${side}"] .cut`).hidden = !whether; };

  function watch(number, prompt) {
    current = section(number, prompt);
    for (const side of ["a", "b"]) {
      answer(side).textContent = "";
      answer(side).classList.add("writing");
      answer(side).setAttribute("aria-busy", "true");
      cut(side, false);
    }
    state = { turn: number, state: "running" };
    draw();
    status(said.asking);
    if (source) source.close();
    source = new EventSource(`/api/battles/${token}/turns/${number}/events`);
    source.addEventListener("piece", (event) => {
      const piece = JSON.parse(event.data);
      answer("a").append(piece.a);
      answer("b").append(piece.b);
    });
    source.addEventListener("reset", (event) => { answer(JSON.parse(event.data).side).textContent = ""; });
    source.addEventListener("failure", (event) => {
      const failure = JSON.parse(event.data);
      source.close();
      done({ ...state, state: "failed", retry: true });
      problem(failure.message);
    });
    source.addEventListener("over", (event) => {
      const over = JSON.parse(event.data);
      source.close();
      for (const side of ["a", "b"]) {
        answer(side).innerHTML = over[side];
        cut(side, over.cut.includes(side));
      }
      done(over);
    });
    source.onerror = () => { if (source.readyState !== EventSource.CLOSED) status(said.lost); else { done({ ...state, state: "interrupted", retry: true }); } };
    source.onopen = () => status(said.asking);
  }

  function done(next) {
    for (const side of ["a", "b"]) {
      answer(side).classList.remove("writing");
      answer(side).removeAttribute("aria-busy");
    }
    state = next;
    draw();
    status(said[state.state] || "");
  }

  function draw() {
    const running = state && state.state === "running";
    show("running", running);
    show("again", Boolean(state) && !running && state.state !== "complete" && !state.voted);
    show("retry", Boolean(state) && Boolean(state.retry));
    show("judge", Boolean(state) && Boolean(state.votable));
    show("composer", !state || Boolean(state.more));
    show("report", Boolean(state));
    show("thanks", Boolean(state) && Boolean(state.voted));
    if (state && by("examples")) show("examples", false);
    if (state) { by("prompt-label").textContent = said.more; by("prompt").rows = 2; }
  }

  by("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const prompt = by("prompt").value;
    if (!prompt.trim()) return;
    by("send").disabled = true;
    problem("");
    // Another prompt is another request, though the answer to the first was lost.
    if (prompt !== keyed) key = null;
    keyed = prompt;
    key = key || Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");
    try {
      const told = token
        ? await send(`/api/battles/${token}/turns`, { prompt, number: state.turn + 1 })
        : await send("/api/battles", { prompt, key });
      if (!token) { token = told.battle; history.replaceState(null, "", `/battle/${token}`); }
      by("prompt").value = "";
      watch(told.turn, prompt);
      reach(current);
    } catch (error) {
      problem(error.told || said.unsent);
    } finally {
      by("send").disabled = false;
    }
  });

  by("prompt").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) by("composer").requestSubmit();
  });

  if (by("examples")) {
    by("examples").addEventListener("click", (event) => {
      const chosen = event.target.closest(".example");
      if (!chosen) return;
      by("prompt").value = chosen.textContent;
      by("prompt").focus();
    });
  }

  by("stop").addEventListener("click", () => send(`/api/battles/${token}/stop`, {}).catch(() => problem(said.unsent)));

  by("retry").addEventListener("click", async () => {
    problem("");
    by("retry").disabled = true;
    try {
      const told = await send(`/api/battles/${token}/retry`, {}, 1);
      watch(told.turn, "");
      reach(current);
    } catch (error) {
      problem(error.told || said.unsent);
    } finally {
      by("retry").disabled = false;
    }
  });

  function reveal(models) {
    if (!models) return;
    by("revealed-a").textContent = models.a;
    by("revealed-b").textContent = models.b;
    show("revealed", true);
  }

  const judge = by("judge");
  const value = (name) => { const box = judge.elements[name]; return box ? box.value : ""; };
  const apart = () => ["ab", "ba"].includes(value("content") + value("language"));

  judge.addEventListener("change", () => {
    show("overall", apart());
    for (const box of judge.querySelectorAll("input[name=overall]")) {
      box.required = apart();
      if (!apart()) box.checked = false;
    }
  });
  for (const box of judge.querySelectorAll("input[name=overall]")) box.required = false;

  judge.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = judge.querySelector("button");
    button.disabled = true;
    problem("");
    status(said.saving);
    const cast = {
      content: value("content"),
      language: value("language"),
      overall: apart() ? value("overall") : null,
      both_bad: Boolean(by("both_bad") && by("both_bad").checked),
      reason: by("reason") ? by("reason").value : null,
    };
    try {
      const told = await send(`/api/battles/${token}/vote`, cast, 5);
      state = { ...state, votable: false, voted: true, more: false, retry: false };
      draw();
      status(said.saved);
      reveal(told.models);
      by("thanks").focus();
    } catch (error) {
      status("");
      problem(error.told || said.offline);
    } finally {
      button.disabled = false;
    }
  });

  by("report-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      await send(`/api/battles/${token}/report`, { kind: by("kind").value, note: by("note").value }, 1);
      status(said.thanks);
      by("note").value = "";
      by("report").open = false;
    } catch (error) {
      problem(error.told || said.unsent);
    }
  });

  // Until now nothing could be sent: a form without its script would put what was written into an address.
  for (const button of root.querySelectorAll("#composer button, #report-form button")) button.disabled = false;
  draw();
  if (state && state.voted) reveal(state.models);
  if (state && state.state === "running") watch(state.turn, "");
  else if (state && state.state !== "complete") status(said[state.state] || "");
})();
