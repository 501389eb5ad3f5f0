/** The top of every page: where one can go, and who is logged in. */

import { h, setText } from "./dom.js";
import { offers } from "./offers.js";
import { tell } from "./results.js";
import { session } from "./session.js";

const ROLES = { host: "Speaker", admin: "Admin" };
const links = {
  rooms: document.getElementById("to-rooms"),
  vote: document.getElementById("to-vote"),
  transcripts: document.getElementById("to-transcripts"),
};
const account = document.getElementById("account");
const role = h("span", { class: "role" });
const login = h("a", { class: "quiet", href: "#/login" }, "Log in");
const logout = h("button", { class: "quiet", type: "button", onclick: leave }, "Log out");
account.append(role, login, logout);

function leave() {
  session.logout();
  tell("You are logged out: this browser has forgotten your key.");
  login.focus();
}

/** @param {string} page the page that is shown: a name of `links`, or another one */
export function showNavigation(page) {
  links.vote.hidden = !offers.talks?.length && page !== "vote";
  links.transcripts.hidden = !offers.transcripts?.length && page !== "transcripts";
  for (const [name, link] of Object.entries(links)) {
    if (name === page) link.setAttribute("aria-current", "page");
    else if (name === "transcripts" && page === "transcript") link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  setText(role, ROLES[session.role] ?? "");
  role.hidden = logout.hidden = session.role === "";
  login.hidden = session.role !== "" || page === "login";
}
