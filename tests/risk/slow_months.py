"""A window month by month with dictionaries and loops: calm lines alone, no spare capacity, India alone.

Slow and plain on purpose. What arrives from abroad is given.
"""


def slow_window(world, denial, imports, around, stock):
    """Final need of India unmet by component and month.

    Parameters
    ----------
    world
        `tests.relocation.simulator.World` of a study with India as its only market.
    denial
        Of the study.
    imports
        Function of (component, month) to US$ M that arrive in that month, if it were a whole one.
    around, stock
        Part of its need that makers work around, and US$ M in stock at the begin, by component.
    """
    year, left = denial.start, denial.months
    stock, first = dict(stock), dict(stock)
    out = {}
    month = 0
    while left > 1e-12:
        long = min(left, 1.0)
        calm = {name: world.production(name, year) / 12 * long for name in world.components}
        need = {name: world.need(name, year) / 12 * long for name in world.components}
        final = {name: world.demand("IND", name, year) / 12 * long for name in world.components}
        level = dict.fromkeys(world.components, 1.0)
        for _ in range(10_000):
            there = {
                name: imports(name, month) * long + stock[name] + calm[name] * level[name]
                for name in world.components
            }
            fill = {
                name: min(1.0, there[name] / need[name]) if need[name] > 0 else 1.0 for name in world.components
            }
            lines = {}
            for name in world.components:
                for route, (part, inputs) in (world.recipes[name] or {"": (1.0, {})}).items():
                    worst = min([1.0, *(fill[i] + around[i] for i, (_, needed) in inputs.items() if needed)])
                    lines[name, route] = (part, worst)
            new = {
                name: sum(part * worst for (of, _), (part, worst) in lines.items() if of == name)
                for name in world.components
            }
            if max(abs(new[name] - level[name]) for name in new) < 1e-13:
                break
            level = new
        for name in world.components:
            whole = essential = other = 0.0
            for user in world.users[name]:
                for route, (part, inputs) in world.recipes[user].items():
                    if name not in inputs:
                        continue
                    share, needed = inputs[name]
                    amount = share * part * calm[user]
                    if needed:
                        whole += amount
                        essential += amount * lines[user, route][1]
                    else:
                        other += amount
            used = fill[name] * final[name] + min(essential, fill[name] * whole) + fill[name] * other
            out[name, month] = final[name] * (1.0 - fill[name])
            stock[name] = min(max(there[name] - used, 0.0), first[name])
        left -= long
        month += 1
    return out
