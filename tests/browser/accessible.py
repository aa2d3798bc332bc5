"""What a page does wrong that a program can find."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "vendors" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) =>
    `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" ")}`);
}"""
WIDER_THAN_THE_SCREEN = """[...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 0.5)
  .map((e) => e.outerHTML.slice(0, 120))"""


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with it now."""
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN)
    return found
