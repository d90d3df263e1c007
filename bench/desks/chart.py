"""A bar chart as an SVG image, readable on a light and on a dark page. No library."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

WIDTH, LABELS, BAR, GAP, TOP = 760, 230, 9, 9, 62
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 14px; font-weight: 600 }
.value { font-size: 10px; fill: #59636e }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.bar0 { fill: #0969da } .bar1 { fill: #bc4c00 } .bar2 { fill: #818b98 } .bar3 { fill: #8250df }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .value { fill: #9198a1 } .grid { stroke: #3d444d }
.bar0 { fill: #4493f8 } .bar1 { fill: #db6d28 } .bar2 { fill: #9198a1 } .bar3 { fill: #ab7df8 }
}
"""


def bar_chart(
    title: str,
    groups: Sequence[tuple[str, Sequence[tuple[str, float]]]],
    series: Mapping[str, str],
) -> str:
    """Return a chart on a logarithmic scale: a group of bars for each label.

    A bar is the name of a series and its value; `series` has their titles. Values from 0 to the
    first power of ten that holds one are drawn as short as that.
    """
    values = [value for _, bars in groups for _, value in bars if value > 0] or [1]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    span = max(high - low, 1)
    plot = WIDTH - LABELS - 60

    def position(value: float) -> float:
        share = (math.log10(value) - low) / span if value > 0 else 0
        return LABELS + plot * max(share, 0.004)

    names = list(series)
    used = [name for name in names if any(name == bar for _, bars in groups for bar, _ in bars)]
    height = TOP + sum(len(bars) * BAR + GAP for _, bars in groups) + 24
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
            f' viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
        ),
        f"<style>{STYLE}</style>",
        f'<text class="title" x="8" y="20">{escape(title)}</text>',
    ]
    left = 8
    for name in used:
        parts.append(
            f'<rect class="bar{names.index(name)}" x="{left}" y="32" width="12" height="12"/>'
        )
        parts.append(f'<text x="{left + 17}" y="42">{escape(series[name])}</text>')
        left += 40 + 7 * len(series[name])
    for power in range(low, low + span + 1):
        x = position(10.0**power)
        parts.append(
            f'<line class="grid" x1="{x:.0f}" y1="{TOP - 6}" x2="{x:.0f}" y2="{height - 20}"/>'
        )
        parts.append(f'<text class="value" x="{x:.0f}" y="{height - 6}">{10.0**power:g}</text>')
    y = TOP
    for label, bars in groups:
        middle = y + len(bars) * BAR / 2 + 4
        parts.append(
            f'<text x="{LABELS - 8}" y="{middle:.0f}" text-anchor="end">{escape(label)}</text>'
        )
        for name, value in bars:
            end = position(value)
            parts.append(
                f'<rect class="bar{names.index(name)}" x="{LABELS}" y="{y}"'
                f' width="{end - LABELS:.1f}" height="{BAR - 1}"/>'
            )
            text = f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
            parts.append(f'<text class="value" x="{end + 4:.0f}" y="{y + BAR - 1}">{text}</text>')
            y += BAR
        y += GAP
    return "\n".join([*parts, "</svg>"]) + "\n"
