"""Bars of two columns side by side, as SVG."""

WIDTH, BAR, GAP = 640, 18, 56
COLORS = ("#2f6f4f", "#b9b3a6")


def bars(figures: dict[str, tuple[float, float]], names: tuple[str, str]) -> str:
    """Return a picture: for each figure two bars, scaled to the longer one."""
    rows = []
    for at, (label, values) in enumerate(figures.items()):
        top = 48 + at * (2 * BAR + GAP)
        rows.append(f'<text x="16" y="{top - 8}" font-weight="600">{label}</text>')
        longest = max(*values, 1e-9)
        for which, value in enumerate(values):
            y = top + which * (BAR + 2)
            length = max(2.0, value / longest * (WIDTH - 300))
            rows.append(
                f'<rect x="16" y="{y}" width="{length:.0f}" height="{BAR}" fill="{COLORS[which]}"/>'
                f'<text x="{24 + length:.0f}" y="{y + 14}">{value:.3g} {names[which]}</text>'
            )
    height = 48 + len(figures) * (2 * BAR + GAP)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="system-ui, sans-serif" font-size="13">'
        f'<rect width="100%" height="100%" fill="#fdfcf8"/>{"".join(rows)}</svg>\n'
    )
