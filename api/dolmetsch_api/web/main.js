/** The page: which view the address asks for, and what every view shows. */

import { h, setText } from "./dom.js";
import { showNavigation } from "./navigation.js";
import { offers } from "./offers.js";
import { anotherView } from "./results.js";
import { session } from "./session.js";
import { status } from "./status.js";
import { hostView } from "./view_host.js";
import { loginView } from "./view_login.js";
import { newRoomView } from "./view_new_room.js";
import { roomsView } from "./view_rooms.js";
import { transcriptView } from "./view_transcript.js";
import { transcriptsView } from "./view_transcripts.js";
import { viewerView } from "./view_viewer.js";
import { voteView } from "./view_vote.js";

const place = document.getElementById("view");
const notices = document.getElementById("notices");
const machineNotice = document.getElementById("machine-notice");
const notice = document.getElementById("notice");
const unreachable = document.getElementById("unreachable");
const expired = document.getElementById("expired");
const OF_A_ROOM = { room: viewerView, host: hostView, transcript: transcriptView };
const PAGES = {
  vote: voteView,
  transcripts: transcriptsView,
  new: newRoomView,
  login: () => loginView(cameFrom),
};
let view = null;
let page = "";
let cameFrom = "#/";

/** `#/room/ID` and the like, `#/vote` and the like; all else is the list of rooms. */
function wantedView() {
  const [, kind, id] = /^#\/([a-z]+)(?:\/([^/]+))?$/.exec(location.hash) ?? [];
  page = kind;
  try {
    if (id && Object.hasOwn(OF_A_ROOM, kind)) return OF_A_ROOM[kind](decodeURIComponent(id));
    if (!id && Object.hasOwn(PAGES, kind)) return PAGES[kind]();
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
  }
  page = "rooms";
  return roomsView();
}

function show() {
  const first = view === null;
  view?.leave();
  anotherView();
  view = wantedView();
  if (page !== "login") cameFrom = location.hash || "#/";
  place.replaceChildren(view.element);
  update();
  offers.refresh();
  // A screen reader goes on at the new view's heading; on arrival it begins at the top.
  if (!first) view.heading.focus();
  scrollTo(0, 0);
}

function update() {
  view.update();
  showTitle();
  showNavigation(page);
  showNotices();
  setText(unreachable, status.reachable === false ? "The server can't be reached. Trying again…" : "");
  showExpired(session.expired && page !== "login");
}

/** That a machine makes the captions stands there until the server says that a person checks them. */
function showNotices() {
  machineNotice.hidden = status.about?.machine_notice === false;
  setText(notice, status.about?.notice ?? "");
  notices.hidden = machineNotice.hidden && !notice.textContent;
}

function showTitle() {
  const title = typeof view.title === "function" ? view.title() : view.title;
  if (document.title !== `${title} – Dolmetsch`) document.title = `${title} – Dolmetsch`;
}

/** What is owned stays owned: the old key goes along with the next login. */
function showExpired(now) {
  if (now === Boolean(expired.textContent)) return;
  const words = now && ["Your login has expired. ", h("a", { href: "#/login" }, "Log in again"), " to go on; what is yours stays yours."];
  expired.replaceChildren(...(words || []));
}

/** Until the server has said who is logged in here. */
async function checkLogin() {
  if (session.role || session.expired) return;
  await session.check().catch(() => {});
}

addEventListener("hashchange", show);
place.addEventListener("titlechange", showTitle);
for (const source of [status, offers, session]) source.addEventListener("change", update);
status.addEventListener("change", checkLogin);
show();
status.start();
offers.start();
