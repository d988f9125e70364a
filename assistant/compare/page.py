"""The comparison as one HTML file that needs nothing else: table, plots (SVG), verdict and every answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from assistant.compare import metrics
from assistant.compare.results import Results
from assistant.compare.table import Line, Table, shown
from assistant.compare.verdict import sentences

COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#8a4fa0", "#b8860b", "#444444")
_WIDTH = 480  # of a picture: its letters are as large as the page's on a desktop, and can be read on a phone
_OVER_LINES = 'stroke="white" stroke-width="4" paint-order="stroke"'  # so that the grid does not cross the letters
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222;
       background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; } td.dim, .dim { color: #666; }
.better { color: #1a7f37; } .worse { color: #b42318; } .wrong { background: #fdf0ee; } .right { background: #eef7f0; }
.silent { color: #666; font-style: italic; } details { margin-top: 1rem; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem 2rem; align-items: flex-start; }
.plots > div { flex: 1 1 20rem; max-width: 32rem; } .plots svg { width: 100%; height: auto; display: block; }
.plots > div > svg + svg { margin-top: 1.5rem; }
.wide { overflow-x: auto; } .name { min-width: 11rem; } .answers td { min-width: 9rem; }
@media (max-width: 45rem) { table { font-size: 12px; } th, td { padding: .2rem; } .name { min-width: 5.5rem; }
  td.n { white-space: normal; } td.n:not(.dim) { min-width: 3.4rem; } }
"""


def html(results: Results, table: Table) -> str:
    title = escape(results.heading)
    parts = [
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        _about(results),
        "<h2>Verdict</h2>",
        *[f"<p>{escape(str(sentence))}</p>" for sentence in sentences(table, results)],
        "<h2>Table</h2>",
        _table(table),
        f'<p class="dim">{escape(table.legend())}</p>',
        *[f"<p><b>{escape(name)}</b> is left out: {escape(reason)}</p>" for name, reason in results.left_out.items()],
        *[f'<p class="dim">Note: {escape(note)}.</p>' for note in results.notes],
        "<h2>Plots</h2>",
        _plots(results, table),
        "<h2>Every answer</h2>",
        _answers(results, table),
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _about(results: Results) -> str:
    machine = results.header.machine
    engines = "; ".join(f"{arm}: {engine}" for arm in results.arms if (engine := results.ends[arm].get("engine")))
    return (
        f'<p class="dim">{escape(results.header.made)}; {escape(str(machine.get("cpu", "")))}, '
        f"{machine.get('cores', '?')} cores; {escape(engines)}</p>"
    )


def _table(table: Table) -> str:
    head = "".join(f'<th class="n">{escape(arm)}</th>' for arm in table.arms)
    rows = [f'<tr><th class="n"></th><th></th><th class="n">n</th>{head}</tr>']
    for line in table.lines:
        cells = "".join(_cell(line, arm) for arm in table.arms)
        rows.append(
            f'<tr id="line-{line.number}"><td class="n dim">{line.number}</td><td class="name">{escape(line.name)}</td>'
            f'<td class="n dim">{line.n or ""}</td>{cells}</tr>'
        )
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _cell(line: Line, arm: str) -> str:
    sign = line.mark(arm)
    colour = {"▲": " better", "▼": " worse"}.get(sign, "")
    difference = line.differences.get(arm)
    hint = f' title="minus the first arm: {escape(shown(difference, line.unit, signed=True))}"' if difference else ""
    return f'<td class="n{colour}"{hint}>{escape(shown(line.cells[arm], line.unit))} {sign}</td>'


def _answers(results: Results, table: Table) -> str:
    head = "".join(f"<th>{escape(arm)}</th>" for arm in table.arms)
    rows = [f"<tr><th>question</th><th>reference</th>{head}</tr>"]
    for question in results.questions:
        heard = results.heard.get(question.id, {}).get("text")
        label = results.labels.get(question.id)
        notes = "".join(
            f'<br><span class="dim">{escape(text)}</span>'
            for text in (f"heard: {heard}" if heard is not None else "", f"base model: {label}" if label else "")
            if text
        )
        cells = []
        for arm in table.arms:
            score = results.scores[arm][question.id]
            style = (
                ""
                if question not in results.checkable
                else "silent"
                if score.abstained and not score.correct
                else "right"
                if score.correct
                else "wrong"
            )
            extra = f"{score.confidence:.2f}" if not score.abstained else ""
            extra += f", style {score.style:.2f}" if score.style is not None else ""
            cells.append(
                f'<td class="{style}">{escape(results.answers[arm][question.id]["text"])}'
                f' <span class="dim">{extra}</span></td>'
            )
        rows.append(
            f"<tr><td>{escape(question.text)}{notes}</td><td>{escape(' / '.join(question.answers) or '(none)')}</td>"
            f"{''.join(cells)}</tr>"
        )
    return (
        f"<details><summary>{len(results.questions)} questions</summary>"
        f'<div class="wide"><table class="answers">{"".join(rows)}</table></div></details>'
    )


# ---- plots ----------------------------------------------------------------------------------------------------------


def plots(results: Results, table: Table) -> list[str]:
    """SVG pictures: shares with their intervals, accuracy against answer rate, times (each on an axis of its own)."""
    shares = [line for line in table.lines if line.unit == "%" and line.n > 1]
    found = [bars("What share of the questions", shares, table.arms, 100, "%")] if shares else []
    found.append(_curves(results, table))
    for line in table.lines:
        if line.key in ("first_word", "spoken", "cpu", "gpu") and line.n > 1:
            most = max((cell.high for cell in line.intervals.values()), default=1.0)
            found.append(bars("", [line], table.arms, _nice(most), "s"))
    return found


def _plots(results: Results, table: Table) -> str:
    """In two columns: the first picture is as high as all others together."""
    first, *others = plots(results, table)
    return f'<div class="plots"><div>{first}</div><div>{"".join(others)}</div></div>'


def _nice(value: float) -> float:
    return next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, value or 1) if step >= value)


def bars(title: str, lines: Sequence[Line], arms: Sequence[str], most: float, unit: str) -> str:
    """A dot with its interval for each line and arm, from 0 to ``most``; each line's name stands above its dots."""
    left, right, gap, name = 12, _WIDTH - 28, 15, 26
    factor = 100 if unit == "%" else 1
    head, top = _head(title, arms)
    step = name + gap * len(arms) + 8
    bottom = top + step * len(lines)

    def x(value: float) -> float:
        return left + min(max(value, 0.0), most) / most * (right - left)

    parts = [_svg(bottom + 24), head]
    for fifth in range(6):
        value = most * fifth / 5
        parts.append(
            f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top}" y2="{bottom}" stroke="#e4e4e4"/>'
            f'<text x="{x(value):.1f}" y="{bottom + 18}" text-anchor="middle" fill="#666">{value:g} {unit}</text>'
        )
    for number, line in enumerate(lines):
        y = top + number * step
        parts.append(
            f'<text x="{left - 8}" y="{y + 18}" {_OVER_LINES}>'
            f"{escape(_short(f'{line.number} {line.name.strip()}'))}</text>"
        )
        for place, arm in enumerate(arms):
            cell, colour = line.intervals.get(arm), COLOURS[place % len(COLOURS)]
            at = y + name + (place + 0.5) * gap
            if cell is None:
                continue
            parts.append(
                f'<line x1="{x(factor * cell.low):.1f}" x2="{x(factor * cell.high):.1f}" y1="{at}" y2="{at}" '
                f'stroke="{colour}" stroke-width="2.5" stroke-opacity="0.55"/>'
                f'<circle cx="{x(factor * cell.mean):.1f}" cy="{at}" r="4.5" fill="{colour}"/>'
            )
    return "".join([*parts, "</svg>"])


def _short(text: str) -> str:
    return text if len(text) <= 64 else f"{text[:62]}…"


def _curves(results: Results, table: Table) -> str:
    head, top = _head("Accuracy, when only the surest answers are given", table.arms)
    left, right, bottom = 60, _WIDTH - 28, top + 280

    def x(rate: float) -> float:
        return left + rate * (right - left)

    def y(accuracy: float) -> float:
        return bottom - accuracy * (bottom - top - 10)

    parts = [_svg(bottom + 62), head]
    for fifth in range(6):
        value = fifth / 5
        parts.append(
            f'<line x1="{x(0)}" x2="{x(1)}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e4e4e4"/>'
            f'<text x="{x(0) - 8}" y="{y(value) + 5:.1f}" text-anchor="end" fill="#666">{100 * value:.0f} %</text>'
            f'<text x="{x(value):.1f}" y="{bottom + 20}" text-anchor="middle" fill="#666">{100 * value:.0f} %</text>'
        )
    for place, arm in enumerate(table.arms):
        points = metrics.curve(results.counted(arm))
        line = " ".join(f"{x(point.rate):.1f},{y(point.accuracy):.1f}" for point in points)
        colour = COLOURS[place % len(COLOURS)]
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if points:
            parts.append(
                f'<circle cx="{x(points[-1].rate):.1f}" cy="{y(points[-1].accuracy):.1f}" r="4.5" fill="{colour}"/>'
            )
    parts += [
        f'<text x="{x(0.5):.1f}" y="{bottom + 20 * number}" text-anchor="middle">{text}</text>'
        for number, text in (
            (2, "share of the questions answered"),
            (3, "(the dot: all that the arm answers by itself)"),
        )
    ]
    return "".join([*parts, "</svg>"])


def _svg(height: float) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" '
        'font-family="system-ui, sans-serif" font-size="14" fill="#222" role="img">'
        f'<rect width="{_WIDTH}" height="{height:.0f}" fill="white"/>'
    )


def _head(title: str, arms: Sequence[str]) -> tuple[str, int]:
    """The title, the arms' colours in as many lines as they need, and where the picture itself begins."""
    parts = [f'<text x="4" y="18" font-weight="bold">{escape(title)}</text>'] if title else []
    x, y = 4, 42 if title else 18
    for place, arm in enumerate(arms):
        width = 36 + 9 * len(arm)
        if place and x + width > _WIDTH:
            x, y = 4, y + 20
        parts.append(
            f'<circle cx="{x + 5}" cy="{y - 5}" r="5" fill="{COLOURS[place % len(COLOURS)]}"/>'
            f'<text x="{x + 15}" y="{y}">{escape(arm)}</text>'
        )
        x += width
    return "".join(parts), y + 12
