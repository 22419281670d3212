"""Draw arrivals per rolling minute against the line of 30: ours and the bare limiter's. An SVG without a library."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, GAP, PANEL = 800, 420, 52, 28, 58, 58, 140
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328; }
.small { font-size: 11px; fill: #59636e; }
.axis { stroke: #8c959f; fill: none; }
.grid { stroke: #d1d9e0; stroke-dasharray: 2 3; fill: none; }
.limit { stroke: #cf222e; stroke-width: 1.5; fill: none; }
.limit-text { fill: #cf222e; font-size: 11px; }
.ours { stroke: #0969da; stroke-width: 1.8; fill: none; }
.bare { stroke: #bc4c00; stroke-width: 1.8; fill: none; }
.lock { fill: #cf222e; opacity: 0.12; }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc; }
  .small { fill: #9198a1; }
  .axis { stroke: #656c76; }
  .grid { stroke: #3d444d; }
  .limit { stroke: #f85149; }
  .limit-text { fill: #f85149; }
  .ours { stroke: #58a6ff; }
  .bare { stroke: #f0883e; }
  .lock { fill: #f85149; opacity: 0.2; }
}
"""


def rolling(arrivals, period):
    """Give (moment, arrivals in the period that ends there) at every change."""
    changes = sorted([(moment, 1) for moment in arrivals] + [(moment + period, -1) for moment in arrivals])
    count, steps = 0, [(0.0, 0)]
    for moment, change in changes:
        count += change
        steps.append((moment, count))
    return steps


def draw(ours, bare):
    """Draw two services' minutes one above the other, to the same scale."""
    until = max(service.answered_at for service in (ours, bare)) + ours.period
    most = max(count for service in (ours, bare) for _, count in rolling(service.arrivals, service.period))
    across = (WIDTH - LEFT - RIGHT) / until
    up = PANEL / (max(most, 30) * 1.12)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'aria-label="Calls in the last minute as the service counts them: never above 30 with batchpub, up to {most} '
        'and into locks with the bare limiter">',
        f"<style>{STYLE}</style>",
        f'<text x="{LEFT}" y="20">Calls in the last 60 seconds, counted at the service; {count_of(ours)} courses</text>',
    ]
    for place, (name, kind, service) in enumerate((("batchpub", "ours", ours), ("AsyncLimiter(30, 60)", "bare", bare))):
        base = TOP + PANEL + place * (PANEL + GAP)
        parts += panel(name, kind, service, base=base, across=across, up=up, until=until)
    return "\n".join([*parts, "</svg>"]) + "\n"


def count_of(service):
    return len(service.arrivals) - service.refused


def panel(name, kind, service, *, base, across, up, until):
    right = WIDTH - RIGHT
    met = f"{len(service.locks)} lock{'' if len(service.locks) == 1 else 's'}" if service.locks else "no lock"
    yield (
        f'<text x="{LEFT}" y="{base - PANEL - 6}">{name}: {met}, done after '
        f"{round(service.answered_at) // 60} min {round(service.answered_at) % 60:02d} s</text>"
    )
    for begin in service.locks:
        left, end = LEFT + begin * across, min(right, LEFT + (begin + service.lock) * across)
        yield f'<rect class="lock" x="{left:.1f}" y="{base - PANEL}" width="{end - left:.1f}" height="{PANEL}"/>'
        if end - left > 50:
            yield f'<text class="small" x="{left + 6:.1f}" y="{base - PANEL + 14}">locked</text>'
    for count in (0, 15, 30, 45, 60):
        height = base - count * up
        if height < base - PANEL:
            continue
        yield f'<text class="small" text-anchor="end" x="{LEFT - 6}" y="{height + 4:.1f}">{count}</text>'
        yield f'<path class="{"limit" if count == 30 else "grid"}" d="M{LEFT} {height:.1f}H{right}"/>'
    yield f'<text class="limit-text" text-anchor="end" x="{right}" y="{base - 30 * up - 4:.1f}">limit: 30</text>'
    for minute in range(0, int(until // 60) + 1, 5 if until > 600 else 1):
        yield f'<text class="small" text-anchor="middle" x="{LEFT + minute * 60 * across:.1f}" y="{base + 16}">{minute} min</text>'
    points = "".join(f"H{LEFT + moment * across:.1f}V{base - count * up:.1f}" for moment, count in rolling_of(service))
    yield f'<path class="{kind}" d="M{LEFT} {base}{points}H{right}"/>'
    yield f'<path class="axis" d="M{LEFT} {base - PANEL}V{base}H{right}"/>'


def rolling_of(service):
    return rolling(service.arrivals, service.period)
