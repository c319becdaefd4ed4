"use strict";

// "/" goes to the search field, unless one is typing.
document.addEventListener("keydown", (event) => {
  const field = document.getElementById("find");
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !field) return;
  event.preventDefault();
  field.focus();
});

// A menu closes when one clicks elsewhere or presses Escape; without this it closes by
// its own button.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Over a chart of prices the nearest one is told in words; the table has them all.
function listReadings(plot) {
  plot.readings ||= plot.dataset.readings.split(" ").map((one) => {
    const [at, share] = one.split(":");
    return { at: Number(at), share: share.replace("!", ""), isFlagged: share.endsWith("!") };
  });
  return plot.readings;
}
document.addEventListener("pointermove", (event) => {
  const svg = event.target.closest(".plot[data-readings] svg");
  for (const shown of document.querySelectorAll(".reading:not([hidden])")) shown.hidden = true;
  if (!svg) return;
  const plot = svg.closest(".plot");
  const minutes = Number(plot.dataset.minutes);
  const box = svg.getBoundingClientRect();
  const pointed = ((event.clientX - box.left) / box.width) * minutes;
  const away = (one) => Math.abs(one.at - pointed);
  const nearest = listReadings(plot).reduce((best, one) => (away(one) < away(best) ? one : best));
  const moment = new Date(Number(plot.dataset.first) * 1000 + nearest.at * 60000).toISOString();
  const words = `${moment.slice(0, 10)} ${moment.slice(11, 16)} UTC: ${nearest.share} %`;
  const reading = plot.querySelector(".reading");
  reading.firstElementChild.textContent = nearest.isFlagged ? `${words}, flagged` : words;
  reading.style.setProperty("--at", nearest.at / minutes);
  reading.hidden = false;
});

// A sample opens in the row below its own, and closes when its link is used again.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-expand]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const row = link.closest("tr").nextElementSibling;
  const opens = row.hidden;
  row.hidden = !opens;
  link.setAttribute("aria-expanded", String(opens));
  const cell = row.firstElementChild;
  if (opens && !cell.hasChildNodes()) htmx.ajax("GET", link.href, { target: cell, swap: "innerHTML" });
});

// Live regions: one socket for each page. The server says that something moved and
// how far it is; the page shows the numbers at once and asks for a fresh table, which
// the server renders, no more often than the region allows. Where many watch, it also
// says within how many milliseconds they may ask, and each page picks its own moment.
const GOING = ["queued", "running"];

// Where an element stands, so that its like is found after a part was swapped.
function placeOf(element, within) {
  const like = [...within.querySelectorAll(element.tagName)];
  return { id: element.id, href: element.getAttribute("href"), tag: element.tagName, at: like.indexOf(element) };
}

function findPlace({ id, href, tag, at }, within) {
  if (id) return document.getElementById(id);
  const like = [...within.querySelectorAll(tag)];
  return href ? like.find((one) => one.getAttribute("href") === href) : like[at];
}

class LiveRegion {
  constructor(element) {
    this.element = element;
    this.failures = 0;
    this.lastRefresh = 0;
    this.lastWord = 0;
    this.timer = null;
    this.spread = 0;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.pause() : this.resume()));
    document.addEventListener("htmx:beforeSwap", (event) => this.remember(event));
    document.addEventListener("htmx:afterSwap", () => this.restore());
    document.addEventListener("htmx:afterRequest", (event) => this.hearAnswer(event.detail));
    if (!document.hidden) this.connect();
  }

  connect() {
    const address = new URL(this.element.dataset.live, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = (this.socket = new WebSocket(address));
    socket.onopen = () => this.welcome();
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = (event) => this.lose(socket, event);
    this.watch();
  }

  welcome() {
    this.failures = 0;
    this.since = "";
    clearInterval(this.poll);
    this.poll = null;
    this.say("open", "Live");
  }

  // The server speaks at least every 25 seconds; silence means a dead line.
  watch() {
    clearTimeout(this.silence);
    const socket = this.socket;
    this.silence = setTimeout(() => socket.close(), 60000);
  }

  lose(socket, event) {
    if (socket !== this.socket) return;
    clearTimeout(this.silence);
    this.socket = null;
    if (this.element.dataset.ended) return this.say("done", "Finished");
    if (document.hidden) return this.say("done", "Paused");
    if (event.code === 4403 || event.code === 4404) return this.say("lost", "Not live any more: reload the page");
    this.failures += 1;
    this.since ||= new Date().toISOString().slice(11, 16);
    if (this.failures >= 3 && !this.poll && this.mayPoll) {
      this.poll = setInterval(() => this.refresh(), 10000);
      this.refresh();
    }
    this.say("lost", this.poll ? "Updating every 10 seconds" : this.loss);
    const delay = Math.min(30000, 500 * 2 ** this.failures) * (0.5 + Math.random() / 2);
    this.retry = setTimeout(() => this.connect(), delay);
  }

  // A page that thousands have open only says that it stands still.
  get mayPoll() {
    return this.element.dataset.poll !== "no";
  }

  get loss() {
    return this.mayPoll ? "Reconnecting…" : `Connection lost at ${this.since} UTC, trying again: this stands still`;
  }

  pause() {
    clearTimeout(this.retry);
    clearInterval(this.poll);
    this.poll = null;
    if (this.socket) this.socket.close();
  }

  resume() {
    if (this.socket || this.element.dataset.ended) return;
    this.connect();
  }

  receive(message) {
    this.watch();
    if (message.ping) return;
    const data = message.data || {};
    this.spread = message.spread || 0;
    this.show(data);
    if (message.first && this.isShown(data)) return;
    if (this.element.dataset.until && data.status && !GOING.includes(data.status)) this.end();
    else this.refreshSoon();
  }

  // The first message tells the present state: a page that shows it needs no other.
  isShown(data) {
    const shown = document.getElementById(this.element.dataset.target).dataset.version;
    return shown === String(data.revision ?? `${data.status}:${data.done}`);
  }

  end() {
    this.element.dataset.ended = "yes";
    this.refresh();
    this.socket.close(1000);
  }

  show(data) {
    for (const [name, value] of Object.entries(data)) {
      for (const place of this.element.querySelectorAll(`[data-field="${CSS.escape(name)}"]`)) {
        if (place instanceof HTMLProgressElement) place.value = value;
        else place.textContent = value;
      }
    }
    const now = Date.now();
    const word = this.element.querySelector("[data-summary]");
    const words = data.summary || (data.samples ? `${data.done} of ${data.samples} samples graded` : "");
    if (word && words && now - this.lastWord > 10000) {
      this.lastWord = now;
      word.textContent = words;
    }
  }

  refreshSoon() {
    if (this.timer) return;
    const wait = this.lastRefresh + Number(this.element.dataset.throttle) - Date.now();
    this.timer = setTimeout(() => this.refresh(), Math.max(0, wait) + Math.random() * this.spread);
  }

  refresh() {
    this.timer = null;
    const reading = this.element.querySelector("[data-expanded]:not([hidden])");
    if (reading && !this.element.dataset.ended) return;
    this.lastRefresh = Date.now();
    if (this.isSelecting()) return this.refreshSoon();
    this.asked = location.pathname + location.search;
    htmx.ajax("GET", this.asked, { target: `#${this.element.dataset.target}`, swap: "outerHTML" });
  }

  // What somebody has marked, to copy it, waits until they have let go.
  isSelecting() {
    const marked = getSelection();
    return !marked.isCollapsed && this.element.contains(marked.anchorNode);
  }

  // An answer is dropped where the reader has gone on to another view meanwhile. What
  // they have unfolded stays unfolded, and the focus stays where it is.
  remember(event) {
    const { requestConfig } = event.detail;
    const isOurs = requestConfig.path === this.asked && requestConfig.elt === document.body;
    if (isOurs && this.asked !== location.pathname + location.search) event.detail.shouldSwap = false;
    const target = event.detail.target;
    this.unfolded = [...target.querySelectorAll("details[open][id]")].map((found) => found.id);
    const held = document.activeElement;
    this.held = held !== target && target.contains(held) ? placeOf(held, target) : null;
  }

  restore() {
    for (const id of this.unfolded || []) document.getElementById(id)?.setAttribute("open", "");
    this.unfolded = [];
    if (this.held) findPlace(this.held, this.element)?.focus({ preventScroll: true });
    this.held = null;
    if (this.said) this.say(...this.said);
  }

  // Where the server does not answer, the page goes on showing what it has, says so,
  // and asks again after a while.
  hearAnswer({ requestConfig, successful, xhr }) {
    if (requestConfig.path !== this.asked || requestConfig.elt !== document.body) return;
    if (successful) {
      if (this.isLate) this.say("open", "Live");
      this.isLate = false;
      return;
    }
    this.isLate = true;
    this.say("lost", "Could not be brought up to date");
    const isOver = xhr.status >= 400 && xhr.status < 500;
    if (!isOver) setTimeout(() => this.refreshSoon(), 30000 * (1 + Math.random()));
  }

  say(state, words) {
    this.said = [state, words];
    const place = this.element.querySelector("[data-live-state]");
    if (!place) return;
    place.dataset.state = state;
    if (place.textContent !== words) place.textContent = words;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const element = document.querySelector("[data-live]");
  if (element && "WebSocket" in window) window.live = new LiveRegion(element);
});
