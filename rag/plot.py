"""The threshold curve as an SVG file, without a plotting library."""

from __future__ import annotations

from collections.abc import Sequence

from rag.evaluate import Knows

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 400, 60, 30, 20, 50


def threshold_svg(curve: Sequence[Knows], best: Knows) -> str:
    """Share of answerable questions answered and of unanswerable ones refused, over the threshold."""

    def x(value: float) -> float:
        return _LEFT + value * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - value * (_HEIGHT - _TOP - _BOTTOM)

    def line(values: Sequence[float], colour: str) -> str:
        points = " ".join(f"{x(point.threshold):.1f},{y(value):.1f}" for point, value in zip(curve, values))
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
    ]
    for tenth in range(0, 11, 2):
        value = tenth / 10
        parts.append(f'<line x1="{x(0)}" x2="{x(1)}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{x(0) - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.0%}</text>')
        parts.append(f'<text x="{x(value):.1f}" y="{y(0) + 18}" text-anchor="middle">{value:.1f}</text>')
    parts += [
        line([point.answered for point in curve], "#1b6ca8"),
        line([point.refused for point in curve], "#c8553d"),
        f'<line x1="{x(best.threshold):.1f}" x2="{x(best.threshold):.1f}" y1="{y(0)}" y2="{y(1)}" stroke="#555" '
        'stroke-dasharray="4 3"/>',
        f'<text x="{x(best.threshold) + 6:.1f}" y="{y(0.04):.1f}">{best.threshold:.2f}: {best.answered:.0%} '
        f"answered, {best.refused:.0%} refused</text>",
        f'<text x="{x(0)}" y="18" fill="#1b6ca8">answerable questions answered</text>',
        f'<text x="{x(0.45)}" y="18" fill="#c8553d">unanswerable questions refused</text>',
        f'<text x="{x(0.5)}" y="{_HEIGHT - 12}" text-anchor="middle">confidence threshold</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
