"""A window month by month with dictionaries and loops: normal lines only, no spare capacity, India only.

Slow and plain on purpose. Arrivals from abroad are an input.
"""


def slow_window(world, denial, imports, around, stock):
    """Final need of India unmet by component and month.

    Parameters
    ----------
    world
        `tests.relocation.simulator.World` of a study with India as its only market.
    denial
        A denial of the study.
    imports
        Function of (component, month) to US$ M that arrive in that month, if it were a full one.
    around, stock
        Fraction of their need that makers substitute, and US$ M in stock at the start, by component.
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
            avail = {
                name: imports(name, month) * long + stock[name] + calm[name] * level[name]
                for name in world.components
            }
            fill = {
                name: min(1.0, avail[name] / need[name]) if need[name] > 0 else 1.0 for name in world.components
            }
            lines = {}
            for name in world.components:
                for route, (route_share, inputs) in (world.recipes[name] or {"": (1.0, {})}).items():
                    worst = min([1.0, *(fill[i] + around[i] for i, (_, needed) in inputs.items() if needed)])
                    lines[name, route] = (route_share, worst)
            new = {
                name: sum(route_share * worst for (of, _), (route_share, worst) in lines.items() if of == name)
                for name in world.components
            }
            if max(abs(new[name] - level[name]) for name in new) < 1e-13:
                break
            level = new
        for name in world.components:
            normal = essential = other = 0.0
            for user in world.users[name]:
                for route, (route_share, inputs) in world.recipes[user].items():
                    if name not in inputs:
                        continue
                    share, needed = inputs[name]
                    amount = share * route_share * calm[user]
                    if needed:
                        normal += amount
                        essential += amount * lines[user, route][1]
                    else:
                        other += amount
            used = fill[name] * final[name] + min(essential, fill[name] * normal) + fill[name] * other
            out[name, month] = final[name] * (1.0 - fill[name])
            stock[name] = min(max(avail[name] - used, 0.0), first[name])
        left -= long
        month += 1
    return out
