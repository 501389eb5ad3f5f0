/** The page: which view the address asks for, and what every view shows. */

import { setText } from "./dom.js";
import { status } from "./status.js";
import { hostView } from "./view_host.js";
import { roomsView } from "./view_rooms.js";
import { viewerView } from "./view_viewer.js";

const place = document.getElementById("view");
const back = document.getElementById("back");
const notice = document.getElementById("notice");
const unreachable = document.getElementById("unreachable");
let view = null;

/** `#/room/ID` and `#/host/ID`; all else is the list of rooms. */
function wantedView() {
  const [, kind, id] = /^#\/(room|host)\/([^/]+)$/.exec(location.hash) ?? [];
  try {
    if (kind === "room") return viewerView(decodeURIComponent(id));
    if (kind === "host") return hostView(decodeURIComponent(id));
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  return roomsView();
}

function show() {
  const first = view === null;
  view?.leave();
  view = wantedView();
  place.replaceChildren(view.element);
  back.hidden = view.title === "Rooms";
  update();
  // A screen reader goes on at the new view's heading; on arrival it begins at the top.
  if (!first) view.heading.focus();
  scrollTo(0, 0);
}

function update() {
  view.update();
  const title = typeof view.title === "function" ? view.title() : view.title;
  if (document.title !== `${title} – Dolmetsch`) document.title = `${title} – Dolmetsch`;
  setText(notice, status.about?.notice ?? "");
  notice.hidden = !status.about?.notice;
  setText(unreachable, status.reachable === false ? "The server can't be reached. Trying again…" : "");
}

addEventListener("hashchange", show);
status.addEventListener("change", update);
show();
status.start();
