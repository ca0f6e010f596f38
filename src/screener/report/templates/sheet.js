"use strict";
// Saves a filled chart review as a file, as `screen --answers` takes it. Nothing leaves the page but that file.
for (const form of document.querySelectorAll("form.review")) {
  const blank = form.querySelector('script[type="application/json"]');
  if (!blank) continue;
  const all = (what) => [...form.querySelectorAll(what)];
  const groups = all("[data-group]:not([data-item], [data-onset])");
  // Needed for inclusion is denied by its own tick only.
  const denied = groups.filter((each) => !("needed" in each.dataset));
  const every = form.querySelector("[data-every]");
  for (const each of all(".save, .every")) each.hidden = false;
  if (every) {
    every.addEventListener("change", () => denied.forEach((each) => { each.checked = every.checked; }));
    denied.forEach((each) => each.addEventListener("change", () => { every.checked = denied.every((one) => one.checked); }));
  }
  const onsetOf = (item) => form.querySelector(`[data-group="${item.dataset.group}"][data-onset="${item.dataset.item}"]`);
  for (const item of all("[data-item]")) {
    // Who writes an onset has found the thing; who takes the mark away has not.
    onsetOf(item).addEventListener("input", (event) => { if (event.target.value) item.checked = true; });
    item.addEventListener("change", () => { if (!item.checked) onsetOf(item).value = ""; });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const review = JSON.parse(blank.textContent);
    review.on = form.querySelector("[data-on]").value;
    review.by = form.querySelector("[data-by]").value.trim();
    for (const each of groups) if (each.checked) review.groups[each.dataset.group].none_of_these = true;
    for (const item of all("[data-item]")) {
      if (item.checked) review.groups[item.dataset.group].items[item.dataset.item].found = onsetOf(item).value || true;
    }
    for (const each of all("[data-entry]")) {
      const entry = review.entries[each.dataset.entry];
      if (each.value === "none") entry.none_of_these = true;
      else if (each.value) entry.is = each.value.slice("is ".length);
      if (entry.is && form.querySelector(`[data-rest="${each.dataset.entry}"]:checked`)) entry.none_of_these = true;
    }
    const name = `review ${review.patient} ${review.on}`.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 80) + ".json";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(review, null, 1) + "\n"], { type: "application/json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    form.querySelector("[data-saved]").textContent = `Saved as ${name}. To screen again: screen PATIENT --answers ${name}`;
  });
}
