/* Runs before the first paint (a classic script, on purpose), so that a remembered theme does
   not flash. `theme-switch.js` changes it. */
try {
  const theme = localStorage.getItem("vivavoce.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is forbidden here: the system's theme it is.
}
