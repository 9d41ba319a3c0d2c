"use strict";
// The page is written by the server alone: this script asks for it again when something has
// changed, and takes over the parts that differ. It asks nobody else for anything.
(() => {
  const parts = new Map();
  const link = document.getElementById("link");
  const said = document.getElementById("said");
  let stream = null, busy = false, again = false;

  const say = (where, text) => { if (where && where.textContent !== text) where.textContent = text; };
  const live = (from) => from.querySelectorAll("[data-live]");

  const replace = async (part, now, html) => {
    // The new pictures first, so that nothing flickers.
    await Promise.allSettled([...part.querySelectorAll("img")].map((image) => {
      const early = new Image();
      early.src = image.getAttribute("src");
      return early.decode();
    }));
    if (parts.get(part.id) !== html) return; // a newer one has come meanwhile
    const focused = now.contains(document.activeElement) ? document.activeElement.id : null;
    const open = [...now.querySelectorAll("details[open] > summary")].map((one) => one.id);
    now.replaceChildren(...part.childNodes);
    for (const id of open) document.getElementById(id)?.parentElement.setAttribute("open", "");
    if (focused) (document.getElementById(focused) ?? document.getElementById("content")).focus();
    ago();
  };

  const update = async () => {
    if (busy) { again = true; return; }
    busy = true;
    do {
      again = false;
      try {
        const answer = await fetch(location.href, { cache: "no-store" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        if (!answer.ok) {
          say(link, page.querySelector("main")?.textContent.trim() || "The page cannot be read.");
          continue;
        }
        for (const part of live(page)) {
          const now = document.getElementById(part.id), html = part.innerHTML;
          if (now && parts.get(part.id) !== html) {
            parts.set(part.id, html);
            replace(part, now, html);
          }
        }
        say(link, "This page follows what goes on.");
      } catch {
        say(link, "hil watch does not answer; the page shows what it said last.");
      }
    } while (again);
    busy = false;
  };

  const ago = () => {
    for (const time of document.querySelectorAll("time[datetime]")) {
      const s = Math.max(0, Math.round((Date.now() - Date.parse(time.dateTime)) / 1000));
      const span = s < 90 ? `${s} s` : s < 5400 ? `${Math.round(s / 60)} min`
        : s < 172800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86400)} days`;
      const shown = time.parentElement.querySelector(".ago");
      if (shown) say(shown, `(${span} ago)`);
    }
  };

  const listen = () => {
    if (document.hidden) { stream?.close(); stream = null; return; }
    if (stream) return;
    stream = new EventSource(document.body.dataset.stream);
    stream.onmessage = update;
    stream.onerror = () => {
      say(link, "hil watch does not answer; the page shows what it said last.");
      // A browser gives up where it got an answer that is no stream.
      if (stream && stream.readyState === EventSource.CLOSED) {
        stream = null;
        setTimeout(listen, 5000);
      }
    };
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.action.endsWith("/ask")) return;
    event.preventDefault();
    say(said, "Asking …");
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "text/plain" },
      });
      say(said, await answer.text());
    } catch {
      say(said, "hil watch does not answer: nothing was asked.");
    }
    update();
  });

  for (const part of live(document)) parts.set(part.id, part.innerHTML);
  document.addEventListener("visibilitychange", listen);
  setInterval(ago, 1000);
  ago();
  listen();
})();
