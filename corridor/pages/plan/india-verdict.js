/* plan.html, the verdict: what a plan buys for its money, who gains, where the money goes, and why a figure is 0 or rises. */
"use strict";
corridor.indiaVerdict = (data, view) => {
  const { $, el, svg, percent, percentFine, money, number, inText, capital } = corridor, { markets, components, years } = data, { sum } = view;
  const LEAST = 5e-4, HARDLY = 2e-3;
  const KINDS = [["direct", "Direct exposure", "Share of what it finally needs that is bought there"],
    ["net", "Net exposure", "The same counted through the bill of materials, by value"],
    ["stop", "Stop exposure", "Share that stops if the target sells nothing: a line stops with its scarcest essential input; stocks and substitution are not counted"]];
  const plantsWord = (count) => `${number(count)} ${count === 1 ? "plant" : "plants"}`;
  /** A word with its meaning on hover, and for screen readers. */
  const term = (word, meaning) => el("abbr", { title: meaning }, word);
  const averted = (one) => one.summary.expected_loss_before_usd_m - one.summary.expected_loss_after_usd_m;
  const cents = (ratio) => `$${ratio.toFixed(2)}`;
  const counts = (weight) => (weight === 1 ? "in full" : weight === 0.5 ? "half" : weight === 0 ? "not" : percent(weight));
  const weights = () => markets.map((market, index) => `${inText(market.name)}${index ? "" : " counts"} ${counts(data.weights[market.id])}`).join(", ");
  const parts = (one) => {
    const of = (kind) => one.levers.filter((row) => row[0] === kind), cost = (rows) => rows.reduce((total, row) => total + (row[3] || 0), 0);
    const [seconds, stocks, shared] = ["second source", "stock", "shared facility"].map(of);
    return [
      ["plants", Math.max(0, one.summary.cost_usd_m - cost(one.levers)), plantsWord(sum(one.rows, "plants"))],
      ["second sources", cost(seconds), `${seconds.length} second ${seconds.length === 1 ? "source" : "sources"}`],
      ["stocks", cost(stocks), `${stocks.length} ${stocks.length === 1 ? "stock" : "stocks"}`],
      ["shared facilities", cost(shared), `${shared.length} shared ${shared.length === 1 ? "facility" : "facilities"}`],
    ];
  };
  const falls = (one, market) => {
    const [before, after] = one.expected[market.id];
    return before > 0 ? (before - after) / before : 0;
  };

  /** The verdict in sentences: what the money averts, whether the next dollar pays, who gains. */
  function say(one) {
    const s = one.summary, gain = averted(one), ratio = s.cost_usd_m > 0 ? gain / s.cost_usd_m : null;
    const done = parts(one).filter(([, , words]) => !words.startsWith("0 ")).map(([, , words]) => words);
    if (!done.length) return `With ${money(one.budget)}, nothing pays.`;
    const first = `${money(one.budget)} for ${done.length > 1 ? `${done.slice(0, -1).join(", ")} and ${done.at(-1)}` : done[0]} avert ${money(gain)} of expected loss${ratio === null ? "" : `: ${cents(ratio)} for each dollar`}.`;
    const pays = ratio === null ? "" : ratio >= 1 ? " On average losses it pays for itself." : " On average losses that does not pay: it is an insurance against the worst windows.";
    const who = markets.map((market, index) => `${index ? `that of ${inText(market.name)}` : `The expected loss of ${inText(market.name)} falls`} by ${percent(falls(one, market))}`);
    return `${first}${pays} ${who.join(", ")}.`;
  }
  /** Whether more money pays: the budget up to which each further dollar averts a dollar. */
  function nextDollar(one) {
    const until = data.breakEven;
    const edge = until === null ? "Up to the largest plan shown, each further dollar averts more than a dollar."
      : until === 0 ? "Not even the first dollar averts a dollar on average." : `The next dollar stops paying at about ${money(until)}.`;
    return `${edge}${one.next === null ? "" : ` After this plan it averts ${cents(one.next)}.`}`;
  }

  /* ---- who gains: loss and exposure of each market, side by side ---- */
  function gains(one) {
    const head = el("tr", {}, el("th", { scope: "col" }, el("span", { className: "hidden" }, "Measure")), ...markets.map((market) => el("th", { scope: "col", className: "n" }, `${market.name}, before → after`)));
    const cell = (before, after, show, change, worse) => el("td", { className: "n" }, el("b", {}, show(before)), el("span", { className: "to" }, " → "), el("b", {}, show(after)), el("span", { className: worse ? "second worse" : "second" }, change));
    const share = (before, after) => cell(before, after, money, before > 0 && Math.abs(before - after) > LEAST * before ? `${after < before ? "−" : "+"}${(Math.abs(before - after) < 0.01 * before ? percentFine : percent)(Math.abs(before - after) / before)}` : "no change", after > before + LEAST * before);
    const points = (before, after) => cell(before, after, percentFine, Math.abs(after - before) < LEAST ? "no change" : `${after < before ? "−" : "+"}${(100 * Math.abs(after - before)).toFixed(1)} points`, after - before > LEAST);
    const lossMeaning = `Value of final needs unmet in the windows of the study, times their probabilities, ${years[0]} to ${years.at(-1)}, discounted at ${percent(data.discount)} a year, each market at its full value`;
    const lines = [el("tr", {}, el("th", { scope: "row" }, term("Expected loss", lossMeaning)), ...markets.map((market) => share(...one.expected[market.id]))),
      ...KINDS.map(([kind, label, meaning]) => el("tr", {}, el("th", { scope: "row" }, term(label, meaning)), ...markets.map((market) => points(one.headline[market.id]?.[`${kind}_before`] ?? 0, one.headline[market.id]?.[`${kind}_after`] ?? 0))))];
    $("gains").replaceChildren(el("caption", { className: "hidden" }, "Expected loss and exposure by market, without and with the plan"), el("thead", {}, head), el("tbody", {}, ...lines));
    $("gains-why").textContent = why(one);
  }
  /** A sentence for each exposure that rises, or does not change although the loss falls. */
  function why(one) {
    const of = (market, kind) => (one.headline[market.id]?.[`${kind}_after`] ?? 0) - (one.headline[market.id]?.[`${kind}_before`] ?? 0), out = [];
    const rises = markets.flatMap((market) => KINDS.filter(([kind]) => of(market, kind) > LEAST).map(([kind]) => `${corridor.possessive(market.name)} ${kind} exposure`));
    if (rises.length) out.push(`${capital(rises.join(", "))} rises: new plants need inputs that are not made in ${data.markets[0].name}, and these are bought where it buys today.`);
    const still = markets.filter((market) => Math.abs(of(market, "net")) <= HARDLY && falls(one, market) > HARDLY);
    if (still.length) out.push(`Exposure counts calm years. Where it hardly changes (${still.map((market) => inText(market.name)).join(", ")}), the plan works inside the windows: by stocks, standby sources, and plants that serve India first.`);
    return out.join(" ");
  }

  /* ---- where the money goes: said before the plants are listed ---- */
  function spent(one) {
    const shown = parts(one).filter(([, cost]) => cost > 0), total = shown.reduce((all, [, cost]) => all + cost, 0), s = one.summary;
    const kind = (name) => parts(one).findIndex(([other]) => other === name);
    const elsewhere = total ? (total - (shown.find(([name]) => name === "plants")?.[1] ?? 0)) / total : 0;
    $("money").textContent = total ? `${percent(elsewhere)} of ${money(total)} does not build: it qualifies makers in other countries and fills stocks. Plants take the rest: investment ${money(s.capex_usd_m)} less incentives ${money(s.incentive_usd_m)}, and ${money(s.running_usd_m)} of running premium over ${data.targetName}’s prices, discounted.` : "Nothing is spent.";
    let x = 0;
    const bar = svg("svg", { class: "moneybar", viewBox: "0 0 100 18", preserveAspectRatio: "none", role: "img", "aria-label": shown.map(([name, cost]) => `${name} ${percent(cost / total)}`).join(", ") });
    for (const [name, cost] of shown) {
      bar.append(svg("rect", { x, y: 0, width: Math.max(0, (100 * cost) / total - 0.3), height: 18, class: `m${kind(name)}` }, svg("title", {}, `${name}: ${money(cost)}`)));
      x += (100 * cost) / total;
    }
    corridor.fill($("money-bar"), total ? bar : null, el("ul", { className: "moneykey" }, ...shown.map(([name, cost, words]) => el("li", {}, svg("svg", { width: 11, height: 11, "aria-hidden": "true" }, svg("rect", { width: 11, height: 11, class: `m${kind(name)}` })), `${words}: ${money(cost)}, ${percent(cost / total)}`))));
  }

  /** One sentence where a move's figure is 0 or missing; empty otherwise. */
  function whyMove(move) {
    if (!move.made) return `It delivers only after ${years.at(-1)}, the study's last year: it replaces nothing yet.`;
    if (move.replaces < 0.05) return `In calm years it replaces other makers: no market buys this from ${data.targetName} then, or plants before it took all of that. It counts inside the windows.`;
    if (move.after - move.before > LEAST) return `${capital(corridor.possessive(data.markets[0].name))} exposure rises: new plants need more of it than is made there, and the rest is bought where ${data.markets[0].name} buys today.`;
    return "";
  }
  /** Sentences below the charts of effects. */
  function effects(one) {
    const same = one.losses.filter(([, before, after]) => before > 0 && (before - after) < 0.005 * before).length;
    $("losses-why").textContent = same ? `In ${same} of ${one.losses.length} windows hardly anything changes: what the plan builds, qualifies and stores is not what is missing there; other uses of the money avert more.` : "";
    const names = one.raised.slice(0, 4).map(([c, before, after]) => `${components[c].name} (${percent(before)} → ${percent(after)})`);
    $("raised").textContent = names.length ? `It rises for ${names.join(", ")}${one.raised.length > 4 ? " and others" : ""}: new plants need more of it than is made in ${data.markets[0].name}, and the rest is bought where ${data.markets[0].name} buys today.` : "";
  }
  return { say, nextDollar, averted, cents, weights, counts, whyMove, draw(one) { gains(one); spent(one); effects(one); }, term };
};
