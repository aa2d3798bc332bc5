/** The page `list-audio`: a recording is deleted without leaving the page. */

const trouble = document.querySelector("#trouble");

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const row = form.closest("li");
  if (!confirm(`Delete ${row.querySelector("h2").textContent} for good?`)) return;
  trouble.hidden = true;
  if (await deleted(form)) {
    (row.nextElementSibling ?? row.previousElementSibling)?.querySelector("button")?.focus();
    row.remove();
  } else {
    trouble.hidden = false;
  }
});

async function deleted(form) {
  try {
    return (await fetch(form.action, { method: "POST", body: new FormData(form) })).ok;
  } catch {
    return false; // the server is not there
  }
}
