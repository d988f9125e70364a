"""The comparison as one HTML file that needs nothing else: table, plots (SVG), verdict and every answer."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from assistant.compare import metrics, report
from assistant.compare.results import Results
from assistant.compare.table import Line, Table, shown
from assistant.compare.verdict import sentences

COLOURS = ("#1b6ca8", "#c8553d", "#3a7d44", "#8a4fa0", "#b8860b", "#444444")
_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; color: #222;
       background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #ddd; text-align: left; vertical-align: top; }
td.n, th.n { text-align: right; white-space: nowrap; } td.dim, .dim { color: #666; }
.better { color: #1a7f37; } .worse { color: #b42318; } .wrong { background: #fdf0ee; } .right { background: #eef7f0; }
.silent { color: #666; font-style: italic; } .plots { display: flex; flex-wrap: wrap; gap: 1rem; }
.plots svg { flex: 1 1 30rem; min-width: 0; max-width: 42rem; height: auto; } details { margin-top: 1rem; }
.wide { overflow-x: auto; }
"""


def html(results: Results, table: Table) -> str:
    title = escape(report.heading(results))
    parts = [f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
             '<meta name="viewport" content="width=device-width, initial-scale=1">'
             f"<style>{_STYLE}</style></head><body>", f"<h1>{title}</h1>", _about(results),
             "<h2>Verdict</h2>", *[f"<p>{escape(str(sentence))}</p>" for sentence in sentences(table, results)],
             "<h2>Table</h2>", _table(table), f'<p class="dim">{escape(report.legend(table))}</p>',
             *[f"<p><b>{escape(name)}</b> is left out: {escape(reason)}</p>" for name, reason in results.left_out.items()],
             *[f'<p class="dim">Note: {escape(note)}.</p>' for note in results.notes],
             "<h2>Plots</h2>", f'<div class="plots">{"".join(plots(results, table))}</div>',
             "<h2>Every answer</h2>", _answers(results, table), "</body></html>\n"]
    return "\n".join(parts)


def _about(results: Results) -> str:
    machine = results.header.machine
    engines = "; ".join(f"{arm}: {engine}" for arm in results.arms if (engine := results.ends[arm].get("engine")))
    return (f'<p class="dim">{escape(results.header.made)}; {escape(str(machine.get("cpu", "")))}, '
            f'{machine.get("cores", "?")} cores; {escape(engines)}</p>')


def _table(table: Table) -> str:
    head = "".join(f'<th class="n">{escape(arm)}</th>' for arm in table.arms)
    rows = [f'<tr><th class="n"></th><th></th><th class="n">n</th>{head}</tr>']
    for line in table.lines:
        cells = "".join(_cell(line, arm) for arm in table.arms)
        rows.append(f'<tr id="line-{line.number}"><td class="n dim">{line.number}</td><td>{escape(line.name)}</td>'
                    f'<td class="n dim">{line.n or ""}</td>{cells}</tr>')
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _cell(line: Line, arm: str) -> str:
    sign = report.mark(line, arm)
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
        notes = "".join(f'<br><span class="dim">{escape(text)}</span>' for text in (
            f"heard: {heard}" if heard is not None else "", f"base model: {label}" if label else "") if text)
        cells = []
        for arm in table.arms:
            score = results.scores[arm][question.id]
            style = ("" if question not in results.checkable else "silent" if score.abstained and not score.correct
                     else "right" if score.correct else "wrong")
            extra = f"{score.confidence:.2f}" if not score.abstained else ""
            extra += f", style {score.style:.2f}" if score.style is not None else ""
            cells.append(f'<td class="{style}">{escape(results.answers[arm][question.id]["text"])}'
                         f' <span class="dim">{extra}</span></td>')
        rows.append(f"<tr><td>{escape(question.text)}{notes}</td><td>{escape(' / '.join(question.answers) or '(none)')}</td>"
                    f"{''.join(cells)}</tr>")
    return f'<details><summary>{len(results.questions)} questions</summary><div class="wide"><table>{"".join(rows)}' \
           "</table></div></details>"


# ---- plots ----------------------------------------------------------------------------------------------------------


def plots(results: Results, table: Table) -> list[str]:
    """SVG pictures: shares with their intervals, accuracy against answer rate, time to the first word."""
    shares = [line for line in table.lines if line.unit == "%" and line.n]
    found = [bars("What share of the questions", shares, table.arms, 100, "%")] if shares else []
    found.append(_curves(results, table))
    seconds = [line for line in table.lines if line.key in ("first_word", "spoken", "cpu", "gpu")]
    most = max((cell.high for line in seconds for cell in line.cells.values() if cell is not None), default=1.0)
    if seconds:
        found.append(bars("Seconds", seconds, table.arms, _nice(most), "s"))
    return found


def _nice(value: float) -> float:
    return next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, value or 1) if step >= value)


def bars(title: str, lines: Sequence[Line], arms: Sequence[str], most: float, unit: str) -> str:
    """A dot with its interval for each line and arm, from 0 to ``most``."""
    left, right, top, gap = 300, 660, 52, 14
    factor = 100 if unit == "%" else 1
    step = gap * len(arms) + 10
    height = top + step * len(lines) + 30

    def x(value: float) -> float:
        return left + min(max(value, 0.0), most) / most * (right - left - 34)

    parts = [_svg(right, height), f'<text x="10" y="18" font-weight="bold">{escape(title)}</text>', _key(arms, 10, 36)]
    for quarter in range(5):
        value = most * quarter / 4
        parts.append(f'<line x1="{x(value):.1f}" x2="{x(value):.1f}" y1="{top - 6}" y2="{height - 26}" stroke="#e4e4e4"/>'
                     f'<text x="{x(value):.1f}" y="{height - 10}" text-anchor="middle" fill="#666">{value:g} {unit}</text>')
    for number, line in enumerate(lines):
        y = top + number * step + gap / 2
        parts.append(f'<text x="{left - 8}" y="{y + (len(arms) - 1) * gap / 2 + 4:.1f}" text-anchor="end">'
                     f"{escape(_short(f'{line.number} {line.name.strip()}'))}</text>")
        for place, arm in enumerate(arms):
            cell, colour = line.cells[arm], COLOURS[place % len(COLOURS)]
            at = y + place * gap
            if cell is None:
                continue
            parts.append(f'<line x1="{x(factor * cell.low):.1f}" x2="{x(factor * cell.high):.1f}" y1="{at}" y2="{at}" '
                         f'stroke="{colour}" stroke-width="2" stroke-opacity="0.55"/>'
                         f'<circle cx="{x(factor * cell.mean):.1f}" cy="{at}" r="4" fill="{colour}"/>')
    return "".join([*parts, "</svg>"])


def _short(text: str) -> str:
    return text if len(text) <= 48 else f"{text[:46]}…"


def _curves(results: Results, table: Table) -> str:
    width, height, left, top, bottom = 640, 400, 60, 56, 46

    def x(rate: float) -> float:
        return left + rate * (width - left - 20)

    def y(accuracy: float) -> float:
        return height - bottom - accuracy * (height - top - bottom)

    parts = [_svg(width, height), '<text x="10" y="18" font-weight="bold">Accuracy of what is answered, when only the '
             "surest answers are given</text>", _key(table.arms, 10, 36)]
    for fifth in range(6):
        value = fifth / 5
        parts.append(f'<line x1="{x(0)}" x2="{x(1)}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e4e4e4"/>'
                     f'<text x="{x(0) - 8}" y="{y(value) + 4:.1f}" text-anchor="end" fill="#666">{value:.0%}</text>'
                     f'<text x="{x(value):.1f}" y="{y(0) + 18:.1f}" text-anchor="middle" fill="#666">{value:.0%}</text>')
    for place, arm in enumerate(table.arms):
        points = metrics.curve(report.counted(results, arm))
        line = " ".join(f"{x(point.rate):.1f},{y(point.accuracy):.1f}" for point in points)
        colour = COLOURS[place % len(COLOURS)]
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if points:
            parts.append(f'<circle cx="{x(points[-1].rate):.1f}" cy="{y(points[-1].accuracy):.1f}" r="4" fill="{colour}"/>')
    parts.append(f'<text x="{x(0.5):.1f}" y="{height - 8}" text-anchor="middle">share of the questions answered (the dot: '
                 "all that the arm answers by itself)</text></svg>")
    return "".join(parts)


def _svg(width: int, height: float) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:.0f}" font-family="sans-serif" '
            f'font-size="12" role="img"><rect width="{width}" height="{height:.0f}" fill="white"/>')


def _key(arms: Sequence[str], x: float, y: float) -> str:
    parts = []
    for place, arm in enumerate(arms):
        parts.append(f'<circle cx="{x + 5:.0f}" cy="{y - 4}" r="5" fill="{COLOURS[place % len(COLOURS)]}"/>'
                     f'<text x="{x + 14:.0f}" y="{y}">{escape(arm)}</text>')
        x += 34 + 7.5 * len(arm)
    return "".join(parts)
