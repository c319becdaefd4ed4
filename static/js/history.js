"use strict";

// The history chart. Plotly is large, so it is fetched only when the chart is about to
// be seen; without it the table below the chart has the same numbers.
(() => {
  const chart = document.getElementById("history");
  const data = document.getElementById("history-series");
  if (!chart || !data) return;
  const series = JSON.parse(data.textContent);
  const waiting = chart.querySelector(".waiting");
  waiting.textContent = "Loading the chart…";

  // A token may hold light-dark(): the browser resolves it where it is used.
  const probe = document.createElement("i");
  const colour = (token) => {
    probe.style.color = `var(${token})`;
    chart.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };

  const traces = () =>
    series.map((line, index) => ({
      type: "scatter",
      mode: "lines+markers",
      name: line.name,
      x: line.days,
      y: line.means.map((mean) => 100 * mean),
      customdata: line.days.map((_, day) => [100 * line.lows[day], 100 * line.highs[day], line.counts[day]]),
      hovertemplate: "%{x}: %{y:.1f} % (%{customdata[0]:.1f}–%{customdata[1]:.1f}), %{customdata[2]} tasks",
      error_y: {
        type: "data",
        symmetric: false,
        array: line.highs.map((high, day) => 100 * (high - line.means[day])),
        arrayminus: line.lows.map((low, day) => 100 * (line.means[day] - low)),
        thickness: 1,
        width: 3,
      },
      line: { width: 1.5, dash: ["solid", "dot", "dash", "dashdot"][index % 4] },
      marker: { size: 6, symbol: index % 8 },
    }));

  // Left to itself, the axis of a few days would name each of them several times.
  const days = [...new Set(series.flatMap((line) => line.days))].sort();
  const ticks = days.length <= 10 ? { tickvals: days } : {};

  const layout = () => {
    const ink = colour("--ink");
    const axis = { gridcolor: colour("--line"), linecolor: colour("--edge"), zeroline: false, automargin: true };
    return {
      autosize: true,
      height: 352,
      margin: { l: 48, r: 16, t: 16, b: 40 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: ink },
      colorway: [colour("--accent"), colour("--good"), colour("--warn"), colour("--bad")],
      xaxis: { ...axis, ...ticks, type: "date", tickformat: "%-d %b" },
      yaxis: { ...axis, range: [0, 100], ticksuffix: " %" },
      hoverlabel: { bgcolor: colour("--raised"), font: { color: ink } },
      showlegend: series.length > 1,
      legend: { orientation: "h", y: 1.1 },
    };
  };

  const draw = () =>
    window.Plotly.react(chart, traces(), layout(), { responsive: true, displaylogo: false, displayModeBar: false });

  // The bundle adds the style sheet of its maps, which the content security policy
  // forbids and no chart here needs, unless an element of this id stands in the page.
  const refuseMapStyles = () => {
    const placeholder = document.createElement("template");
    placeholder.id = "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53";
    document.head.append(placeholder);
  };

  const load = () => {
    refuseMapStyles();
    const script = document.createElement("script");
    script.src = chart.dataset.plotly;
    script.onload = () => {
      waiting.remove();
      draw();
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    };
    script.onerror = () => {
      waiting.textContent = "The chart could not be loaded; the table below has its numbers.";
    };
    document.head.append(script);
  };

  new IntersectionObserver((entries, observer) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    load();
  }, { rootMargin: "200px" }).observe(chart);
})();
