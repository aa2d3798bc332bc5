/** Files from anywhere: dropped on the page, or chosen. */

export function acceptFiles({ veil, input, buttons, take }) {
  let depth = 0; // dragenter and dragleave come for every element on the way
  const dragsFiles = (event) => event.dataTransfer?.types.includes("Files");
  const move = (by) => {
    depth = Math.max(0, depth + by);
    veil.hidden = depth === 0;
  };
  addEventListener("dragenter", (event) => dragsFiles(event) && move(1));
  addEventListener("dragleave", (event) => dragsFiles(event) && move(-1));
  addEventListener("dragover", (event) => dragsFiles(event) && event.preventDefault());
  addEventListener("drop", (event) => {
    if (!dragsFiles(event)) return;
    event.preventDefault();
    move(-depth);
    give(event.dataTransfer.files);
  });
  input.addEventListener("change", () => {
    give(input.files);
    input.value = ""; // the same file may be chosen again
  });
  for (const button of buttons) button.addEventListener("click", () => input.click());

  function give(files) {
    if (files.length > 0) take([...files]);
  }
}
