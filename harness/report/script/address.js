// What is looked at stands in the address, as `#matrix?scenario=…&a=…&b=…`: a link can be pasted
// into an issue, and going back goes back.

function address(section, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => (value ?? "") !== "");
  const query = new URLSearchParams(given).toString();
  return `#${section}${query ? `?${query}` : ""}`;
}

function addressed() {
  const [section, query = ""] = location.hash.slice(1).split(/\?(.*)/s);
  return {section, parameters: Object.fromEntries(new URLSearchParams(query))};
}

// Changes the address for what is typed: a step in the history for the first change in a section,
// none for those that follow.
function readdress(section, parameters) {
  const here = address(section, parameters);
  if (location.hash === here) return;
  if (addressed().section === section) history.replaceState(null, "", here);
  else history.pushState(null, "", here);
}
