// The catalogue: what the shop sells, and how a lamp is drawn without any image file.

const SHAPES = {
  dome: (c) => `
    <path d="M62 128a58 58 0 0 1 116 0z" fill="${c.shade}"/>
    <path d="M62 128h116l-8 10H70z" fill="${c.deep}"/>
    <rect x="116" y="138" width="8" height="56" rx="4" fill="${c.metal}"/>
    <rect x="84" y="192" width="72" height="10" rx="5" fill="${c.metal}"/>`,
  pendant: (c) => `
    <path d="M120 0v74" stroke="${c.metal}" stroke-width="4"/>
    <rect x="110" y="70" width="20" height="22" rx="5" fill="${c.metal}"/>
    <path d="M104 90h32l46 70H58z" fill="${c.shade}"/>
    <path d="M58 160h124v9a5 5 0 0 1-5 5H63a5 5 0 0 1-5-5z" fill="${c.deep}"/>
    <ellipse cx="120" cy="178" rx="20" ry="9" fill="#ffe7b0"/>`,
  arc: (c) => `
    <path d="M70 202V104a62 62 0 0 1 118-26" fill="none" stroke="${c.metal}" stroke-width="6" stroke-linecap="round"/>
    <path d="M152 112a36 36 0 0 1 72 0z" fill="${c.shade}"/>
    <rect x="152" y="112" width="72" height="7" rx="3" fill="${c.deep}"/>
    <rect x="38" y="198" width="64" height="10" rx="5" fill="${c.metal}"/>`,
  globe: (c) => `
    <circle cx="120" cy="112" r="50" fill="${c.shade}"/>
    <path d="M84 92a44 44 0 0 1 30-22" fill="none" stroke="#fff" stroke-opacity=".7" stroke-width="6" stroke-linecap="round"/>
    <rect x="94" y="160" width="52" height="14" rx="4" fill="${c.metal}"/>
    <path d="M100 174h40l10 28H90z" fill="${c.deep}"/>`,
  tripod: (c) => `
    <path d="M116 126 82 210M124 126l34 84M120 126v84" stroke="${c.metal}" stroke-width="6" stroke-linecap="round"/>
    <path d="M82 54h76l14 74H68z" fill="${c.shade}"/>
    <path d="M82 54h76l2 9H80z" fill="${c.deep}"/>`,
  lantern: (c) => `
    <path d="M92 74a28 28 0 0 1 56 0" fill="none" stroke="${c.metal}" stroke-width="6"/>
    <rect x="76" y="74" width="88" height="18" rx="7" fill="${c.deep}"/>
    <rect x="82" y="92" width="76" height="92" rx="6" fill="${c.shade}"/>
    <path d="M107 92v92M133 92v92" stroke="${c.deep}" stroke-width="4"/>
    <rect x="72" y="184" width="96" height="16" rx="7" fill="${c.deep}"/>`,
};

const PALETTES = {
  amber: { shade: "#e3a23c", deep: "#a86d17", metal: "#4a3f35", glow: "#fbe9c8" },
  moss: { shade: "#6f8f6b", deep: "#46624a", metal: "#2e3a33", glow: "#e3ecdc" },
  clay: { shade: "#cb7454", deep: "#93482f", metal: "#4b352d", glow: "#f7dfd3" },
  dusk: { shade: "#6c83a8", deep: "#435877", metal: "#2c3646", glow: "#dfe7f3" },
};

export const PRODUCTS = [
  { id: "fjord", name: "Fjord", kind: "Table lamp", room: "desk", shape: "dome", colour: "moss", price: 129, rating: 4.8, reviews: 212 },
  { id: "varde", name: "Varde", kind: "Floor lamp", room: "living", shape: "arc", colour: "amber", price: 289, rating: 4.7, reviews: 148 },
  { id: "lysning", name: "Lysning", kind: "Pendant", room: "dining", shape: "pendant", colour: "clay", price: 159, rating: 4.9, reviews: 301 },
  { id: "maane", name: "Måne", kind: "Table lamp", room: "bedroom", shape: "globe", colour: "dusk", price: 98, rating: 4.6, reviews: 96 },
  { id: "tre", name: "Tre", kind: "Floor lamp", room: "living", shape: "tripod", colour: "clay", price: 239, rating: 4.5, reviews: 77 },
  { id: "havn", name: "Havn", kind: "Lantern", room: "garden", shape: "lantern", colour: "amber", price: 74, rating: 4.8, reviews: 189 },
  { id: "skog", name: "Skog", kind: "Pendant", room: "dining", shape: "pendant", colour: "moss", price: 174, rating: 4.7, reviews: 64 },
  { id: "glo", name: "Glø", kind: "Table lamp", room: "bedroom", shape: "globe", colour: "amber", price: 112, rating: 4.9, reviews: 254 },
  { id: "bue", name: "Bue", kind: "Floor lamp", room: "living", shape: "arc", colour: "dusk", price: 312, rating: 4.4, reviews: 41 },
  { id: "hytte", name: "Hytte", kind: "Lantern", room: "garden", shape: "lantern", colour: "moss", price: 82, rating: 4.6, reviews: 118 },
  { id: "topp", name: "Topp", kind: "Table lamp", room: "desk", shape: "dome", colour: "clay", price: 119, rating: 4.7, reviews: 133 },
  { id: "nord", name: "Nord", kind: "Floor lamp", room: "bedroom", shape: "tripod", colour: "dusk", price: 219, rating: 4.8, reviews: 90 },
];

export const productById = (id) => PRODUCTS.find((product) => product.id === id) ?? PRODUCTS[0];

export const euros = (amount) => `€${amount.toFixed(2)}`;

export function lampDrawing({ shape, colour, name }) {
  const palette = PALETTES[colour];
  return `<svg class="lamp" viewBox="0 0 240 240" role="img" aria-label="${name}">
    <circle cx="120" cy="124" r="98" fill="${palette.glow}"/>${SHAPES[shape](palette)}</svg>`;
}
