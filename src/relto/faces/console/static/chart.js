// Charts: figures with `data-chart` are drawn by uPlot from the numbers that they carry. The table below each says the same.
"use strict";
(() => {
  const DAY = 86400;
  const TOPICS_MAX = 6;
  const FONT = 'system-ui, "Noto Sans", "DejaVu Sans", sans-serif';

  const seconds = (text) => Date.parse(text) / 1000;

  // Colours are those of the page, light or dark.
  const paint = () => {
    const style = getComputedStyle(document.documentElement);
    return (name) => style.getPropertyValue(name).trim();
  };

  const topicsOf = (days) => {
    const sums = new Map();
    for (const day of days)
      for (const [topic, items] of Object.entries(day.by_topic)) sums.set(topic, (sums.get(topic) || 0) + items);
    return [...sums].sort((a, b) => b[1] - a[1]).slice(0, TOPICS_MAX).map(([topic]) => topic);
  };

  // Pauses as shaded spans under the bars; their names, epochs and now over them.
  const spans = (said, colour, height) => {
    const ends = (plot, pause) => {
      const { left, width } = plot.bbox;
      const place = (at) => Math.min(Math.max(plot.valToPos(at, "x", true), left), left + width);
      return [place(seconds(pause.since)), place(pause.until ? seconds(pause.until) : said.now)];
    };
    // A text from its place to the right, or to the left of it where there is no room.
    const write = (plot, text, at, top) => {
      const { ctx, bbox } = plot;
      ctx.font = `${12 * devicePixelRatio}px ${FONT}`;
      ctx.textBaseline = "top";
      ctx.textAlign = at + ctx.measureText(text).width > bbox.left + bbox.width ? "right" : "left";
      ctx.fillText(text, at, bbox.top + top * devicePixelRatio);
    };
    return {
      hooks: {
        drawClear: [
          (plot) => {
            const { ctx, bbox } = plot;
            ctx.save();
            for (const pause of said.pauses) {
              const [left, right] = ends(plot, pause);
              if (right <= left) continue;
              ctx.fillStyle = colour("--paused-soft");
              ctx.fillRect(left, bbox.top, right - left, bbox.height);
              ctx.fillStyle = colour("--paused");
              ctx.fillRect(left, bbox.top, 2 * devicePixelRatio, bbox.height);
              ctx.fillRect(right - devicePixelRatio, bbox.top, devicePixelRatio, bbox.height);
            }
            ctx.restore();
          },
        ],
        draw: [
          (plot) => {
            const { ctx, bbox } = plot;
            const isNamed = height >= 100;
            ctx.save();
            ctx.fillStyle = colour("--paused");
            for (const pause of isNamed ? said.pauses : []) {
              const [left, right] = ends(plot, pause);
              if (right > left) write(plot, ` ‖ ${pause.pause} `, left, pause.row * 15);
            }
            ctx.strokeStyle = ctx.fillStyle = colour("--ink");
            const now = plot.valToPos(said.now, "x", true);
            if (now <= bbox.left + bbox.width) ctx.fillRect(now - devicePixelRatio, bbox.top, 2 * devicePixelRatio, bbox.height);
            ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
            for (const epoch of said.epochs) {
              const at = plot.valToPos(seconds(epoch.at), "x", true);
              if (at < bbox.left || at > bbox.left + bbox.width) continue;
              ctx.beginPath();
              ctx.moveTo(at, bbox.top);
              ctx.lineTo(at, bbox.top + bbox.height);
              ctx.stroke();
              if (isNamed) write(plot, ` → ${epoch.items} `, at, 45);
            }
            ctx.restore();
          },
        ],
      },
    };
  };

  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const dayOf = (at) => {
    const day = new Date(at * 1000);
    return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]}`;
  };

  // What all charts of one figure have in common: the days, and their pauses.
  const options = (said, colour, days, height, more) => ({
    height,
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "UTC"),
    scales: {
      x: { range: [days[0] - DAY / 2, days[days.length - 1] + DAY / 2] },
      y: { range: (_, __, max) => [0, Math.max(max * 1.15, 1)] },
    },
    cursor: { drag: { x: false, y: false }, sync: { key: said.to }, points: { show: false } },
    plugins: [spans(said, colour, height)],
    ...more,
  });

  const draw = (figure) => {
    const said = { ...JSON.parse(figure.dataset.chart), now: seconds(figure.querySelector("figcaption time").dateTime) };
    const colour = paint();
    said.pauses.forEach((pause, index) => { pause.row = index % 3; });
    const days = said.days.map((day) => seconds(`${day.day}T00:00:00Z`) + DAY / 2);
    const bars = uPlot.paths.bars({ size: [0.8, 60] });
    const rule = { stroke: colour("--rule"), width: 1 };
    const across = { stroke: colour("--ink"), grid: rule, ticks: rule, incrs: [1, 2, 3, 7, 14, 28, 61].map((n) => n * DAY), space: 56,
      values: (_, at) => at.map(dayOf) };
    const up = { stroke: colour("--ink"), grid: rule, ticks: rule, size: 48, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] };
    const given = { label: "released", paths: bars, points: { show: false }, stroke: colour("--flowing"), fill: colour("--flowing"), width: 1 };
    // Drawn first, up to the whole: what is released then covers its part, and the hollow rest is what is held.
    const kept = { label: "held", paths: bars, points: { show: false }, stroke: colour("--paused"), width: 2, dash: [3, 3], fill: colour("--sheet"),
      value: (_, __, ___, index) => (index == null ? "--" : said.days[index].held) };
    const day = { label: "day", value: (_, at) => (at == null ? "--" : dayOf(at)) };
    const anything = said.days.some((one) => one.held);
    const drawn = [];
    const add = (holder, height, more, data) => {
      holder.replaceChildren();
      const width = () => Math.max(holder.clientWidth, 160);
      const plot = new uPlot({ ...options(said, colour, days, height, more), width: width() }, data, holder);
      drawn.push({ plot, fit: () => plot.setSize({ width: width(), height }) });
    };
    add(
      figure.querySelector("[data-drawn]"), 260,
      { axes: [across, up], legend: { markers: { dash: (_, index) => (anything && index === 1 ? "dashed" : "solid") } }, series: anything ? [day, kept, given] : [day, given] },
      [days, ...(anything ? [said.days.map((one) => (one.held ? one.released + one.held : null))] : []), said.days.map((one) => one.released)],
    );
    const small = figure.querySelector("[data-small]");
    small.replaceChildren();
    for (const topic of topicsOf(said.days)) {
      const box = document.createElement("div");
      const title = document.createElement("p");
      const holder = document.createElement("div");
      title.textContent = topic;
      box.append(title, holder);
      small.append(box);
      add(
        holder, 72,
        { legend: { show: false }, axes: [{ show: false }, { ...up, size: 34, space: 24 }], series: [day, given] },
        [days, said.days.map((one) => one.by_topic[topic] || 0)],
      );
    }
    return drawn;
  };

  const figures = [...document.querySelectorAll("figure[data-chart]")];
  let drawn = figures.flatMap(draw);
  addEventListener("resize", () => drawn.forEach((each) => each.fit()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    drawn.forEach((each) => each.plot.destroy());
    drawn = figures.flatMap(draw);
  });
})();
