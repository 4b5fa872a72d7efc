"""What axe finds on a page that has come to rest."""

from pathlib import Path
from typing import Any

AXE = Path(__file__).resolve().parents[2] / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


def settle(page: Any) -> None:
    """Wait until nothing is loading and two frames have passed."""
    for _ in range(2):  # what is shown when a part has come may load something in turn
        come_to_rest(page)
        page.locator("[aria-busy='true']").first.wait_for(state="detached", timeout=15_000)
    come_to_rest(page)


def come_to_rest(page: Any) -> None:
    """Wait until what moves has arrived and two frames have passed."""
    page.evaluate(
        """async () => {
            const ends = document.getAnimations().filter(one => one.effect?.getComputedTiming().endTime !== Infinity);
            await Promise.allSettled(ends.map(one => one.finished));
            await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        }"""
    )


def violations(page: Any) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA and its best practices."""
    page.evaluate(AXE.read_text())
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("rules => axe.run(document, {runOnly: rules}).then(answer => answer.violations)", rules)
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes'][:3]]}" for one in found]
