"use strict";
// Single keys for what the buttons do already. Without this script every form still works.
(() => {
  const $ = (id) => document.getElementById(id);
  document.documentElement.classList.add("scripted");

  // A region that is filled after the page is there is read aloud; one that came filled is not.
  const status = $("status");
  if (status && status.dataset.said) {
    status.textContent = "";
    setTimeout(() => { status.textContent = status.dataset.said; }, 150);
  }
  // The words of the last decision are not said again on reload.
  if (location.search.includes("done=")) {
    const query = new URLSearchParams(location.search);
    query.delete("done");
    history.replaceState(null, "", location.pathname + (query.size ? "?" + query : ""));
  }

  const record = $("record");
  const undo = $("undo");
  let sent = false;
  for (const form of document.forms) {
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  addEventListener("pageshow", () => { sent = false; });

  // Who speaks to the machine, or leans on a key, can turn the single keys off.
  const keys = $("single");
  const switched = () => document.documentElement.classList.toggle("keyless", keys && !keys.checked);
  if (keys) {
    try { keys.checked = localStorage.getItem("mintza-single-keys") !== "off"; } catch { /* no storage: they are on */ }
    switched();
    keys.addEventListener("change", () => {
      switched();
      try { localStorage.setItem("mintza-single-keys", keys.checked ? "on" : "off"); } catch { /* for this page alone */ }
    });
  }

  const press = (button) => { if (button && !sent) button.click(); };
  if (!record) {
    addEventListener("keydown", (event) => {
      if (plain(event) && event.key.toLowerCase() === "u" && undo) press(undo.querySelector("button"));
    });
    return;
  }

  const form = $("decide"), why = $("why"), edit = $("edit"), reject = $("reject");
  const areas = [...form.querySelectorAll("textarea")];
  const first = new Map(areas.map((area) => [area, area.value]));
  let mode = "";

  const grow = (area) => { area.style.height = "auto"; area.style.height = area.scrollHeight + 4 + "px"; };
  const go = (to) => {
    mode = to;
    record.dataset.mode = to;
    why.open = to === "reject";
    for (const box of form.querySelectorAll(".mend")) box.open = to === "edit";
    edit.setAttribute("aria-expanded", String(to === "edit"));
    reject.setAttribute("aria-expanded", String(to === "reject"));
    if (to === "edit") areas.forEach(grow);
  };
  const editing = () => {
    go("edit");
    // The answer is what is mended most often, and the last of them is read last.
    const area = areas.find((each) => each.closest(".assistant")) || areas[0];
    if (area) area.focus();
  };
  const rejecting = () => { go("reject"); why.querySelector("input").focus(); };
  const cancel = () => {
    const was = mode;
    if (was === "edit") areas.forEach((area) => { area.value = first.get(area); });
    go("");
    (was === "edit" ? edit : reject).focus();
  };

  edit.addEventListener("click", editing);
  reject.addEventListener("click", rejecting);
  for (const button of form.querySelectorAll(".cancel")) button.addEventListener("click", cancel);
  areas.forEach((area) => area.addEventListener("input", () => grow(area)));
  // Enter in a field would press the first button of the form, which accepts.
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) {
      event.preventDefault();
      if (mode === "reject") press(why.querySelector("[value=rejected]"));
    }
  });

  function plain(event) {
    return (!keys || keys.checked) && !(event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat)
      && !event.target.matches("textarea, input, select");
  }

  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && mode) { event.preventDefault(); cancel(); return; }
    if (mode === "edit") {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); press(form.querySelector("[value=edited]")); }
      return;
    }
    if (mode === "reject" && (!keys || keys.checked) && !event.ctrlKey && !event.metaKey && !event.altKey && event.target.id !== "note") {
      const reason = why.querySelectorAll("[type=radio]")[Number(event.key) - 1];
      if (reason && /^[1-9]$/.test(event.key)) { event.preventDefault(); reason.checked = true; reason.focus(); }
      return;
    }
    if (!plain(event)) return;
    const does = {
      a: () => press(form.querySelector("[value=accepted]")),
      e: editing,
      r: rejecting,
      s: () => press(form.querySelector("[value=skipped]")),
      u: () => press(form.querySelector("button[form=undo]")),
    }[event.key.toLowerCase()];
    if (does) { event.preventDefault(); does(); }
  });

  addEventListener("beforeunload", (event) => {
    if (!sent && mode === "edit" && areas.some((area) => area.value !== first.get(area))) event.preventDefault();
  });

  go(record.dataset.open);
  if (mode === "edit") editing();
  if (mode === "reject") rejecting();
})();
