// The words that a suggestion rests on. What agents see is chosen in the same way, see quotes.py.
const MAX_QUOTE = 40; // characters shown of one quote
const MAX_QUOTED = 60; // and of all of one value, with their marks: two lines are reserved

/** Return each quote once, shortened at a word. The whole evidence is in the text above them. */
export function quotable(texts) {
  const folded = texts.map((text) => text.toLowerCase());
  const isRepeated = (own, index) =>
    folded.some((other, at) => other.includes(own) && (other !== own || at < index));
  let room = MAX_QUOTED;
  return texts
    .filter((_, index) => !isRepeated(folded[index], index))
    .map(shorten)
    .filter((text, index) => {
      room -= text.length + 4;
      return room >= 0 || !index;
    });
}

function shorten(text) {
  const start = [...text].slice(0, MAX_QUOTE).join("");
  return start === text ? text : `${start.replace(/\s\S*$/, "")}…`;
}
