// What every component needs: an element in its place, a sentence with its gaps filled, bytes that came as text.

function make(tag, into, properties = {}) {
  const node = into.appendChild(document.createElement(tag));
  Object.assign(node, properties);
  return node;
}

function fill(text, values) {
  return spelt(text.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? values[name] : gap)));
}

// Korean particles have two forms; the sound before them decides: 3을(를) becomes 3을. And English says an 8. As
// ui/language.py does.
const PARTICLE = /([0-9가-힣])([*)]*)(은\(는\)|이\(가\)|을\(를\)|과\(와\)|이에요\(예요\)|\(으\)|\(이\))/g;

const ARTICLE = /\b([Aa]) (?=\**(?:8|11\b|18\b))/g;

function spelt(text) {
  return text.replace(ARTICLE, "$1n ").replace(PARTICLE, (_, sound, between, both) => {
    const closing = (sound.charCodeAt(0) - 0xac00) % 28; // a syllable's last consonant, 8: ㄹ
    const [consonant, l] = sound <= "9" ? ["013678".includes(sound), "178".includes(sound)] : [closing > 0, closing === 8];
    const spoken = sound + between;
    if (both === "(으)") return spoken + (consonant && !l ? "으" : "");
    if (both === "(이)") return spoken + (consonant ? "이" : "");
    const [afterConsonant, afterVowel] = both.slice(0, -1).split("(");
    return spoken + (consonant ? afterConsonant : afterVowel);
  });
}

function bytes(text) {
  const letters = atob(text);
  const out = new Uint8Array(letters.length);
  for (let i = 0; i < out.length; i += 1) out[i] = letters.charCodeAt(i);
  return out;
}
