import { readFileSync, readdirSync } from "node:fs";
import { constants, brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig } from "vite";

const here = (path) => new URL(path, import.meta.url);
const source = (name) => here(`./src/${name}`).pathname;

// Under this size a compressed copy saves no packet.
const WORTH_COMPRESSING = 1024;
const COMPRESSIBLE = /\.(js|css|svg|json)$/;

/** One file with a symbol for each icon that the templates name; `icons.json` is the list. */
function iconSprite() {
  const names = JSON.parse(readFileSync(here("./src/icons.json"), "utf8"));
  const symbols = names.map((name) => {
    const svg = readFileSync(here(`./node_modules/@tabler/icons/icons/outline/${name}.svg`), "utf8");
    const drawing = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    const visible = drawing.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "");
    return `<symbol id="${name}" viewBox="0 0 24 24">${visible}</symbol>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>`;
}

/** Pictures that templates name themselves: no style sheet or script imports them, so the manifest must learn of them. */
function pictures() {
  return {
    name: "pictures",
    generateBundle() {
      const favicon = readFileSync(source("favicon.svg"), "utf8");
      for (const [name, content] of [["favicon.svg", favicon], ["icons.svg", iconSprite()]]) {
        this.emitFile({ type: "asset", name, originalFileName: `src/${name}`, source: content });
      }
    },
  };
}

/** The licences of everything that the built files hold parts of, in the words of each package. */
function licences() {
  const { dependencies } = JSON.parse(readFileSync(here("./package.json"), "utf8"));
  const texts = Object.keys(dependencies).map((name) => {
    const folder = here(`./node_modules/${name}/`);
    const { version, license } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
    const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)|es-bundle\.js\.license/i.test(file));
    const said = files.map((file) => readFileSync(new URL(file, folder), "utf8").trim());
    return [`${name} ${version} (${license})`, ...said].join("\n\n");
  });
  return {
    name: "licences",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "licences.txt", source: `${texts.join("\n\n----\n\n")}\n` });
    },
  };
}

/** A gzip and a brotli copy beside each text file, so that the server never compresses one itself. */
function compressedCopies() {
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } };
  return {
    name: "compressed-copies",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        for (const item of Object.values(bundle)) {
          const content = Buffer.from(item.type === "chunk" ? item.code : item.source);
          if (!COMPRESSIBLE.test(item.fileName) || content.length < WORTH_COMPRESSING) continue;
          if (item.fileName === "manifest.json") continue;
          this.emitFile({ type: "asset", fileName: `${item.fileName}.gz`, source: gzipSync(content, { level: 9 }) });
          this.emitFile({ type: "asset", fileName: `${item.fileName}.br`, source: brotliCompressSync(content, brotli) });
        }
      },
    },
  };
}

export default defineConfig({
  // Relative addresses inside the built files: they stay right wherever the folder is mounted.
  base: "./",
  plugins: [pictures(), licences(), compressedCopies()],
  build: {
    manifest: "manifest.json",
    modulePreload: false,
    // A picture inside a style sheet would need `data:`, and it would be sent again with each change of the sheet.
    assetsInlineLimit: 0,
    assetsDir: "",
    // These know light-dark() and relative colours, so the style sheet needs no second, older form of each colour.
    target: ["chrome125", "firefox128", "safari18"],
    reportCompressedSize: false,
    chunkSizeWarningLimit: 2000,
    rolldownOptions: {
      input: ["theme.js", "pages.js", "pages.css", "dynamic.js", "reference.js", "reference.css"].map(source),
    },
  },
});
