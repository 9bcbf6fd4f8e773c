"""The result of tests/bench/fib as a table of text and as a plot (SVG)."""

# Title, row, key, and which of the row's sizes: the smaller (0), the whole (-1), or the last that there is.
COLUMNS = (('all in FIB s', 'load', 'wall_s', -1), ('CPU s', 'load', 'cpu_s', -1),
           ('PSS MB', 'load', 'pss_mb', -1), ('peak RSS MB', 'load', 'peak_rss_mb', -1),
           ('first ms', 'load', 'first_ms', -1), ('operations ~', 'load', 'operations_about', -1),
           ('repaired ms, N/10', 'lose', 'last_repaired_ms', 0),
           ('messages, N/10', 'lose', 'messages', 0),
           ('repaired ms', 'lose', 'last_repaired_ms', -1), ('messages', 'lose', 'messages', -1),
           ('churn /s', 'churn', 'changes_per_s', -1), ('withdraw CPU s', 'withdraw', 'cpu_s', -1),
           ('N/100 in FIB s', 'small', 'wall_s', None), ('IPv6 in FIB s', 'ipv6', 'wall_s', None),
           ('IPv6 CPU s', 'ipv6', 'cpu_s', None), ('IPv6 PSS MB', 'ipv6', 'pss_mb', None),
           ('IPv6 repaired ms', 'ipv6 lose', 'last_repaired_ms', None),
           ('standby ms', 'standby', 'last_repaired_ms', None), ('standby messages', 'standby', 'messages', None),
           ('255 groups ms', 'groups', 'last_repaired_ms', None), ('255 groups messages', 'groups', 'messages', None))
PLOTTED = ('all in FIB s', 'CPU s', 'PSS MB', 'repaired ms', 'churn /s', 'withdraw CPU s', 'IPv6 in FIB s',
           'IPv6 repaired ms', 'standby ms', '255 groups ms')
A_TABLE = 10  # columns
COLOURS = {'floor': '#888888', 'bgpd-lite': '#1b7837', 'bird': '#2166ac', 'frr': '#b2182b'}
BAR, GAP, LEFT, WIDTH = 16, 34, 120, 420


def value(out, name, column):
    """None: not measured, or not brought to its end."""
    _, row, key, size = column
    rounds = out['results'].get(name, {}).get(row, ())
    wanted = None if size is None else out['prefixes'] if size else out['prefixes'] // 10
    found = [r for r in rounds if r['whole'] and wanted in (None, r.get('prefixes'))]
    return found[-1].get(key) if found else None


def ours(out):
    """What is measured of bgpd-lite alone, a line each."""
    rows, lines = out['results'].get('bgpd-lite', {}), []
    busy = [r for r in rows.get('busy', ()) if r['whole']]
    if busy:
        took, long = sorted(sum((r['took_ms'] for r in busy), [])), sum((r['above_5_ms'] for r in busy), [])
        lines.append(f'lost while {busy[0]["prefixes"]} load: {len(took)} gateways, p50 {took[len(took) // 2]} ms, '
                     f'p90 {took[len(took) * 9 // 10]} ms, most {took[-1]} ms; above 5 ms {len(long)}, behind a flush '
                     f'{sum(x["behind_a_flush"] for x in long)}, not by the kernel {sum(r["not_by_the_kernel"] for r in busy)}; '
                     f'the kernel deleted what was left in up to {max(sum((r["flushes_ms"] for r in busy), [0]))} ms')
    for r in rows.get('restart', ()):
        for k in r.get('kills', ()):
            lines.append(f'{k["killed"]} at {r["prefixes"]}: routes missing {k["routes_missing"]}, next hops missing '
                         f'{k["members_missing"]} in {k["samples"]} samples, messages {k["messages"]}, told again in '
                         f'{k["told_again_s"]} s')
    for r in rows.get('audit', ()):
        if r['whole']:
            lines.append(f'audit of {r["prefixes"]}: CPU s a pass {r["cpu_s_a_pass"]}, longest answer {r["answer_max_ms"]} ms')
    failed = [f'{name}: {row} did not come to its end: {r.get("error", "time")}'
              for name, by_row in out['results'].items() for row, all_of in by_row.items() for r in all_of if not r['whole']]
    return lines + failed


def text(out):
    """A line a speaker, as markdown, in tables of some columns."""
    lines = [f'{out["prefixes"]} IPv4 prefixes from each of 2 gateways, ECMP']
    there = [c for c in COLUMNS if any(value(out, name, c) is not None for name in out['results'])]
    for i in range(0, len(there), A_TABLE):
        some = there[i:i + A_TABLE]
        lines += ['', '| | ' + ' | '.join(c[0] for c in some) + ' |', '|---' * (len(some) + 1) + '|']
        for name in out['results']:
            cells = ['' if (v := value(out, name, c)) is None else str(v) for c in some]
            lines.append(f'| {name} | ' + ' | '.join(cells) + ' |')
    return '\n'.join([*lines, '', *ours(out)])


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
