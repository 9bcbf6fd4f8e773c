"""The result of tests/bench/fib as a table of text and as a plot (SVG)."""

# Title, row, key, and which of the row's sizes: the smaller (0) or the whole (-1).
COLUMNS = (('all in FIB s', 'load', 'wall_s', -1), ('CPU s', 'load', 'cpu_s', -1),
           ('PSS MB', 'load', 'pss_mb', -1), ('peak RSS MB', 'load', 'peak_rss_mb', -1),
           ('first ms', 'load', 'first_ms', -1), ('operations ~', 'load', 'operations_about', -1),
           ('repaired ms, N/10', 'lose', 'last_repaired_ms', 0),
           ('messages, N/10', 'lose', 'messages', 0),
           ('repaired ms', 'lose', 'last_repaired_ms', -1), ('messages', 'lose', 'messages', -1),
           ('churn /s', 'churn', 'changes_per_s', -1), ('withdraw CPU s', 'withdraw', 'cpu_s', -1))
PLOTTED = ('CPU s', 'PSS MB', 'repaired ms', 'churn /s', 'withdraw CPU s')
COLOURS = {'floor': '#888888', 'bgpd-lite': '#1b7837', 'bird': '#2166ac', 'frr': '#b2182b'}
BAR, GAP, LEFT, WIDTH = 16, 34, 120, 420


def value(out, name, column):
    """None: not measured, or not brought to its end."""
    _, row, key, size = column
    rounds = out['results'].get(name, {}).get(row, ())
    wanted = out['prefixes'] if size else out['prefixes'] // 10
    found = [r for r in rounds if r.get('prefixes') == wanted and r['whole']]
    return found[-1].get(key) if found else None


def text(out):
    """One line a speaker, as markdown."""
    lines = [f'{out["prefixes"]} IPv4 prefixes from each of 2 gateways, ECMP',
             '| | ' + ' | '.join(c[0] for c in COLUMNS) + ' |', '|---' * (len(COLUMNS) + 1) + '|']
    for name in out['results']:
        cells = ['' if (v := value(out, name, c)) is None else str(v) for c in COLUMNS]
        lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines)


def bar(y, name, number, high):
    length = WIDTH * number / high
    return (f'<text x="{LEFT - 6}" y="{y + 12}" text-anchor="end">{name}</text>'
            f'<rect x="{LEFT}" y="{y}" width="{length:.1f}" height="{BAR - 3}" fill="{COLOURS[name]}"/>'
            f'<text x="{LEFT + length + 5:.0f}" y="{y + 12}">{number:.10g}</text>')


def svg(out):
    parts, y = [], 34
    for column in COLUMNS:
        if column[0] not in PLOTTED:
            continue
        numbers = {n: v for n in out['results'] if (v := value(out, n, column)) is not None}
        if not any(numbers.values()):
            continue
        parts.append(f'<text x="{LEFT}" y="{y + 10}" font-weight="bold">{column[0]}</text>')
        y += BAR
        for name, number in numbers.items():
            parts.append(bar(y, name, number, max(numbers.values())))
            y += BAR
        y += GAP - BAR
    title = f'{out["prefixes"]} IPv4 prefixes from each of 2 gateways, ECMP'
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 120}" height="{y}" '
            'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>\n'
            f'<text x="10" y="18" font-weight="bold">{title}</text>\n' + '\n'.join(parts) + '\n</svg>\n')
