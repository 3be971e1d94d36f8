// What is looked at stands in the address, as `#matrix?scenario=…&a=…&b=…`: a link can be pasted
// into an issue, and going back goes back.

function address(section, parameters = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== "");
  const query = new URLSearchParams(given).toString();
  return `#${section}${query ? `?${query}` : ""}`;
}

function addressed() {
  const [section, query = ""] = decodedHash().split(/\?(.*)/s);
  return {section, parameters: Object.fromEntries(new URLSearchParams(query))};
}

function decodedHash() {
  return location.hash.slice(1);
}

// Changes the address without a step in the history: for what is typed.
function readdress(section, parameters) {
  history.replaceState(null, "", address(section, parameters));
}
