// What pages do beside what htmx does: hear what happens, say moments in the viewer's zone, send a form once.
"use strict";
(() => {
  const zone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
  const utc = new Date().getTimezoneOffset() === 0;

  // Moments stand in UTC; beside them, in the viewer's own zone, where that is another.
  const localise = (within) => {
    if (utc) return;
    for (const time of within.querySelectorAll("time[datetime]:not([data-local])")) {
      const at = new Date(time.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      time.dataset.local = "";
      const own = document.createElement("span");
      own.className = "dim";
      own.textContent = ` (${zone.format(at)})`;
      time.append(own);
    }
  };

  // A form that changes something is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[method=post]")) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
  });
  // Whoever comes back by the browser's own button may send it again.
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-disabled");
    }
  });

  // On a narrow screen one sees where one is, and the newest of what goes on in time.
  for (const here of document.querySelectorAll(".rail [aria-current], .tabs [aria-current]")) {
    const row = here.closest("ul").parentElement;
    row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }
  for (const along of document.querySelectorAll(".along")) along.scrollLeft = along.scrollWidth;

  // Addresses of this server are shown whole, as this browser reached it.
  for (const each of document.querySelectorAll("input[data-origin]")) each.value = location.origin + each.value;

  // What is to be taken elsewhere is copied by a press of a button, where the browser lets a page do that.
  for (const button of document.querySelectorAll("button[data-copy]")) {
    const from = document.getElementById(button.dataset.copy);
    if (!from || !navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(from.value ?? from.textContent);
      const told = document.getElementById("told");
      if (told) told.textContent = "Copied";
      button.textContent = "Copied";
    });
  }

  // A click elsewhere closes a sheet, and so does Escape.
  const closeSheets = (but) => {
    for (const sheet of document.querySelectorAll("details.who[open]")) if (!sheet.contains(but)) sheet.open = false;
  };
  document.addEventListener("click", (event) => closeSheets(event.target));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeSheets(null);
  });

  // What happens is heard while the page is looked at, and parts that show it are asked for anew.
  let heard = null;
  let again = 0;
  const told = document.getElementById("told");
  const listen = () => {
    clearTimeout(again);
    if (heard || document.hidden || !document.querySelector("[hx-trigger*='relto:changed']")) return;
    heard = new EventSource("/api/v1/events");
    const changed = (event) => {
      let text = "";
      try {
        const said = JSON.parse(event.data);
        text = event.type === "act" ? `Act ${said.act}, ${said.kind}: ${said.event}` : said.text;
      } catch {
        text = "Something has changed";
      }
      if (told) told.textContent = text;
      document.body.dispatchEvent(new CustomEvent("relto:changed"));
    };
    // A browser gives up for good where it is refused; there may be room later.
    heard.addEventListener("error", () => {
      if (heard?.readyState !== EventSource.CLOSED) return;
      hush();
      again = setTimeout(listen, 15000);
    });
    heard.addEventListener("act", changed);
    heard.addEventListener("notice", changed);
  };
  const hush = () => {
    clearTimeout(again);
    heard?.close();
    heard = null;
  };
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      hush();
    } else {
      listen();
      document.body.dispatchEvent(new CustomEvent("relto:changed"));
    }
  });
  window.addEventListener("pagehide", hush);

  document.addEventListener("htmx:afterSettle", (event) => localise(event.target));
  localise(document);
  // Whoever only passes through opens no stream.
  again = setTimeout(listen, 300);
})();
